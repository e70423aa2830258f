#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "platform/bus/bus.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::bus {

namespace {

using namespace std::chrono_literals;

const sql::statement record_consumed{
    "bus.record_consumed",
    "INSERT INTO consumed_events (consumer, event_id, consumed_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"};
const sql::statement park{"bus.park",
                          "INSERT INTO parked_events (consumer, event_id, envelope, error, parked_at, attempts) "
                          "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING"};

const sql::statement forget_consumed{"bus.forget_consumed",
                                     "DELETE FROM consumed_events WHERE consumer = ?1 AND event_id < ?2"};

constexpr auto first_pause = 50ms;
constexpr auto longest_pause = std::chrono::milliseconds{5s};
// Chains of one subject that run side by side. SQLite makes one commit of what comes together; on PostgreSQL each holds
// one of the few exclusive connections.
constexpr std::size_t side_by_side_sqlite = 64;
constexpr std::size_t side_by_side_postgres = 4;
// An event comes again only while its outbox row is there; nothing waits that long.
constexpr auto consumed_kept = std::chrono::days{30};
constexpr auto sweep_every = 1h;

constexpr auto ignore_row = [](const sql::row&) {};

std::chrono::milliseconds pause_after(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto full = std::min(first_pause * (1 << std::min(attempt - 1, 10)), longest_pause);
  return full * std::uniform_int_distribution<int>{75, 125}(random) / 100;
}

awaitable<void> sleep(std::chrono::milliseconds t) {
  asio::steady_timer timer{co_await asio::this_coro::executor, t};
  boost::system::error_code ec;
  co_await timer.async_wait(asio::redirect_error(use_awaitable, ec));
}

bool matches(const std::vector<std::string>& patterns, std::string_view type) {
  return std::ranges::any_of(patterns, [&](std::string_view pattern) {
    if (pattern.ends_with('*')) return type.starts_with(pattern.substr(0, pattern.size() - 1));
    return type == pattern;
  });
}

/// What happened to one attempt.
struct attempt_outcome {
  std::exception_ptr away;  ///< the consumer's database cannot be used: nothing is wrong with the event
  std::string error;        ///< the handler failed
  [[nodiscard]] bool done() const { return !away && error.empty(); }
};

/// To be called in a catch block.
attempt_outcome judge_current_exception() {
  const auto said = [](const std::exception& e) {
    std::string what{std::string_view{e.what()}.substr(0, 2'000)};
    // It will be stored as text, and nobody has promised that it is UTF-8.
    std::ranges::replace_if(what, [](char c) { return c < ' ' || c > '~'; }, '?');
    return attempt_outcome{.away = {}, .error = what.empty() ? "no reason given" : std::move(what)};
  };
  try {
    throw;
  } catch (const sql::database_error& e) {
    const bool away = e.kind() == sql::failure::unavailable || e.kind() == sql::failure::full;
    return away ? attempt_outcome{.away = std::current_exception(), .error = {}} : said(e);
  } catch (const std::exception& e) {
    return said(e);
  } catch (...) {
    return {.away = {}, .error = "no reason given"};
  }
}

struct counters {
  prometheus::Counter *consumed{nullptr}, *repeated{nullptr}, *failed{nullptr}, *parked{nullptr};

  counters(prometheus::Registry* metrics, const std::string& consumer) {
    if (metrics == nullptr) return;
    const auto counter = [&](const char* name, const char* help) {
      return &prometheus::BuildCounter().Name(name).Help(help).Register(*metrics).Add({{"consumer", consumer}});
    };
    consumed = counter("cumulo_events_consumed_total", "Events acted on.");
    repeated = counter("cumulo_events_repeated_total", "Events that came again and changed nothing.");
    failed = counter("cumulo_events_failed_total", "Attempts at an event that failed.");
    parked = counter("cumulo_events_parked_total", "Events given up after repeated failures, kept in parked_events.");
  }
  static void count(prometheus::Counter* c) {
    if (c != nullptr) c->Increment();
  }
};

struct consumer {
  consumer(subscription s, counters c) : what(std::move(s)), count(c) {}
  subscription what;
  counters count;
  std::atomic<std::int64_t> next_sweep{0};  ///< relays of several services publish from their own threads
};

/// The smallest UUIDv7 of a millisecond.
std::string first_id_of(instant t) {
  std::array<char, 40> text{};
  const auto ms = static_cast<unsigned long long>(to_millis(t));
  const int n =
      std::snprintf(text.data(), text.size(), "%08llx-%04llx-7000-8000-000000000000", ms >> 16U, ms & 0xffffU);
  return {text.data(), static_cast<std::size_t>(n)};
}

class inproc_broker final : public broker {
 public:
  inproc_broker(prometheus::Registry* metrics, int max_attempts)
      : metrics_(metrics), max_attempts_(std::max(1, max_attempts)) {}

  void subscribe(subscription s) override {
    counters count{metrics_, s.consumer};
    consumers_.push_back(std::make_unique<consumer>(std::move(s), count));
  }

  awaitable<void> publish(std::span<const event> events) override;

  [[nodiscard]] sql::health check() const override {
    return {true, "in process, " + std::to_string(consumers_.size()) + " consumers"};
  }

 private:
  /// The events of one subject for one consumer, in order.
  struct chain {
    const consumer* to;
    std::vector<const event*> events;
  };
  /// Chains that some coroutines work off together. All on one thread.
  struct gathering {
    std::vector<chain> chains;
    std::size_t next{0};
    std::size_t at_work{0};
    std::exception_ptr failure{};
  };

  awaitable<void> sweep_when_due() const;
  [[nodiscard]] std::vector<chain> chains_of(std::span<const event> events, sql::engine kind) const;
  awaitable<void> deliver_side_by_side(std::vector<chain> chains, std::size_t width) const;
  awaitable<void> work_off(gathering& all) const;
  awaitable<void> deliver(const consumer& to, const event& e) const;
  static awaitable<void> give_up(const consumer& to, const event& e, const std::string& error, int attempts);

  prometheus::Registry* metrics_;
  int max_attempts_;
  std::vector<std::unique_ptr<consumer>> consumers_;
};

std::vector<inproc_broker::chain> inproc_broker::chains_of(std::span<const event> events, sql::engine kind) const {
  std::vector<chain> out;
  for (const auto& c : consumers_) {
    if (c->what.database->kind() != kind) continue;
    std::unordered_map<std::string_view, std::size_t> by_subject;
    for (const auto& e : events) {
      if (!matches(c->what.types, e.type)) continue;
      const auto [found, is_new] = by_subject.try_emplace(e.subject, out.size());
      if (is_new) out.push_back({c.get(), {}});
      out[found->second].events.push_back(&e);
    }
  }
  return out;
}

awaitable<void> inproc_broker::publish(std::span<const event> events) {
  co_await deliver_side_by_side(chains_of(events, sql::engine::sqlite), side_by_side_sqlite);
  co_await deliver_side_by_side(chains_of(events, sql::engine::postgres), side_by_side_postgres);
  co_await sweep_when_due();
}

awaitable<void> inproc_broker::sweep_when_due() const {
  const instant now = system_clock().now();
  for (const auto& c : consumers_) {
    auto due = c->next_sweep.load();
    if (to_millis(now) < due || !c->next_sweep.compare_exchange_strong(due, to_millis(now + sweep_every))) continue;
    const std::string before = first_id_of(now - consumed_kept);
    const std::array values{sql::param{c->what.consumer}, sql::param{before}};
    const std::array commands{sql::command{&forget_consumed, values}};
    try {
      co_await c->what.database->write(commands, ignore_row, {});
    } catch (const sql::database_error& e) {
      log::warn("bus: old consumption records stay until the next hour",
                {{"consumer", c->what.consumer}, {"error", e.what()}});
    }
  }
}

awaitable<void> inproc_broker::deliver_side_by_side(std::vector<chain> chains, std::size_t width) const {
  if (chains.empty()) co_return;
  const auto executor = co_await asio::this_coro::executor;
  gathering all{.chains = std::move(chains)};
  asio::steady_timer all_done{executor, asio::steady_timer::time_point::max()};
  all.at_work = std::min(width, all.chains.size());
  const std::size_t workers = all.at_work;
  for (std::size_t i = 0; i < workers; ++i) {
    auto one_done = [&all, &all_done](std::exception_ptr failure) {
      if (failure && !all.failure) all.failure = failure;
      if (--all.at_work == 0) all_done.cancel();
    };
    asio::co_spawn(executor, work_off(all), std::move(one_done));
  }
  while (all.at_work > 0) {
    boost::system::error_code ec;
    co_await all_done.async_wait(asio::redirect_error(use_awaitable, ec));
  }
  if (all.failure) std::rethrow_exception(all.failure);
}

awaitable<void> inproc_broker::work_off(gathering& all) const {
  while (all.next < all.chains.size() && !all.failure) {
    const chain& mine = all.chains[all.next++];
    for (const event* e : mine.events) co_await deliver(*mine.to, *e);
  }
}

awaitable<void> inproc_broker::deliver(const consumer& to, const event& e) const {
  for (int attempt = 1;; ++attempt) {
    bool is_new = false;
    auto handle_once = [&to, &e, &is_new](sql::transaction& tx) -> awaitable<void> {
      const std::array values{sql::param{to.what.consumer}, sql::param{e.id},
                              sql::param{to_millis(system_clock().now())}};
      is_new = co_await tx.execute(record_consumed, values) > 0;
      if (is_new) co_await to.what.handle(e, tx);
    };
    attempt_outcome outcome;
    try {
      co_await to.what.database->transact(std::move(handle_once));
    } catch (...) {
      outcome = judge_current_exception();
    }
    if (outcome.done()) {
      counters::count(is_new ? to.count.consumed : to.count.repeated);
      co_return;
    }
    if (outcome.away) std::rethrow_exception(outcome.away);
    counters::count(to.count.failed);
    if (attempt >= max_attempts_) {
      co_await give_up(to, e, outcome.error, attempt);
      co_return;
    }
    log::warn("bus: a consumer failed at an event and will try again", {{"consumer", to.what.consumer},
                                                                        {"event", e.id},
                                                                        {"type", e.type},
                                                                        {"attempt", attempt},
                                                                        {"error", outcome.error}});
    co_await sleep(pause_after(attempt));
  }
}

awaitable<void> inproc_broker::give_up(const consumer& to, const event& e, const std::string& error, int attempts) {
  const std::string envelope = to_cloudevent(e);
  const std::int64_t now = to_millis(system_clock().now());
  const std::array parked{
      sql::param{to.what.consumer}, sql::param{e.id}, sql::param{envelope}, sql::param{error}, sql::param{now},
      sql::param{attempts}};
  const std::array consumed{sql::param{to.what.consumer}, sql::param{e.id}, sql::param{now}};
  const std::array commands{sql::command{&park, parked}, sql::command{&record_consumed, consumed}};
  co_await to.what.database->write(commands, ignore_row, {});
  counters::count(to.count.parked);
  log::error(
      "bus: an event is parked after repeated failures",
      {{"consumer", to.what.consumer}, {"event", e.id}, {"type", e.type}, {"attempts", attempts}, {"error", error}});
}

}  // namespace

std::unique_ptr<broker> make_inproc_broker(prometheus::Registry* metrics, int max_attempts) {
  return std::make_unique<inproc_broker>(metrics, max_attempts);
}

}  // namespace cumulo::bus
