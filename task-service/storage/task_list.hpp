#pragma once
// Lists of tasks: which rows, in which order, from where on. Their statements are made in list_statements.hpp.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/async.hpp"
#include "platform/core/clock.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/result.hpp"
#include "platform/sql/database.hpp"
#include "task-service/domain/task.hpp"

namespace cumulo::tasks {

/// All that is given must hold.
struct task_filter {
  std::optional<std::string> project_id;
  std::optional<std::vector<task_status>> status;      ///< one of these; an empty list is none
  std::optional<std::vector<task_priority>> priority;  ///< one of these
  std::vector<std::string> label_keys;                 ///< all of these, folded, distinct
  std::optional<instant> due_from;                     ///< due at or after
  std::optional<instant> due_until;                    ///< due before
  std::optional<instant> updated_since;                ///< changed at or after
  std::optional<std::vector<std::string>> words;       ///< all of these (domain/text.hpp), the last one as a prefix
};

enum class task_sort : std::uint8_t { created_at, updated_at, due, priority, title };

/// The last row of the page before. Tasks without a due time come after the others, whatever the direction.
struct list_position {
  bool undated{false};
  std::int64_t number{0};
  std::string text;
  std::string id;
};

struct task_page {
  task_sort sort{task_sort::created_at};
  bool descending{true};
  std::optional<list_position> after;
  int limit{50};
};

/// Runs a read that goes through more than its page (with database::query_slow), or refuses to.
using slow_turn = function_ref<awaitable<result<>>(function_ref<awaitable<void>()> read)>;

/// Hands at most `page.limit` tasks that `account_id` may see to `sink`, which may end the page by returning false:
/// that task begins the next one. It must take the first. The position for the next page, if there is one. Archived
/// projects' tasks only when their project is asked for. Orders by created_at, updated_at and due walk an index, so
/// that a page costs the same however deep it lies; the others sort what the filter leaves, in one `slowly`, and so
/// does the undated end of a list by due, when the page comes to it. An error is that of `slowly`. `filter` and `page`
/// outlive the call.
[[nodiscard]] awaitable<result<std::optional<list_position>>> list_tasks(
    sql::database& store, std::string_view account_id, const task_filter& filter, const task_page& page,
    function_ref<bool(const task_view&)> sink, slow_turn slowly);

}  // namespace cumulo::tasks
