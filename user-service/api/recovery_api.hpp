#pragma once
// One-time links: proof of an e-mail address, and a new password.
#include <string>

#include "platform/auth/password.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"
#include "user-service/domain/revocation_board.hpp"
#include "user-service/storage/account_store.hpp"
#include "user-service/storage/link_store.hpp"

namespace cumulo::users::api {

class recovery_api {
 public:
  struct parts {
    storage::account_store& accounts;
    storage::link_store& links;
    auth::password_hasher& passwords;
    revocation_board& revocations;
    service::idempotency& repeats;
    const clock& time;
    lifetimes lives;
    std::string public_url;
  };
  /// Everything referred to outlives it.
  explicit recovery_api(parts p) : p_(std::move(p)) {}

  awaitable<result<>> request_verification(const http::request& r, http::response& answer);
  awaitable<result<>> verify_email(const http::request& r, http::response& answer);
  /// The same answer, and the same work, whether or not the address has an account.
  awaitable<result<>> request_reset(const http::request& r, http::response& answer);
  awaitable<result<>> reset_password(const http::request& r, http::response& answer);

 private:
  [[nodiscard]] storage::new_link make_link(purpose what, const account& who, instant now) const;

  parts p_;
};

}  // namespace cumulo::users::api
