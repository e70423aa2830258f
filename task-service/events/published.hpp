#pragma once
// What this service tells the others, as CloudEvents in the outbox. Types: io.cumulo.task.{created, updated, completed,
// trashed, restored, erased}.v1 with the task's id as subject, io.cumulo.project.{created, updated, trashed, restored,
// erased}.v1 with the project's. Data: {"task": …} or {"project": …} as the API shows it, "actor_id", and in updates
// "changed", the names of the members; erasures carry {"id", "actor_id"}. A task that becomes done has both an updated
// and a completed event. A project that is trashed or restored takes its tasks along without an event for each.
#include <optional>
#include <string_view>

#include "platform/bus/bus.hpp"
#include "task-service/domain/task.hpp"
#include "task-service/storage/trash_repository.hpp"

namespace cumulo::tasks {

/// Who did it, when, and in which trace; the views outlive the calls.
struct occasion {
  std::string_view actor_id;  ///< empty: the service itself (the trash's purge)
  std::string_view traceparent;
  instant time;
};

/// `verb`: "created", "completed", … `json`: the task or project as the API shows it.
[[nodiscard]] bus::event task_event(std::string_view verb, std::string_view id, std::string_view json,
                                    const occasion& when, const change_summary* changes = nullptr);
[[nodiscard]] bus::event project_event(std::string_view verb, std::string_view id, std::string_view json,
                                       const occasion& when, const change_summary* changes = nullptr);
[[nodiscard]] bus::event erased_event(trash_kind kind, std::string_view id, const occasion& when);

}  // namespace cumulo::tasks
