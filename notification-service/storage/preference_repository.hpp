#pragma once
// What people choose, beside what events told of them. Methods run on an I/O thread and throw sql::database_error.
#include <cstdint>
#include <optional>
#include <string>

#include "notification-service/domain/preferences.hpp"
#include "notification-service/domain/texts.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/result.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

/// All that telling somebody needs to know of them. Of an account that no event has told of yet: the defaults.
struct profile {
  std::string account_id;
  notifications::reader reader{};
  bool erased{false};
  bool disabled{false};  ///< nothing is told or sent until it is enabled again
  preferences wanted{};
};

class preference_repository {
 public:
  explicit preference_repository(sql::database& store) : store_(store) {}

  awaitable<profile> find(const std::string& account_id);

  /// Within the transaction of an event or a job.
  static awaitable<profile> load(sql::transaction& tx, const std::string& account_id);

  /// Changes them by `merge`, gives them the next version, and has the next digest come when it is now wanted.
  /// errc::precondition_failed if `expected_version` is given and another; what `merge` refuses. `merge` runs inside
  /// the transaction, perhaps more than once: it touches nothing else.
  awaitable<result<preferences>> change(const std::string& account_id, std::optional<std::int64_t> expected_version,
                                        function_ref<result<>(preferences&)> merge, instant now);

 private:
  sql::database& store_;
};

}  // namespace cumulo::notifications
