#pragma once
// One-time links (verification of an address, a new password) and invitations. Only hashes of their secrets are stored.
// Arguments passed by reference outlive the awaited call.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "user-service/storage/account_store.hpp"
#include "user-service/storage/writes.hpp"

namespace cumulo::users::storage {

class link_store {
 public:
  link_store(sql::database& store, lifetimes lives) : store_(store), lives_(lives) {}

  /// Issues the link if `who` is given and the address had none for a while. Does the same work otherwise, so that the
  /// time does not tell whether there is an account: `address` is what the request named.
  awaitable<void> request_link(std::string_view address, std::optional<account> who, const new_link& made,
                               const change& when, answer_record record);
  /// Issues a link that the administrator hands over: no event asks for its delivery.
  awaitable<void> issue_link(const new_link& made);

  /// Uses the token up. errc::gone if it is unknown, used, expired, or the account's address is no longer the one it
  /// was sent to.
  awaitable<result<>> verify_email(std::string_view secret, const change& when, answer_record record);
  /// The same, sets the new password, ends all sessions and personal access tokens and returns their ids: whoever had
  /// the account before has nothing of it left. The address is verified thereby.
  struct reset {
    std::string account_id;
    std::vector<std::string> ended;
  };
  awaitable<result<reset>> reset_password(std::string_view secret, std::string_view new_hash, const change& when,
                                          answer_record record);
  /// Whose password the token would set; nothing if it would not. Uses nothing up.
  awaitable<std::optional<account>> find_reset(std::string_view secret, instant now);

  /// errc::unauthenticated if the session that asks has ended.
  awaitable<result<>> create_invitation(const invitation& made, std::string_view token_hash, const change& when,
                                        answer_record record);
  /// errc::unauthenticated if the session that asks has ended; errc::not_found if the invitation is not open.
  awaitable<result<>> withdraw_invitation(std::string_view id, const change& when);
  awaitable<std::vector<invitation>> list_invitations(instant now, page which);

  /// Deletes what expired more than a month ago: until then its use is told from that of an unknown one in the logs.
  awaitable<void> sweep(instant now);

 private:
  sql::database& store_;
  lifetimes lives_;
};

}  // namespace cumulo::users::storage
