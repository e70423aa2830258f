#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <random>

#include "platform/bus/bus.hpp"
#include "platform/core/id.hpp"
#include "platform/observe/log.hpp"
#include "platform/observe/trace.hpp"

namespace cumulo::bus {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

const sql::statement read_batch{"outbox.read",
                                "SELECT position, id, type, source, subject, time, data, traceparent FROM outbox "
                                "ORDER BY position LIMIT ?1"};
const sql::statement delete_batch{"outbox.delete",
                                  "DELETE FROM outbox WHERE position IN (SELECT value FROM json_each(?1))",
                                  "DELETE FROM outbox WHERE position IN "
                                  "(SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(?1 AS JSON)))"};
// Exact up to 10,000, from there by positions (gaps of rolled back changes count along): a backlog of millions must not
// be read through every few seconds.
const sql::statement count_waiting{
    "outbox.count",
    "SELECT CASE WHEN COUNT(*) < 10000 THEN COUNT(*) ELSE "
    "(SELECT MAX(position) FROM outbox) - (SELECT MIN(position) FROM outbox) + 1 END, MIN(time) "
    "FROM (SELECT time FROM outbox ORDER BY position LIMIT 10000) AS oldest"};
// One that ends later than any can was taken by a clock that was wrong, perhaps before a power cut: nobody keeps it.
const sql::statement take_lease{
    "outbox.take_lease",
    "INSERT INTO relay_lease (name, holder, expires_at) VALUES ('outbox', ?1, ?2) "
    "ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at "
    "WHERE relay_lease.holder = excluded.holder OR relay_lease.expires_at <= ?3 OR relay_lease.expires_at > ?4"};
const sql::statement release_lease{"outbox.release_lease",
                                   "DELETE FROM relay_lease WHERE name = 'outbox' AND holder = ?1"};

constexpr auto first_pause = 100ms;
constexpr auto longest_pause = std::chrono::milliseconds{10s};
constexpr auto gathering_time = 10ms;
constexpr auto count_every = 10;  // times the idle poll
constexpr auto say_again_after = 60s;
constexpr auto longest_stop = 15s;

}  // namespace

struct relay::state : std::enable_shared_from_this<relay::state> {
  state(sql::database& from, broker* to, io_threads& threads, relay_settings s, prometheus::Registry* metrics)
      : source(from), target(to), context(threads.context(threads.size() - 1)), settings(std::move(s)), wake(context) {
    if (metrics == nullptr) return;
    const prometheus::Labels labels{{"outbox", settings.name}};
    waiting = &prometheus::BuildGauge()
                   .Name("cumulo_outbox_waiting")
                   .Help("Events in the outbox.")
                   .Register(*metrics)
                   .Add(labels);
    oldest = &prometheus::BuildGauge()
                  .Name("cumulo_outbox_oldest_seconds")
                  .Help("Age of the oldest event in the outbox.")
                  .Register(*metrics)
                  .Add(labels);
    relayed = &prometheus::BuildCounter()
                   .Name("cumulo_outbox_relayed_total")
                   .Help("Events that the broker has taken.")
                   .Register(*metrics)
                   .Add(labels);
    by_type =
        &prometheus::BuildCounter()
             .Name("cumulo_events_total")
             .Help("Events that the broker has taken, by type: what people did. (A repeat after a failure counts.)")
             .Register(*metrics);
    failures = &prometheus::BuildCounter()
                    .Name("cumulo_outbox_failures_total")
                    .Help("Rounds of the relay that failed: database or broker away.")
                    .Register(*metrics)
                    .Add(labels);
  }

  sql::database& source;
  broker* target;
  asio::io_context& context;
  relay_settings settings;
  const std::string holder = new_id();
  asio::steady_timer wake;
  std::atomic<bool> poked{false}, stopping{false};
  std::promise<void> ended{};
  bool started{false};

  // Below: only on the context's thread.
  instant lease_until{};
  std::int64_t known_waiting{0};
  steady::time_point said_waiting{}, said_failure{}, counted{};
  prometheus::Gauge *waiting{nullptr}, *oldest{nullptr};
  prometheus::Counter *relayed{nullptr}, *failures{nullptr};
  prometheus::Family<prometheus::Counter>* by_type{nullptr};

  struct batch {
    std::vector<std::int64_t> positions;
    std::vector<event> events;
  };

