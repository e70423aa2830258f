#pragma once
// What this service tells the others, as CloudEvents in the outbox. Types: io.cumulo.task.{created, updated, completed,
// trashed, restored, erased}.v1 with the task's id as subject, io.cumulo.project.{created, updated, trashed, restored,
// erased}.v1 with the project's. Data: {"task": …} or {"project": …} as the API shows it, "actor_id", "audience" (the
// accounts that may see it), of a task "due_at" (its deadline in milliseconds since 1970, or null), and in updates
// "changed", the names of the members; erasures carry {"id", "actor_id", "audience"}. A task that becomes done has both
// an updated and a completed event. A project that is trashed or restored takes its tasks along without an event for
// each.
#include <optional>
#include <string_view>

#include "platform/bus/bus.hpp"
#include "task-service/domain/project.hpp"
#include "task-service/domain/task.hpp"
#include "task-service/storage/reminder_queue.hpp"
#include "task-service/storage/trash_repository.hpp"

namespace cumulo::tasks {

/// Who did it, when, and in which trace; the views outlive the calls.
struct occasion {
  std::string_view actor_id;  ///< empty: the service itself (the trash's purge)
  std::string_view traceparent;
  instant time;
};

/// `verb`: "created", "completed", … `json`: the task or project as the API shows it. Until projects are shared, the
/// audience is the owner of the space.
[[nodiscard]] bus::event task_event(std::string_view verb, const task& t, std::string_view json, const occasion& when,
                                    const change_summary* changes = nullptr);
[[nodiscard]] bus::event project_event(std::string_view verb, const project& p, std::string_view json,
                                       const occasion& when, const change_summary* changes = nullptr);
/// io.cumulo.reminder.due.v1, with the task as subject: {"reminder_id", "account_id", "task", "remind_at", "fired_at"}.
[[nodiscard]] bus::event reminder_due_event(const fired_reminder& fired, std::string_view task_json);
/// io.cumulo.task.due_soon.v1: {"task", "audience", "due_at"}.
[[nodiscard]] bus::event due_soon_event(const task_due_soon& told, std::string_view task_json);
[[nodiscard]] bus::event erased_event(const erased_item& gone, const occasion& when);

}  // namespace cumulo::tasks
