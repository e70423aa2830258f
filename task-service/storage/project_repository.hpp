#pragma once
// Projects and who belongs to them. Every method asks project_members whether the caller may. An account's Inbox is
// there before its rows are (domain: unwritten_inbox). Callable on any I/O thread; throws sql::database_error.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/async.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/result.hpp"
#include "platform/sql/database.hpp"
#include "task-service/domain/project.hpp"

namespace cumulo::tasks {

struct project_decision {
  change_summary changes;            ///< empty members: nothing is written
  std::vector<sql::command> beside;  ///< written in the same transaction; alive until the call returns
};

/// The last project of the page before.
struct project_position {
  std::int64_t position{-1};
  std::string name_key;
  std::string id;
};

struct label_count {
  std::string_view name;
  std::string_view key;  ///< folded: what the next page goes on from
  std::int64_t tasks;
};

class project_repository {
 public:
  explicit project_repository(sql::database& store) : store_(store) {}

  /// Nothing if the caller may not see it, or it is in the trash.
  [[nodiscard]] awaitable<std::optional<project>> find_project(std::string_view account_id, std::string_view id);

  /// At most `limit` of the caller's projects but the Inbox, by position and name. `sink` may end the page by
  /// returning false: that project begins the next one; it must take the first. The position for the next page, if
  /// there is one.
  [[nodiscard]] awaitable<std::optional<project_position>> list_projects(std::string_view account_id,
                                                                         std::optional<bool> archived,
                                                                         std::optional<project_position> after,
                                                                         int limit,
                                                                         function_ref<bool(const project&)> sink);

  /// Where a new project goes if nobody says: after the caller's others.
  [[nodiscard]] awaitable<std::int64_t> next_position(std::string_view account_id);

  /// Writes a new project, its author's membership, and `beside`.
  [[nodiscard]] awaitable<void> add_project(const project& p, std::span<const sql::command> beside);

  /// Reads the project (in the trash or not), lets `decide` change it, and writes it, in one transaction. A project
  /// that `decide` puts into the trash takes its tasks with it, and one taken out brings those back. `decide` as in
  /// task_repository. errc::not_found if the caller may not see it, errc::forbidden if they may but not change it
  /// (`owner_only`: who is no owner).
  using decision = function_ref<result<project_decision>(project&)>;
  [[nodiscard]] awaitable<result<project>> change_project(std::string_view account_id, std::string_view id,
                                                          bool owner_only, decision decide);

  /// Labels on the tasks outside the trash that the caller may see, by name.
  [[nodiscard]] awaitable<void> list_labels(std::string_view account_id, std::string_view after_key, int limit,
                                            function_ref<void(const label_count&)> sink);

 private:
  sql::database& store_;
};

}  // namespace cumulo::tasks