  void poke() {
    if (poked.exchange(true)) return;
    asio::post(context, [self = shared_from_this()] { self->wake.cancel(); });
  }

  awaitable<void> pause(std::chrono::milliseconds t) {
    if (!poked.exchange(false) && !stopping) {
      wake.expires_after(t);
      boost::system::error_code ec;
      co_await wake.async_wait(asio::redirect_error(use_awaitable, ec));
      poked = false;
    }
  }

  awaitable<batch> read() {
    batch out;
    auto take = [&out](const sql::row& r) {
      out.positions.push_back(r.integer(0));
      out.events.push_back({.id = std::string{r.text(1)},
                            .type = std::string{r.text(2)},
                            .source = std::string{r.text(3)},
                            .subject = std::string{r.text(4)},
                            .time = from_millis(r.integer(5)),
                            .data = std::string{r.text(6)},
                            .traceparent = std::string{r.text(7)}});
    };
    const std::array values{sql::param{settings.batch}};
    co_await source.query(read_batch, values, take);
    co_return out;
  }

  awaitable<void> remove(const batch& done) {
    std::string list = "[";
    for (const auto position : done.positions) list.append(list.size() > 1 ? "," : "").append(std::to_string(position));
    list += ']';
    const std::array values{sql::param{list}};
    const std::array commands{sql::command{&delete_batch, values}};
    co_await source.write(commands);
  }

  /// Is it our turn, for at least half a lease more?
  awaitable<bool> hold_lease() {
    const instant now = system_clock().now();
    const bool was_set_back = lease_until > now + settings.lease;  // the clock
    if (now + settings.lease / 2 < lease_until && !was_set_back) co_return true;
    const instant until = now + settings.lease;
    const std::array values{sql::param{holder}, sql::param{to_millis(until)}, sql::param{to_millis(now)},
                            sql::param{to_millis(until + settings.lease)}};
    const std::array commands{sql::command{&take_lease, values}};
    std::array<std::uint64_t, 1> changed{};
    co_await source.write(commands, changed);
    lease_until = changed[0] > 0 ? until : instant{};
    co_return changed[0] > 0;
  }

  awaitable<void> give_lease_back() {
    if (lease_until == instant{}) co_return;
    const std::array values{sql::param{holder}};
    const std::array commands{sql::command{&release_lease, values}};
    try {
      co_await source.write(commands);
    } catch (const std::exception&) {  // then it expires
    }
  }

  awaitable<void> count() {
    std::int64_t oldest_time = 0;
    auto take = [&](const sql::row& r) {
      known_waiting = r.integer(0);
      oldest_time = r.integer(1);
    };
    co_await source.query_slow(count_waiting, {}, take);
    counted = steady::now();
    show_waiting(known_waiting == 0 ? 0 : to_millis(system_clock().now()) - oldest_time);
  }

  awaitable<void> count_if_due() {
    if (steady::now() - counted >= settings.idle_poll * count_every) co_await count();
  }

