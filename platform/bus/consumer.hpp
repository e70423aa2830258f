#pragma once
// A subscription at work; private to this room. What both brokers do with one event.
#include <atomic>

#include "platform/bus/bus.hpp"

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
  /// Handles them all, in order, in one transaction. Counts no failure: then nothing has happened, and each is to be
  /// attempted alone. Does not throw.
  awaitable<attempt_outcome> attempt_together(std::span<const event* const> events);
  /// Adds one to the event's failed attempts in the database and returns how many there are. Throws database_error.
  awaitable<int> count_failure(std::string event_id);
  /// Takes one off again: it was no failure of the event's. Throws database_error.
  awaitable<void> uncount_failure(std::string event_id);
  /// Keeps the event, with why it failed, in parked_events and takes it as consumed. Throws database_error.
  awaitable<void> park(std::string event_id, std::string envelope, std::string error, int attempts);
  /// Once an hour: forgets what was consumed long ago.
  awaitable<void> sweep_when_due();

 private:
  /// In the transaction; false if it was consumed before.
  awaitable<bool> handle_once(const event& e, sql::transaction& tx);

  subscription what_;
  prometheus::Counter *consumed_{nullptr}, *repeated_{nullptr}, *failed_{nullptr}, *parked_{nullptr};
  std::atomic<std::int64_t> next_sweep_{0};
};

/// An event comes again only while its outbox row is there, or the stream keeps it; nothing waits that long.
inline constexpr auto consumed_kept = std::chrono::days{30};

}  // namespace cumulo::bus
