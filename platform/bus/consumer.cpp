#include "platform/bus/consumer.hpp"

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "platform/observe/log.hpp"

namespace cumulo::bus {

namespace {

using namespace std::chrono_literals;

const sql::statement insert_parked{
    "bus.park",
    "INSERT INTO parked_events (consumer, event_id, envelope, error, parked_at, attempts) "
    "SELECT ?1, ?2, ?3, ?4, CAST(?5 AS BIGINT), CAST(?6 AS BIGINT) "
    "WHERE NOT EXISTS (SELECT 1 FROM consumed_events WHERE consumer = ?1 AND event_id = ?2) ON CONFLICT DO NOTHING"};
const sql::statement forget_consumed{
    "bus.forget_consumed",
    "DELETE FROM consumed_events WHERE consumer = ?1 AND event_id < ?2 AND event_id <= COALESCE((SELECT event_id FROM "
    "consumed_events WHERE consumer = ?1 ORDER BY event_id LIMIT 1 OFFSET ?3), ?2)"};
const sql::statement count_attempt{
    "bus.count_attempt",
    "INSERT INTO event_attempts (consumer, event_id, attempts, failed_at) VALUES (?1, ?2, 1, ?3) "
    "ON CONFLICT (consumer, event_id) DO UPDATE SET attempts = event_attempts.attempts + 1, "
    "failed_at = excluded.failed_at RETURNING attempts"};
const sql::statement uncount_attempt{
    "bus.uncount_attempt", "UPDATE event_attempts SET attempts = attempts - 1 WHERE consumer = ?1 AND event_id = ?2"};
const sql::statement forget_attempts_of{"bus.forget_attempts",
                                        "DELETE FROM event_attempts WHERE consumer = ?1 AND event_id = ?2"};
const sql::statement forget_old_attempts{"bus.forget_old_attempts",
                                         "DELETE FROM event_attempts WHERE consumer = ?1 AND failed_at < ?2"};

constexpr auto first_pause = 50ms;
constexpr auto longest_pause = std::chrono::milliseconds{5s};
constexpr auto sweep_every = 1h;
constexpr std::uint64_t most_forgotten = 1'000;  // at once: nobody waits long behind it

/// The smallest UUIDv7 of a millisecond.
std::string first_id_of(instant t) {
  std::array<char, 40> text{};
  const auto ms = static_cast<unsigned long long>(to_millis(t));
  const int n =
      std::snprintf(text.data(), text.size(), "%08llx-%04llx-7000-8000-000000000000", ms >> 16U, ms & 0xffffU);
  return {text.data(), static_cast<std::size_t>(n)};
}

void count(prometheus::Counter* c) {
  if (c != nullptr) c->Increment();
}

}  // namespace

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
    const bool away = e.kind() == sql::failure::unavailable || e.kind() == sql::failure::full ||
                      e.kind() == sql::failure::serialization;
    return away ? attempt_outcome{.away = std::current_exception(), .error = {}} : said(e);
  } catch (const std::exception& e) {
    return said(e);
  } catch (...) {
    return {.away = {}, .error = "no reason given"};
  }
}

std::chrono::milliseconds pause_after(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const auto full = std::min(first_pause * (1 << std::min(attempt - 1, 10)), longest_pause);
  return full * std::uniform_int_distribution<int>{75, 125}(random) / 100;
}

awaitable<void> sleep_for(std::chrono::milliseconds t) {
  asio::steady_timer timer{co_await asio::this_coro::executor, t};
  boost::system::error_code ec;
  co_await timer.async_wait(asio::redirect_error(use_awaitable, ec));
}

const sql::statement consumer::record_consumed{
    "bus.record_consumed",
    "INSERT INTO consumed_events (consumer, event_id, consumed_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"};

consumer::consumer(subscription s, prometheus::Registry* metrics) : what_(std::move(s)) {
  if (metrics == nullptr) return;
  const auto counter = [&](const char* name, const char* help) {
    return &prometheus::BuildCounter().Name(name).Help(help).Register(*metrics).Add({{"consumer", what_.consumer}});
  };
  consumed_ = counter("cumulo_events_consumed_total", "Events acted on.");
  repeated_ = counter("cumulo_events_repeated_total", "Events that came again and changed nothing.");
  failed_ = counter("cumulo_events_failed_total", "Attempts at an event that failed.");
  parked_ = counter("cumulo_events_parked_total", "Events given up after repeated failures, kept in parked_events.");
}

bool consumer::wants(std::string_view type) const {
  return std::ranges::any_of(what_.types, [&](std::string_view pattern) {
    if (pattern.ends_with('*')) return type.starts_with(pattern.substr(0, pattern.size() - 1));
    return type == pattern;
  });
}