  void show_waiting(std::int64_t age_millis) {
    if (waiting == nullptr) return;
    waiting->Set(static_cast<double>(known_waiting));
    oldest->Set(static_cast<double>(age_millis) / 1'000.0);
  }

  /// Without a broker.
  awaitable<void> watch() {
    co_await count();
    if (known_waiting == 0) {
      said_waiting = {};
    } else if (said_waiting == steady::time_point{} || steady::now() - said_waiting > say_again_after) {
      said_waiting = steady::now();
      log::warn("bus: no bus is configured; events wait in the outbox",
                {{"outbox", settings.name}, {"waiting", known_waiting}});
    }
  }

  /// The consumers of an event of a recorded trace go on below its publication.
  awaitable<void> publish(std::vector<event>& events) {
    std::vector<trace::span> spans;
    if (trace::enabled()) {
      for (event& e : events) {
        auto span = trace::begin_continued(trace::kind::producer, "publish " + e.type, e.traceparent);
        if (!span.records()) continue;
        span.set("messaging.operation.type", "send");
        span.set("messaging.destination.name", e.type);
        span.set("messaging.message.id", e.id);
        e.traceparent = span.traceparent();
        spans.push_back(std::move(span));
      }
    }
    try {
      co_await target->publish(events);
    } catch (const std::exception& e) {
      for (auto& each : spans) each.fail(e.what());
      throw;
    }
  }

  /// With one. True if there may be more at once.
  awaitable<bool> relay_batch() {
    batch next = co_await read();
    if (next.events.empty()) {
      known_waiting = 0;
      show_waiting(0);
      co_return false;
    }
    const bool held = lease_until > system_clock().now();
    if (!co_await hold_lease()) {
      co_await count_if_due();
      co_return false;
    }
    if (!held) next = co_await read();  // the holder before us may have done some of these
    if (next.events.empty()) co_return false;
    co_await publish(next.events);
    co_await remove(next);
    if (relayed != nullptr) relayed->Increment(static_cast<double>(next.events.size()));
    if (by_type != nullptr) {
      for (const event& e : next.events) by_type->Add({{"type", e.type}}).Increment();
    }
    co_await count_if_due();  // a relay that never rests tells as well
    const bool full = next.events.size() >= settings.batch;
    if (!full) co_await gather();
    co_return full;
  }

  /// After a round that had something to do: what comes next gathers for a moment and shares the next round's commits,
  /// of which each consumer needs one however few the events are. What comes after a rest goes out at once.
  awaitable<void> gather() {
    const auto until = steady::now() + gathering_time;
    while (!stopping && steady::now() < until) {  // pokes cancel the timer
      wake.expires_at(until);
      boost::system::error_code ec;
      co_await wake.async_wait(asio::redirect_error(use_awaitable, ec));
    }
  }

  /// One round; how it failed, or nothing.
  awaitable<std::optional<std::string>> round(bool& more) {
    std::optional<std::string> failure;
    more = false;
    try {
      if (target == nullptr) {
        co_await watch();
      } else {
        more = co_await relay_batch();
      }
    } catch (const std::exception& e) {
      failure = e.what();
    }
    if (failure) co_await count_all_the_same();
    co_return failure;
  }

  /// So that the metrics tell of a broker that is away.
  awaitable<void> count_all_the_same() {
    try {
      co_await count();
    } catch (const std::exception&) {  // the database is away as well
    }
  }

  awaitable<void> run() {
    int failed = 0;
    while (!stopping) {
      bool more = false;
      const auto failure = co_await round(more);
      if (failure) {
        if (failures != nullptr) failures->Increment();
        if (failed++ == 0 || steady::now() - said_failure > say_again_after) {
          said_failure = steady::now();
          log::warn("bus: the relay cannot work now; it will try again",
                    {{"outbox", settings.name}, {"why", *failure}});
        }
        co_await back_off(failed);
      } else {
        if (failed > 0) log::info("bus: the relay works again", {{"outbox", settings.name}});
        failed = 0;
        if (!more) co_await pause(target == nullptr ? settings.idle_poll * count_every : settings.idle_poll);
      }
    }
    co_await give_lease_back();
  }

  /// Pokes do not shorten it; stopping does.
  awaitable<void> back_off(int failed) {
    thread_local std::minstd_rand random{std::random_device{}()};
    const auto full = std::min(first_pause * (1 << std::min(failed - 1, 10)), longest_pause);
    const auto until = steady::now() + full * std::uniform_int_distribution<int>{75, 125}(random) / 100;
    while (!stopping && steady::now() < until) {
      wake.expires_at(until);
      boost::system::error_code ec;
      co_await wake.async_wait(asio::redirect_error(use_awaitable, ec));
    }
  }
};

relay::relay(sql::database& source, broker* target, io_threads& threads, relay_settings settings,
             prometheus::Registry* metrics)
    : state_(std::make_shared<state>(source, target, threads, std::move(settings), metrics)) {}

relay::~relay() { stop(); }

void relay::start() {
  state_->started = true;
  auto run = [](std::shared_ptr<state> self) -> awaitable<void> { co_await self->run(); };
  auto done = [self = state_](const std::exception_ptr&) { self->ended.set_value(); };
  asio::co_spawn(state_->context, run(state_), std::move(done));
}

void relay::notify() {
  // With no broker there is nothing to send on, and counting the outbox after each commit would cost ever more.
  if (state_->target != nullptr) state_->poke();
}

void relay::stop() {
  if (!state_->started || state_->stopping.exchange(true)) return;
  state_->poked = false;
  state_->poke();
  if (state_->ended.get_future().wait_for(longest_stop) == std::future_status::timeout) {
    log::error("bus: the relay did not end in time", {{"outbox", state_->settings.name}});
  }
}

}  // namespace cumulo::bus
