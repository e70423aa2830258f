#pragma once
// The SQL of lists of tasks: put together from fixed fragments, once per shape and process; values only ever travel as
// parameters.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "platform/sql/database.hpp"
#include "task-service/storage/task_list.hpp"

namespace cumulo::tasks {

/// What distinguishes one statement from another.
struct list_shape {
  task_sort sort{task_sort::created_at};
  bool descending{true};
  bool undated{false};  ///< the tasks without a due time, which follow those with one
  bool by_project{false};
  bool open{false};      ///< only todo and in_progress
  bool narrowed{false};  ///< by status, priority, due or updated
  bool labelled{false};
  bool searched{false};
  bool looked_through{false};  ///< by words or project: a stretch of the space's tasks is read, one by one
  bool only_its_end{false};    ///< the last task of such a stretch

  [[nodiscard]] std::size_t index() const {
    std::size_t i = static_cast<std::size_t>(sort);
    for (const bool bit :
         {descending, undated, by_project, open, narrowed, labelled, searched, looked_through, only_its_end})
      i = i * 2 + (bit ? 1 : 0);
    return i;
  }
  [[nodiscard]] list_shape end_of_stretch() const {
    list_shape s;
    s.descending = descending;
    s.by_project = by_project;
    s.looked_through = s.only_its_end = true;
    return s;
  }
  /// Do the rows of a label, which are in the order of creation, lead to the tasks?
  [[nodiscard]] bool is_led_by_label() const {
    return labelled && !searched && !by_project && sort == task_sort::created_at;
  }
  /// Does it walk an index in order, passing over next to nothing, or a project's stretch, which is three pages long?
  [[nodiscard]] bool is_walk() const {
    if (is_led_by_label()) return !narrowed && !open;
    if (narrowed || labelled || searched || undated) return false;
    if (open) return sort == task_sort::due && !by_project;
    if (by_project) return sort == task_sort::created_at;
    return sort == task_sort::created_at || sort == task_sort::updated_at || sort == task_sort::due;
  }
};

/// What a parameter stands for.
enum class list_value : std::uint8_t {
  caller,
  project,
  key,
  id,
  limit,
  statuses,
  priorities,
  due_from,
  due_until,
  updated_since,
  labels,
  label_count,
  search,
  words,
  stretch_end
};

/// The statement of one shape, which the engines word differently.
struct list_statement {
  std::string text;
  std::string postgres_text;
  std::vector<list_value> values;  ///< what ?1, ?2 … stand for
  std::vector<list_value> postgres_values;
  sql::statement what;

  [[nodiscard]] const std::vector<list_value>& values_on(sql::engine kind) const {
    return kind == sql::engine::sqlite ? values : postgres_values;
  }
};

/// Made at its first use and kept; any thread.
[[nodiscard]] const list_statement& statement_for(const list_shape& s);

/// Every statement that list_tasks can run, for the test that looks at their plans.
[[nodiscard]] std::vector<const sql::statement*> all_list_statements();

}  // namespace cumulo::tasks
