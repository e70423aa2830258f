#pragma once
// Tasks in the database. Every method asks project_members whether the caller may: what they may not see is not found,
// and what they may see but not change is forbidden. Callable on any I/O thread; throws sql::database_error.
#include <array>
#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/async.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/result.hpp"
#include "platform/sql/database.hpp"
#include "task-service/domain/reminder.hpp"
#include "task-service/domain/task.hpp"

namespace cumulo::tasks {

/// What the caller of a change decides about the task as it is stored now.
struct task_decision {
  change_summary changes;            ///< empty members: nothing is written
  std::vector<sql::command> beside;  ///< written in the same transaction (outbox rows); alive until the call returns
};

/// A task with what a decision needs to know around it.
struct stored_task {
  task current;
  bool project_in_trash{false};
};

/// Which projects lately took a task from the owner of their space, so that a new task need not ask before it is
/// written. A guess: the writing statement itself asks for the caller's right. Any thread, no lock; a newer pair may
/// take a place.
class open_projects {
 public:
  [[nodiscard]] bool has(std::string_view account_id, std::string_view project_id) const;
  void remember(std::string_view account_id, std::string_view project_id);
  void forget(std::string_view account_id, std::string_view project_id);

 private:
  std::array<std::atomic<std::uint64_t>, 32'768> places_{};  // hashes of pairs
};

class task_repository {
 public:
  task_repository(sql::database& store, const clock& time, const due_soon_rule& due_soon)
      : store_(store), time_(time), due_soon_(due_soon) {}

  /// Hands the task to `sink` if the caller may see it and it is not in the trash; whether it did.
  [[nodiscard]] awaitable<bool> find_task(std::string_view account_id, std::string_view id,
                                          function_ref<void(const task_view&)> sink);

  /// Writes a new task and `beside` in one transaction; the caller's Inbox is written down if this is its first use.
  /// errc::invalid at /project_id if the caller may not write there. Sets t.space_id.
  [[nodiscard]] awaitable<result<>> add_task(std::string_view account_id, task& t,
                                             std::span<const sql::command> beside);

  /// Reads the task, lets `decide` change it, and writes it, in one transaction, so that of many at once each sees what
  /// the one before left. `decide` may run again after a conflict, on the thread of the transaction: it touches only
  /// its captures. An error of `decide` changes nothing. errc::not_found as for find_task. The task's reminders follow
  /// its due time, its status and the trash, in the same transaction.
  using decision = function_ref<result<task_decision>(stored_task&)>;
  [[nodiscard]] awaitable<result<task>> change_task(std::string_view account_id, std::string_view id, decision decide);
  /// The same for a task that may be in the trash: restoring.
  [[nodiscard]] awaitable<result<task>> change_any_task(std::string_view account_id, std::string_view id,
                                                        decision decide);

 private:
  enum class where : std::uint8_t { outside_trash, anywhere };
  awaitable<result<task>> change(std::string_view account_id, std::string_view id, where place, decision decide);
  sql::database& store_;
  const clock& time_;
  due_soon_rule due_soon_;
  std::unique_ptr<open_projects> open_projects_ = std::make_unique<open_projects>();
};

/// The three rows that make an account's Inbox real, or nothing if it is. Owns what its commands' values point to.
class inbox_rows {
 public:
  explicit inbox_rows(std::string_view account_id);
  inbox_rows(const inbox_rows&) = delete;
  [[nodiscard]] std::vector<sql::command> insertion() const;

 private:
  std::string account_id_, id_;
  std::array<sql::param, 3> values_;
  std::array<sql::param, 2> membership_;
};

}  // namespace cumulo::tasks
