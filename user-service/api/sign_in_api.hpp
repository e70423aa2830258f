#pragma once
// GET /registration; POST /register, /login, /token/refresh, /logout.
#include <string>

#include "platform/auth/authenticator.hpp"
#include "platform/auth/password.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"
#include "user-service/api/registration_mode.hpp"
#include "user-service/api/session_issuer.hpp"
#include "user-service/api/wire.hpp"
#include "user-service/domain/revocation_board.hpp"
#include "user-service/domain/sign_in_throttle.hpp"
#include "user-service/storage/account_store.hpp"
#include "user-service/storage/session_store.hpp"

namespace cumulo::users::api {

class sign_in_api {
 public:
  struct parts {
    storage::account_store& accounts;
    storage::session_store& sessions;
    const session_issuer& issuer;
    auth::password_hasher& passwords;
    sign_in_throttle& throttle;
    revocation_board& revocations;
    auth::authenticator& verifier;
    service::idempotency& repeats;
    const clock& time;
    lifetimes lives;
    registration_mode mode;
    std::string public_url;
  };
  /// Everything referred to outlives it.
  explicit sign_in_api(parts p) : p_(std::move(p)) {}

  awaitable<result<>> get_registration(const http::request& r, http::response& answer);
  awaitable<result<>> register_account(const http::request& r, http::response& answer);
  awaitable<result<>> log_in(const http::request& r, http::response& answer);
  awaitable<result<>> refresh(const http::request& r, http::response& answer);
  awaitable<result<>> log_out(const http::request& r, http::response& answer);

 private:
  awaitable<result<>> may_register(const registration_body& body);
  awaitable<result<>> create_account(const http::request& r, http::response& answer, const registration_body& body,
                                     service::idempotency_record* record);
  struct proven_account {
    storage::credentials credentials;
    session_issuer::signed_session session;  ///< signed where the password was verified, off the I/O threads
  };
  /// The account whose password this is. errc::unauthenticated with one detail and one timing for every other case.
  awaitable<result<proven_account>> prove(const http::request& r, const credentials_body& body);

  parts p_;
};

}  // namespace cumulo::users::api
