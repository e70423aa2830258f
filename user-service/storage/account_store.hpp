#pragma once
// Accounts: found, founded, changed by their owner. Arguments passed by reference outlive the awaited call. What is
// broken beneath (database away, disk full) is thrown as sql::database_error by every method.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/json/member.hpp"
#include "user-service/storage/writes.hpp"

namespace cumulo::users::storage {

struct credentials {
  account who;
  std::string password_hash;
};

/// Everything that comes into being with an account, in one transaction.
struct registration {
  account who;
  std::string password_hash;
  bool founds{false};                            ///< as the installation's first account, its administrator
  std::optional<std::string> invitation_hash{};  ///< of the invitation's token, which this uses up
  std::optional<new_session> opened{};
  std::optional<new_link> verification{};
};

struct profile_change {
  json::member<std::string> name{};
  json::member<std::string> timezone{};
  json::member<std::string> locale{};
};

/// A page of a list, the newest first; `before` is the id it continues after, empty at first.
struct page {
  std::string before{};
  int limit{50};
};

class account_store {
 public:
  account_store(sql::database& store, lifetimes lives) : store_(store), lives_(lives) {}

  /// Has the installation its first account? Once true, always true.
  awaitable<bool> is_founded();
  awaitable<std::optional<credentials>> find_by_email(std::string email);
  awaitable<std::optional<credentials>> find(std::string id);

  /// errc::conflict if the e-mail address is taken; errc::gone if the invitation is used, expired, unknown or for
  /// another address; errc::precondition_failed if `founds` and another account was first: register again as a member.
  awaitable<result<>> register_account(const registration& what, const change& when, answer_record record);

  /// errc::not_found; errc::precondition_failed if `expected_version` is given and another.
  awaitable<result<account>> update_profile(std::string_view id, profile_change what,
                                            std::optional<std::int64_t> expected_version, const change& when);

  /// Sets the hash if it still is `old_hash` (errc::conflict: it was changed meanwhile) and ends all sessions but
  /// `kept`. Returns the ended ones.
  awaitable<result<std::vector<std::string>>> change_password(const std::string& id, std::string_view old_hash,
                                                              std::string_view new_hash, const std::string& kept,
                                                              const change& when);
  /// The same password under new settings: nobody needs to know.
  awaitable<void> rehash_password(std::string_view id, std::string_view old_hash, std::string_view new_hash);

  /// Accounts whose e-mail address or name contains `filter` (all if empty).
  awaitable<std::vector<account>> list(std::string filter, page which);

 private:
  sql::database& store_;
  lifetimes lives_;
};

}  // namespace cumulo::users::storage
