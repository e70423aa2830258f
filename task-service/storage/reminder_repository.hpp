#pragma once
// Reminders in the database. A reminder is its owner's alone, and only while they may see its task: what is another's,
// or hangs on a task that they may not see or that is in the trash, is not found. Callable on any I/O thread; throws
// sql::database_error.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/async.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/result.hpp"
#include "platform/sql/database.hpp"
#include "task-service/domain/reminder.hpp"

namespace cumulo::tasks {

class reminder_repository {
 public:
  explicit reminder_repository(sql::database& store) : store_(store) {}

  /// The caller's reminders on a task, oldest first; nothing if there is no such task for them.
  [[nodiscard]] awaitable<std::optional<std::vector<reminder>>> list_reminders(std::string_view account_id,
                                                                               std::string_view task_id);
  [[nodiscard]] awaitable<std::optional<reminder>> find_reminder(std::string_view account_id, std::string_view task_id,
                                                                 std::string_view id);

  /// Arms and writes `r`, and what `beside` makes of it then (alive until the call returns), in one transaction.
  /// `zone` is its owner's if nothing has been heard of it yet. errc::not_found if there is no such task for them,
  /// errc::conflict if they have most_reminders there, errc::invalid at /at if it has passed. `beside` may run again.
  using finishing = function_ref<std::vector<sql::command>(const reminder&)>;
  [[nodiscard]] awaitable<result<reminder>> add_reminder(const reminder& r, std::string_view zone, instant now,
                                                         finishing beside);

  /// Reads the reminder, lets `decide` change it, and writes it with what `decide` gives, in one transaction. `decide`
  /// may run again; its error changes nothing. errc::not_found as above.
  using decision = function_ref<result<std::vector<sql::command>>(reminder&, const reminded_task&)>;
  [[nodiscard]] awaitable<result<reminder>> change_reminder(std::string_view account_id, std::string_view task_id,
                                                            std::string_view id, decision decide);
  /// The same, but deletes it if `decide` agrees.
  [[nodiscard]] awaitable<result<>> delete_reminder(std::string_view account_id, std::string_view task_id,
                                                    std::string_view id, decision decide);

 private:
  sql::database& store_;
};

/// Works out all reminders on a changed task anew, within the transaction that holds its row. `due_moved`: what was
/// put off and counts from the due time counts from the new one.
[[nodiscard]] awaitable<void> follow_task(sql::transaction& tx, const task& t, bool due_moved, instant now);
/// Disarms or arms again the reminders on a project's tasks, which go to the trash or return with it.
[[nodiscard]] awaitable<void> follow_project(sql::transaction& tx, std::string_view project_id, bool trashed,
                                             instant now);
/// An account's zone as of `heard`, unless a later one is known; works its reminders out anew, within `tx`.
[[nodiscard]] awaitable<void> remember_zone(sql::transaction& tx, std::string_view account_id, std::string_view zone,
                                            instant heard, instant now);
/// At most `most` of what an erased account had in others' projects; the rest goes with its tasks. How many.
[[nodiscard]] awaitable<std::uint64_t> erase_reminders(sql::transaction& tx, std::string_view account_id,
                                                       std::uint64_t most);
[[nodiscard]] awaitable<void> forget_zone(sql::transaction& tx, std::string_view account_id);

}  // namespace cumulo::tasks
