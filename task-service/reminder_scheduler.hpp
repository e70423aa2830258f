#pragma once
#include <prometheus/registry.h>

#include <chrono>
#include <memory>

#include "platform/bus/bus.hpp"
#include "platform/core/clock.hpp"
#include "platform/core/io_threads.hpp"
#include "task-service/storage/reminder_queue.hpp"

namespace cumulo::tasks {

struct scheduler_settings {
  /// How long at most until it looks again: a clock that was set forward is noticed then, and what another replica
  /// wrote down and did not live to tell.
  std::chrono::milliseconds poll{5'000};
  int batch{200};  ///< told in one transaction
};

/// Tells of reminders and tasks that are due soon when their time has come, by the clock on the wall: sleeps until the
/// next moment, or is told of an earlier one. After any downtime it catches up, batch by batch. Any number of replicas
/// may run one. Metrics: cumulo_reminders_armed, cumulo_reminders_fired_total, cumulo_tasks_due_soon_total,
/// cumulo_reminder_lateness_seconds, cumulo_reminder_scheduler_lag_seconds, cumulo_reminder_scheduler_failures_total.
class reminder_scheduler {
 public:
  /// All outlive it.
  reminder_scheduler(reminder_queue& queue, bus::relay& events, io_threads& threads, const clock& time,
                     scheduler_settings settings, prometheus::Registry& metrics);
  ~reminder_scheduler();
  void start();
  /// Something is to be told at `moment`: cheap unless that is before all it knows of. Any thread.
  void expect(instant moment);
  /// Moments have changed: look. Any thread.
  void look();
  /// Returns when the batch under way is written. Not from an I/O thread.
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace cumulo::tasks
