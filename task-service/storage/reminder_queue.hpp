#pragma once
// What is to be told by now: reminders, and tasks that are due soon. Any number of replicas may take from it at once;
// each thing is told once. Callable on any I/O thread; throws sql::database_error.
#include <optional>
#include <string_view>
#include <vector>

#include "platform/bus/bus.hpp"
#include "platform/core/async.hpp"
#include "platform/core/clock.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/sql/database.hpp"
#include "task-service/domain/task.hpp"

namespace cumulo::tasks {

struct fired_reminder {
  std::string_view id, account_id;
  const task_view& about;
  instant remind_at, fired_at;
};

struct task_due_soon {
  const task_view& about;
  std::string_view space_id;
  instant due_at, told_at;
};

class reminder_queue {
 public:
  explicit reminder_queue(sql::database& store) : store_(store) {}

  /// Takes at most `limit` reminders whose time has come and puts the events that `announce` makes of them into the
  /// outbox, in one transaction. A reminder whose owner may not see the task any more is taken without a word. Returns
  /// the moments they were meant for. `announce` may run again, on another thread.
  using reminder_announcement = function_ref<bus::event(const fired_reminder&)>;
  [[nodiscard]] awaitable<std::vector<instant>> fire_reminders(instant now, int limit, reminder_announcement announce);
  /// The same for tasks that are due soon.
  using task_announcement = function_ref<bus::event(const task_due_soon&)>;
  [[nodiscard]] awaitable<std::vector<instant>> tell_due_soon(instant now, int limit, task_announcement announce);

  [[nodiscard]] awaitable<std::optional<instant>> next_moment();
  [[nodiscard]] awaitable<std::int64_t> count_armed();

 private:
  sql::database& store_;
};

}  // namespace cumulo::tasks
