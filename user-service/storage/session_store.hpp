#pragma once
// Sessions and personal access tokens: opened, renewed, ended. Arguments passed by reference outlive the awaited call;
// broken infrastructure is thrown as sql::database_error.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "user-service/storage/account_store.hpp"
#include "user-service/storage/writes.hpp"

namespace cumulo::users::storage {

/// What a refresh token leads to, before it is used.
struct refreshable {
  account who;
  session what;
};

enum class rotation {
  rotated,   ///< the new refresh token is the session's only one
  refused,   ///< no such session, or it has expired, or its account may not be used
  repeated,  ///< the same request, under the same Idempotency-Key, was answered meanwhile
  reused,    ///< the token had been used before: the session is ended now (RFC 9700 §4.14.2)
};

/// How many personal access tokens an account may have, and create within the window. Revoked ones stay in the list
/// that all services hold in memory until they would have expired: this bounds what one account puts there.
inline constexpr std::int64_t most_live_tokens = 50;
inline constexpr std::int64_t most_tokens_a_day = 100;
inline constexpr std::chrono::milliseconds token_window{std::chrono::hours{24}};

class session_store {
 public:
  session_store(sql::database& store, lifetimes lives) : store_(store), lives_(lives) {}

  /// Signs in an account whose password was just verified against `verified_hash`; takes a requested erasure back.
  /// errc::unauthenticated if the password, the role or the account's state changed meanwhile.
  struct opening {
    new_session opened;
    std::string verified_hash;
    role signed_role{};    ///< which the access token says
    bool restores{false};  ///< the account was found waiting for its erasure
  };
  awaitable<result<>> open_session(const opening& what, const change& when, answer_record record);

  /// The session of a refresh token's family; nothing if there is none that is good.
  awaitable<std::optional<refreshable>> find_by_family(std::string family_hash, instant now);

  /// Replaces the current turn of a family by the next, in one transaction with the record. A legitimate client that
  /// repeats a lost request without an Idempotency-Key cannot be told from a thief: it is `reused`, too.
  struct renewal {
    std::string family_hash;
    std::string used_hash;
    std::string next_hash;
    std::string address;
  };
  awaitable<rotation> rotate(const renewal& what, const change& when, answer_record record);

  /// Ends one session of this account; errc::not_found if it has none such.
  awaitable<result<>> end_session(const std::string& id, const std::string& account_id, std::string_view reason,
                                  const change& when);
  awaitable<std::vector<session>> list_sessions(std::string_view account_id, instant now, page which);

  /// errc::unauthenticated if the session that asks has ended; errc::conflict if the account has most_live_tokens
  /// already; errc::too_many_requests, with the time to wait, if it created most_tokens_a_day within token_window,
  /// revoked ones counted.
  awaitable<result<>> create_token(const personal_token& made, const change& when, answer_record record);
  /// errc::not_found if the account has none such.
  awaitable<result<>> revoke_token(const std::string& id, const std::string& account_id, const change& when);
  awaitable<std::vector<personal_token>> list_tokens(std::string_view account_id, instant now, page which);

  /// Ids whose tokens may be unexpired and are no longer good.
  awaitable<std::vector<std::string>> list_revoked(instant now);
  /// How many accounts have used a session since `since` (to within an access token's life).
  awaitable<std::int64_t> count_active(instant since);
  /// Deletes sessions, tokens and revocations that have expired, and devices long unused.
  awaitable<void> sweep(instant now);

 private:
  /// The common case, as one write that needs no retry however many sign in to one account at once.
  awaitable<result<>> open_at_once(const opening& what, const change& when);
  awaitable<bool> replace_turn(const renewal& what, const change& when, answer_record record);

  sql::database& store_;
  lifetimes lives_;
};

}  // namespace cumulo::users::storage
