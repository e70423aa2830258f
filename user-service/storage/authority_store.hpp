#pragma once
// What happens to an account from outside of its daily use: role, disabling, erasure. The last active administrator
// stays one, whatever runs in parallel. Arguments passed by reference outlive the awaited call.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/json/member.hpp"
#include "user-service/storage/writes.hpp"

namespace cumulo::users::storage {

struct authority_change {
  json::member<std::string> name{};
  std::optional<users::role> role{};
  std::optional<bool> disabled{};
};

/// The account as it is now, and the sessions and tokens that ended with its old state.
struct authority_outcome {
  account now{};
  std::vector<std::string> ended{};
  bool refused{false};   ///< the account's own id is in the revocations
  bool restored{false};  ///< it has left them
};

class authority_store {
 public:
  authority_store(sql::database& store, lifetimes lives) : store_(store), lives_(lives) {}

  /// errc::unauthenticated if the session that asks has ended; errc::not_found; errc::precondition_failed if
  /// `expected_version` is given and another; errc::conflict for the last active administrator. Disabling ends the
  /// sessions, and tokens rest until it is enabled again; taking the administrator's role ends sessions and tokens,
  /// since they carry it.
  awaitable<result<authority_outcome>> change_authority(const std::string& id, authority_change what,
                                                        std::optional<std::int64_t> expected_version,
                                                        const change& when);

  /// Ends the sessions and has the account erased at `erase_at`. errc::conflict for the last active administrator.
  awaitable<result<authority_outcome>> request_erasure(const std::string& id, instant erase_at, const change& when);

  /// Accounts whose time has come, at most 100.
  awaitable<std::vector<std::string>> due_for_erasure(instant now);
  /// Erases the account if its time has come (false if not: it was restored). Its id stays in the revocations.
  awaitable<bool> erase(const std::string& id, const change& when);

 private:
  awaitable<result<>> require_another_administrator(sql::transaction& tx, const std::string& id);

  sql::database& store_;
  lifetimes lives_;
};

}  // namespace cumulo::users::storage
