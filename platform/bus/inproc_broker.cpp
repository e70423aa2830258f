#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "platform/bus/bus.hpp"
#include "platform/bus/consumer_group.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::bus {

namespace {

// Events in one transaction, each for several consumers. On SQLite it holds up other writers for as long as it runs.
constexpr std::size_t together = 64;
// Chains of one subject that run side by side, where something in them has failed or the database is PostgreSQL, on
// which each holds one of the few exclusive connections.
constexpr std::size_t side_by_side_sqlite = 64;
constexpr std::size_t side_by_side_postgres = 4;

/// Runs them side by side on this thread and returns when all have ended; throws what the first to fail threw.
awaitable<void> all_of(std::vector<awaitable<void>> work) {
  if (work.empty()) co_return;
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer all_done{executor, asio::steady_timer::time_point::max()};
  std::size_t at_work = work.size();
  std::exception_ptr failure;
  for (auto& each : work) {
    auto one_done = [&](const std::exception_ptr& failed) {
      if (failed && !failure) failure = failed;
      if (--at_work == 0) all_done.cancel();
    };
    asio::co_spawn(executor, std::move(each), std::move(one_done));
  }
  while (at_work > 0) {
    boost::system::error_code ec;
    co_await all_done.async_wait(asio::redirect_error(use_awaitable, ec));
  }
  if (failure) std::rethrow_exception(failure);
}

class inproc_broker final : public broker {
 public:
  inproc_broker(prometheus::Registry* metrics, int max_attempts)
      : metrics_(metrics), max_attempts_(std::max(1, max_attempts)) {}

  void subscribe(subscription s) override { join(groups_, std::make_unique<consumer>(std::move(s), metrics_)); }

  awaitable<void> publish(std::span<const event> events) override;

  [[nodiscard]] sql::health check() const override {
    std::size_t consumers = 0;
    for (const auto& group : groups_) consumers += group->members().size();
    return {true, "in process, " + std::to_string(consumers) + " consumers"};
  }

 private:
  /// The events of one subject for one database, in order.
  struct chain {
    consumer_group* to;
    std::vector<const event*> events;
  };
  /// Chains that some coroutines work off together. All on one thread.
  struct gathering {
    std::vector<chain> chains;
    std::size_t next{0};
    bool failed{false};
  };

  /// Hands the group what it wants, many in one transaction; adds to `left` what has to be attempted one by one.
  static awaitable<void> deliver_together(consumer_group& to, std::vector<const event*> all, std::vector<chain>& left);
  [[nodiscard]] std::vector<chain> chains_on_postgres(std::span<const event> events) const;
  static void add_chains(std::vector<chain>& out, consumer_group& to, std::span<const event* const> events);
  [[nodiscard]] static std::vector<const event*> wanted(const consumer_group& to, std::span<const event> events);
  awaitable<void> deliver_side_by_side(std::vector<chain> chains, std::size_t width) const;
  awaitable<void> work_off(gathering& all) const;
  awaitable<void> deliver(consumer_group& to, const event& e) const;
  awaitable<void> deliver_alone(consumer& to, const event& e) const;

  prometheus::Registry* metrics_;
  int max_attempts_;
  std::vector<std::unique_ptr<consumer_group>> groups_;
};

std::vector<const event*> inproc_broker::wanted(const consumer_group& to, std::span<const event> events) {
  std::vector<const event*> out;
  for (const event& e : events) {
    if (to.wants(e.type)) out.push_back(&e);
  }
  return out;
}

void inproc_broker::add_chains(std::vector<chain>& out, consumer_group& to, std::span<const event* const> events) {
  std::unordered_map<std::string_view, std::size_t> by_subject;
  for (const event* e : events) {
    const auto [found, is_new] = by_subject.try_emplace(e->subject, out.size());
    if (is_new) out.push_back({&to, {}});
    out[found->second].events.push_back(e);
  }
}

awaitable<void> inproc_broker::deliver_together(consumer_group& to, std::vector<const event*> all,
                                                std::vector<chain>& left) {
  for (std::size_t from = 0; from < all.size(); from += together) {
    const auto some = std::span{all}.subspan(from, std::min(together, all.size() - from));
    const attempt_outcome outcome = co_await to.attempt_together(some);
    if (outcome.done()) continue;
    if (outcome.away) std::rethrow_exception(outcome.away);
    add_chains(left, to, std::span{all}.subspan(from));  // what follows waits its turn
    co_return;
  }
}

std::vector<inproc_broker::chain> inproc_broker::chains_on_postgres(std::span<const event> events) const {
  std::vector<chain> out;
  for (const auto& group : groups_) {
    if (group->database().kind() == sql::engine::postgres) add_chains(out, *group, wanted(*group, events));
  }
  return out;
}

awaitable<void> inproc_broker::publish(std::span<const event> events) {
  std::vector<chain> left;
  std::vector<awaitable<void>> deliveries;
  for (const auto& group : groups_) {
    if (group->database().kind() == sql::engine::sqlite)
      deliveries.push_back(deliver_together(*group, wanted(*group, events), left));
  }
  co_await all_of(std::move(deliveries));
  co_await deliver_side_by_side(std::move(left), side_by_side_sqlite);
  co_await deliver_side_by_side(chains_on_postgres(events), side_by_side_postgres);
  for (const auto& group : groups_) co_await group->sweep_when_due();
}

awaitable<void> inproc_broker::deliver_side_by_side(std::vector<chain> chains, std::size_t width) const {
  gathering all{.chains = std::move(chains)};
  std::vector<awaitable<void>> workers;
  while (workers.size() < std::min(width, all.chains.size())) workers.push_back(work_off(all));
  co_await all_of(std::move(workers));
}

awaitable<void> inproc_broker::work_off(gathering& all) const {
  while (all.next < all.chains.size() && !all.failed) {
    const chain& mine = all.chains[all.next++];
    try {
      for (const event* e : mine.events) co_await deliver(*mine.to, *e);
    } catch (...) {
      all.failed = true;
      throw;
    }
  }
}

awaitable<void> inproc_broker::deliver(consumer_group& to, const event& e) const {
  const std::vector<consumer*> wanting = to.wanting(e.type);
  if (wanting.size() > 1) {
    const std::array one{&e};
    const attempt_outcome outcome = co_await to.attempt_together(one);
    if (outcome.done()) co_return;  // alone, it may be no conflict with others that holds it up
  }
  for (consumer* each : wanting) co_await deliver_alone(*each, e);
}

awaitable<void> inproc_broker::deliver_alone(consumer& to, const event& e) const {
  for (int attempt = 1;; ++attempt) {
    const attempt_outcome outcome = co_await to.attempt(e);
    if (outcome.done()) co_return;
    if (outcome.away) std::rethrow_exception(outcome.away);
    if (attempt >= max_attempts_) {
      co_await to.park(e.id, to_cloudevent(e), outcome.error, attempt);
      co_return;
    }
    log::warn("bus: a consumer failed at an event and will try again", {{"consumer", to.what().consumer},
                                                                        {"event", e.id},
                                                                        {"type", e.type},
                                                                        {"attempt", attempt},
                                                                        {"error", outcome.error}});
    co_await sleep_for(pause_after(attempt));
  }
}

}  // namespace

std::unique_ptr<broker> make_inproc_broker(prometheus::Registry* metrics, int max_attempts) {
  return std::make_unique<inproc_broker>(metrics, max_attempts);
}

}  // namespace cumulo::bus
