#pragma once
// A subscription at work; private to this room. What both brokers do with one event.
#include <array>
#include <atomic>

#include "platform/bus/bus.hpp"
#include "platform/observe/trace.hpp"

namespace prometheus {
class Counter;  // NOLINT(readability-identifier-naming)
}

namespace cumulo::bus {

/// What happened to one attempt.
struct attempt_outcome {
  std::exception_ptr away{};  ///< the consumer's database cannot be used: nothing is wrong with the event
  std::string error{};        ///< the handler failed
  [[nodiscard]] bool done() const { return !away && error.empty(); }
};

/// Which it was; to be called in a catch block.
[[nodiscard]] attempt_outcome judge_current_exception();
/// How long to wait after the nth failure: from 50 ms to 5 s, jittered.
[[nodiscard]] std::chrono::milliseconds pause_after(int attempt);
awaitable<void> sleep_for(std::chrono::milliseconds t);

class consumer {
 public:
  consumer(subscription s, prometheus::Registry* metrics);

  [[nodiscard]] const subscription& what() const { return what_; }
  [[nodiscard]] bool wants(std::string_view type) const;
  /// Handles the event in the transaction that records it as consumed. Does not throw. `forget_attempts`: of earlier
  /// ones there may be a count.
  awaitable<attempt_outcome> attempt(const event& e, bool forget_attempts = false);

  // What a transaction of several consumers or events consists of.

  /// Records that an event is consumed; changes no row if it is already.
  static const sql::statement record_consumed;
  /// Its values, which live as long as the consumer and the event.
  [[nodiscard]] std::array<sql::param, 3> record_of(const event& e) const;
  [[nodiscard]] trace::span begin_span(const event& e) const;
  void count_handled(bool is_new);

  /// Adds one to the event's failed attempts in the database and returns how many there are. Throws database_error.
  awaitable<int> count_failure(std::string event_id);
  /// Takes one off again: it was no failure of the event's. Throws database_error.
  awaitable<void> uncount_failure(std::string event_id);
  /// Keeps the event, with why it failed, in parked_events and takes it as consumed, unless it is. Throws
  /// database_error.
  awaitable<void> park(std::string event_id, std::string envelope, std::string error, int attempts);
  /// Once an hour: forgets what was consumed long ago; where that is much, a piece with each call.
  awaitable<void> sweep_when_due();

 private:
  subscription what_;
  prometheus::Counter *consumed_{nullptr}, *repeated_{nullptr}, *failed_{nullptr}, *parked_{nullptr};
  std::atomic<std::int64_t> next_sweep_{0};
};

/// An event comes again only while its outbox row is there, or the stream keeps it; nothing waits that long.
inline constexpr auto consumed_kept = std::chrono::days{30};

}  // namespace cumulo::bus
