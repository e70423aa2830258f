#pragma once
// A project, its rules, and how a change merges into it. No I/O.
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
#include "task-service/domain/task.hpp"

namespace cumulo::tasks {

/// As seen by one member: role and position are theirs.
struct project {
  std::string id;
  std::string space_id;  ///< home account
  bool is_inbox{false};
  std::string name;
  std::string description;
  std::optional<std::string> color;  ///< "#rrggbb"
  bool archived{false};
  std::int64_t position{0};
  std::string role{"owner"};
  instant created_at{};
  instant updated_at{};
  std::string created_by;
  std::int64_t version{1};
  std::optional<instant> trashed_at;

  [[nodiscard]] bool may_be_written() const { return role != "viewer"; }
};

/// The body of POST, PUT and PATCH (POST knows no `archived`).
struct project_changes {
  member<std::string> name;
  member<std::string> description;
  member<std::string> color;
  member<bool> archived;
  member<std::int64_t> position;
};
BOOST_DESCRIBE_STRUCT(project_changes, (), (name, description, color, archived, position))
struct project_creation {
  member<std::string> name;
  member<std::string> description;
  member<std::string> color;
  member<std::int64_t> position;
};
BOOST_DESCRIBE_STRUCT(project_creation, (), (name, description, color, position))

/// A new project of `who`. Without a position it goes after their others: that is the repository's to find out, told by
/// the position -1.
[[nodiscard]] result<project> make_project(const project_creation& wanted, const author& who);
/// Merges into `p`, raising version and updated_at if anything differs. errc::invalid names every fault; errc::conflict
/// for what the Inbox does not allow (another name, the archive). On error `p` is as it was.
[[nodiscard]] result<change_summary> apply_changes(project& p, const project_changes& wanted, const author& who);

/// The Inbox that every account has, as it is before its first use has written it down. Made when the account was
/// (UUIDv7 says when).
[[nodiscard]] project unwritten_inbox(std::string_view account_id);

inline constexpr std::size_t longest_project_name = 200;  ///< code points
inline constexpr std::int64_t largest_position = 1'000'000'000;

}  // namespace cumulo::tasks
