#pragma once
// What an administrator tells everyone. Methods throw sql::database_error; the static ones run within the job's
// transaction.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "notification-service/domain/message.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/result.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

enum class announcement_status {
  sending,    ///< some accounts have it, the others get it
  sent,       ///< all that there were when it was made
  cancelled,  ///< nobody gets it any more; who has it keeps it
};
[[nodiscard]] std::string_view to_text(announcement_status status);

struct announcement {
  std::string id;
  content says;
  std::string created_by;
  instant created_at{};
  announcement_status status{announcement_status::sending};
  std::string reached{};  ///< the last account that was told
  std::int64_t told{0};
  instant updated_at{};
};

class announcement_repository {
 public:
  explicit announcement_repository(sql::database& store) : store_(store) {}

  /// With `also` (the idempotency record) in one transaction.
  awaitable<void> announce(const announcement& what, std::span<const sql::command> also);
  awaitable<std::optional<announcement>> find(const std::string& id);
  /// The newest first, those before `before` (an id; empty: all).
  awaitable<std::vector<announcement>> list(const std::string& before, int limit);
  /// errc::not_found; errc::conflict if all have been told. Cancelling it again changes nothing. What `seal` returns
  /// for its new state is written along.
  awaitable<result<announcement>> cancel(const std::string& id, instant now,
                                         function_ref<std::optional<sql::command>(const announcement&)> seal);

  /// The oldest that is being sent.
  static awaitable<std::optional<announcement>> next_to_send(sql::transaction& tx);
  /// Accounts that are to be told next, in their order; none: all have been.
  static awaitable<std::vector<std::string>> next_accounts(sql::transaction& tx, const announcement& what, int limit);
  /// False if another replica has gone on meanwhile, or it was cancelled.
  static awaitable<bool> advance(sql::transaction& tx, const announcement& what,
                                 const std::vector<std::string>& accounts, instant now);

 private:
  sql::database& store_;
};

}  // namespace cumulo::notifications
