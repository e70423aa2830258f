#pragma once
// How a row of tasks becomes a value. Columns are always selected in the order of `task_columns`, from `tasks t`.
#include <string>
#include <string_view>
#include <vector>

#include "platform/sql/database.hpp"
#include "task-service/domain/task.hpp"

namespace cumulo::tasks {

// Macros, so that statements can be joined at compile time.
#define CUMULO_TASK_COLUMNS                                                                         \
  "t.id, t.project_id, t.title, t.description, t.status, t.priority, t.due, t.timezone, t.labels, " \
  "t.created_at, t.updated_at, t.completed_at, t.created_by, t.version"
inline constexpr int task_column_count = 14;

/// Authority to see: who is no member finds no row. ?1 is the caller.
#define CUMULO_VISIBLE_TASKS "FROM tasks t JOIN project_members m ON m.account_id = ?1 AND m.project_id = t.project_id "

/// Valid while the row is current.
[[nodiscard]] task_view view_of(const sql::row& row);
/// Without space_id, due_at, trashed_at and due_soon_at, which are not among the columns.
[[nodiscard]] task task_of(const sql::row& row);

[[nodiscard]] std::string labels_to_json(const std::vector<std::string>& labels);
[[nodiscard]] std::vector<std::string> labels_from_json(std::string_view json);

}  // namespace cumulo::tasks