trace::span consumer::begin_span(const event& e) const {
  if (!trace::enabled()) return {};
  auto span = trace::begin_continued(trace::kind::consumer, "process " + e.type, e.traceparent);
  span.set("messaging.operation.type", "process");
  span.set("messaging.destination.name", e.type);
  span.set("messaging.consumer.group.name", what_.consumer);
  span.set("messaging.message.id", e.id);
  return span;
}

void consumer::count_handled(bool is_new) { count(is_new ? consumed_ : repeated_); }

std::array<sql::param, 3> consumer::record_of(const event& e) const {
  return {sql::param{what_.consumer}, sql::param{e.id}, sql::param{to_millis(system_clock().now())}};
}

awaitable<attempt_outcome> consumer::attempt(const event& e, bool forget_attempts) {
  bool is_new = false;
  auto span = begin_span(e);
  const trace::scope active{span};
  auto handle = [this, &e, &is_new, forget_attempts](sql::transaction& tx) -> awaitable<void> {
    const std::array record = record_of(e);
    is_new = co_await tx.execute(record_consumed, record) > 0;
    if (is_new) co_await what_.handle(e, tx);
    if (!forget_attempts) co_return;
    const std::array values{sql::param{what_.consumer}, sql::param{e.id}};
    co_await tx.execute(forget_attempts_of, values);
  };
  attempt_outcome outcome;
  try {
    co_await what_.database->transact(std::move(handle));
  } catch (...) {
    outcome = judge_current_exception();
  }
  if (outcome.done()) count_handled(is_new);
  if (!outcome.error.empty()) count(failed_);
  if (!outcome.done()) span.fail(outcome.error.empty() ? "the consumer's database is away" : outcome.error);
  co_return outcome;
}

awaitable<int> consumer::count_failure(std::string event_id) {
  const std::array values{sql::param{what_.consumer}, sql::param{event_id},
                          sql::param{to_millis(system_clock().now())}};
  const auto count_it = [&values](sql::transaction& tx) -> awaitable<int> {
    int attempts = 0;
    auto take = [&attempts](const sql::row& r) { attempts = static_cast<int>(r.integer(0)); };
    co_await tx.execute(count_attempt, values, take);
    co_return attempts;
  };
  co_return co_await what_.database->transact(count_it);
}

awaitable<void> consumer::uncount_failure(std::string event_id) {
  const std::array values{sql::param{what_.consumer}, sql::param{event_id}};
  const std::array commands{sql::command{&uncount_attempt, values}};
  co_await what_.database->write(commands);
}

awaitable<void> consumer::park(std::string event_id, std::string envelope, std::string error, int attempts) {
  const std::int64_t now = to_millis(system_clock().now());
  const std::array parked{sql::param{what_.consumer}, sql::param{event_id}, sql::param{envelope},
                          sql::param{error},          sql::param{now},      sql::param{attempts}};
  const std::array consumed{sql::param{what_.consumer}, sql::param{event_id}, sql::param{now}};
  const std::array commands{sql::command{&insert_parked, parked}, sql::command{&record_consumed, consumed},
                            sql::command{&forget_attempts_of, std::span{consumed}.first(2)}};
  std::array<std::uint64_t, 3> changed{};
  co_await what_.database->write(commands, changed);
  if (changed.front() == 0) co_return;
  count(parked_);
  log::error("bus: an event is parked after repeated failures",
             {{"consumer", what_.consumer}, {"event", event_id}, {"attempts", attempts}, {"error", error}});
}

awaitable<void> consumer::sweep_when_due() {
  const instant now = system_clock().now();
  auto due = next_sweep_.load();
  if (to_millis(now) < due || !next_sweep_.compare_exchange_strong(due, to_millis(now + sweep_every))) co_return;
  const std::string before = first_id_of(now - consumed_kept);
  const std::array consumed{sql::param{what_.consumer}, sql::param{before}, sql::param{most_forgotten - 1}};
  const std::array attempts{sql::param{what_.consumer}, sql::param{to_millis(now - consumed_kept)}};
  const std::array commands{sql::command{&forget_consumed, consumed}, sql::command{&forget_old_attempts, attempts}};
  std::array<std::uint64_t, commands.size()> forgotten{};
  try {
    co_await what_.database->write(commands, forgotten);
    if (forgotten[0] == most_forgotten) next_sweep_ = 0;  // the rest at the next event
  } catch (const sql::database_error& e) {
    log::warn("bus: old consumption records stay until the next hour",
              {{"consumer", what_.consumer}, {"error", e.what()}});
  }
}

}  // namespace cumulo::bus
