#include "task-service/storage/rows.hpp"

#include <stdexcept>

#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace cumulo::tasks {

namespace {

std::optional<std::string_view> maybe_text(const sql::row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.text(column);
}

std::optional<instant> maybe_time(const sql::row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_millis(row.integer(column));
}

template <class T>
std::optional<std::string> owned(const std::optional<T>& text) {
  if (!text) return std::nullopt;
  return std::string{*text};
}

}  // namespace

task_view view_of(const sql::row& row) {
  return {.id = row.text(0),
          .project_id = row.text(1),
          .title = row.text(2),
          .description = row.text(3),
          .created_by = row.text(12),
          .status = static_cast<task_status>(row.integer(4)),
          .priority = static_cast<task_priority>(row.integer(5)),
          .due = maybe_text(row, 6),
          .timezone = maybe_text(row, 7),
          .labels = row.text(8),
          .created_at = from_millis(row.integer(9)),
          .updated_at = from_millis(row.integer(10)),
          .completed_at = maybe_time(row, 11),
          .version = row.integer(13)};
}

task task_of(const sql::row& row) {
  const task_view seen = view_of(row);
  return {.id = std::string{seen.id},
          .space_id = {},
          .project_id = std::string{seen.project_id},
          .title = std::string{seen.title},
          .description = std::string{seen.description},
          .status = seen.status,
          .priority = seen.priority,
          .due = owned(seen.due),
          .due_at = {},
          .timezone = owned(seen.timezone),
          .labels = labels_from_json(seen.labels),
          .created_at = seen.created_at,
          .updated_at = seen.updated_at,
          .completed_at = seen.completed_at,
          .created_by = std::string{seen.created_by},
          .version = seen.version,
          .trashed_at = {},
          .due_soon_at = {}};
}

std::string labels_to_json(const std::vector<std::string>& labels) {
  if (labels.empty()) return "[]";
  return json::to_text(labels);
}

std::vector<std::string> labels_from_json(std::string_view json) {
  if (json == "[]") return {};
  auto labels = json::read<std::vector<std::string>>(json);
  if (!labels) throw std::runtime_error("a task is stored with labels that cannot be read");
  return std::move(*labels);
}

}  // namespace cumulo::tasks
