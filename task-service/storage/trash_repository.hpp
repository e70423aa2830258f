#pragma once
// The trash, what leaves it for good, and what goes with an account. Callable on any I/O thread; throws
// sql::database_error. Much is erased in pieces, a transaction each, so that writers in between do not wait long; what
// a stop leaves behind goes the next time.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "platform/bus/bus.hpp"
#include "platform/core/async.hpp"
#include "platform/core/clock.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/result.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::tasks {

enum class trash_kind : std::uint8_t { task, project };

struct trash_item {
  std::string_view id;
  trash_kind kind;
  std::string_view title;
  std::optional<std::string_view> project_id;  ///< a task's
  instant deleted_at;
};

/// Something that left the trash for good.
struct erased_item {
  trash_kind kind;
  std::string_view id;
  std::string_view space_id;
};

struct trash_position {
  std::int64_t deleted_at;
  std::string id;
};

class trash_repository {
 public:
  /// Tells of something erased: an event for the outbox.
  using announcement = function_ref<bus::event(const erased_item& gone)>;

  explicit trash_repository(sql::database& store) : store_(store) {}

  /// At most `limit` tasks and projects in the trash that the caller may see, the last deleted first; the position for
  /// the next page, if there is one.
  [[nodiscard]] awaitable<std::optional<trash_position>> list_trash(std::string_view account_id,
                                                                    std::optional<trash_position> after, int limit,
                                                                    function_ref<void(const trash_item&)> sink);

  /// Erases one task, or one project with its tasks. errc::not_found if it is not in the trash or not the caller's to
  /// see; errc::forbidden if they may see it, but not erase it.
  [[nodiscard]] awaitable<result<>> erase_from_trash(std::string_view account_id, std::string_view id,
                                                     announcement announce);
  /// Erases all in the trash that the caller may erase.
  [[nodiscard]] awaitable<void> empty_trash(std::string_view account_id, announcement announce);
  /// Erases what was put there before `then`, or a part of it if `stopping` says so between two pieces; how much.
  [[nodiscard]] awaitable<std::uint64_t> purge_trash(instant then, announcement announce,
                                                     const std::function<bool()>& stopping);
  /// Erases what erase_account() has left, or a part of it if `stopping` says so between two pieces.
  [[nodiscard]] awaitable<void> erase_rest(const std::function<bool()>& stopping);

 private:
  awaitable<std::uint64_t> erase_tasks(const sql::statement& which, std::span<const sql::param> values,
                                       announcement announce, function_ref<bool()> stopping);
  awaitable<std::uint64_t> erase_projects(const sql::statement& which, std::span<const sql::param> values,
                                          announcement announce, function_ref<bool()> stopping);
  sql::database& store_;
};

/// Deletes an account's memberships, so that it is nobody's from then on, the answers kept for its retries, and a first
/// piece of its space, within `tx`. Whatever is more is noted there, and goes with erase_rest().
[[nodiscard]] awaitable<void> erase_account(sql::engine kind, sql::transaction& tx, std::string_view account_id);

}  // namespace cumulo::tasks
