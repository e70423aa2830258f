#pragma once
// A task, its rules, and how a change merges into it. No I/O.
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/core/member.hpp"
#include "platform/core/result.hpp"

namespace cumulo::tasks {

/// Stored by number: append, never reorder.
enum class task_status : std::uint8_t { todo, in_progress, done, cancelled };
BOOST_DESCRIBE_ENUM(task_status, todo, in_progress, done, cancelled)
enum class task_priority : std::uint8_t { none, low, medium, high, urgent };
BOOST_DESCRIBE_ENUM(task_priority, none, low, medium, high, urgent)

[[nodiscard]] std::string_view to_text(task_status s);
[[nodiscard]] std::string_view to_text(task_priority p);
/// Nothing if there is no such name.
[[nodiscard]] std::optional<task_status> status_named(std::string_view name);
[[nodiscard]] std::optional<task_priority> priority_named(std::string_view name);

struct task {
  std::string id;
  std::string space_id;  ///< the home account of its project: where the row lies, not who may see it
  std::string project_id;
  std::string title;
  std::string description;  ///< Markdown; empty if none
  task_status status{task_status::todo};
  task_priority priority{task_priority::none};
  std::optional<std::string> due;       ///< as written by its author (see due.hpp)
  std::optional<instant> due_at;        ///< what `due` means
  std::optional<std::string> timezone;  ///< always there when `due` is local
  std::vector<std::string> labels;      ///< in the order given
  instant created_at{};
  instant updated_at{};
  std::optional<instant> completed_at;  ///< when it became done
  std::string created_by;
  std::int64_t version{1};
  std::optional<instant> trashed_at;
  std::optional<instant> due_soon_at;  ///< when its audience is told; nothing if they were, or need not be
};

/// A task as it is read from a row or an entity on its way out. Valid as long as what it was made from.
struct task_view {
  std::string_view id, project_id, title, description, created_by;
  task_status status{};
  task_priority priority{};
  std::optional<std::string_view> due, timezone;
  std::string_view labels;  ///< a JSON array
  instant created_at{}, updated_at{};
  std::optional<instant> completed_at;
  std::int64_t version{};
};
/// `labels` is the JSON text of t.labels, which must live as long as the view.
[[nodiscard]] task_view view_of(const task& t, std::string_view labels);

/// The body of POST, PUT and PATCH: a member left out keeps its value, null clears it.
struct task_changes {
  member<std::string> title;
  member<std::string> description;
  member<std::string> project_id;  ///< null: the author's Inbox
  member<task_status> status;
  member<task_priority> priority;
  member<std::string> due;
  member<std::string> timezone;
  member<std::vector<std::string>> labels;
};
BOOST_DESCRIBE_STRUCT(task_changes, (), (title, description, project_id, status, priority, due, timezone, labels))

/// Who changes it and when.
struct author {
  std::string_view account_id;
  std::string_view timezone;  ///< the default for local due times; "UTC" if unknown here
  instant now;
};

/// What a change did; empty `members` means nothing, and then the task keeps its version.
struct change_summary {
  std::vector<std::string_view> members;  ///< wire names, including those that followed from others
  bool became_done{false};
  [[nodiscard]] bool touches(std::string_view member) const;
};

/// A new task of `who`, in their Inbox unless the changes say otherwise. errc::invalid names every fault. Whether the
/// project is theirs to write to is the repository's to say.
[[nodiscard]] result<task> make_task(const task_changes& wanted, const author& who);
/// Merges into `t`, raising version and updated_at if anything differs. On error `t` is as it was.
[[nodiscard]] result<change_summary> apply_changes(task& t, const task_changes& wanted, const author& who);

/// Words that a search finds it by.
[[nodiscard]] std::vector<std::string> searchable_words(const task& t);

/// The id of an account's Inbox: its own id with version 8 (RFC 9562 §5.8: of custom make) in place of 7, so that it is
/// known before it exists, needs no event, and meets no other id.
[[nodiscard]] std::string inbox_of(std::string_view account_id);

inline constexpr std::size_t longest_title = 500;           ///< code points
inline constexpr std::size_t longest_description = 65'536;  ///< bytes
inline constexpr std::size_t most_labels = 50;
inline constexpr std::size_t longest_label = 100;  ///< code points

}  // namespace cumulo::tasks
