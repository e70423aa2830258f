#pragma once
// What the caller does with their own account: profile, password, erasure, sessions, personal access tokens.
#include "platform/auth/password.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"
#include "user-service/api/session_issuer.hpp"
#include "user-service/domain/revocation_board.hpp"
#include "user-service/domain/sign_in_throttle.hpp"
#include "user-service/storage/account_store.hpp"
#include "user-service/storage/authority_store.hpp"
#include "user-service/storage/session_store.hpp"

namespace cumulo::users::api {

class account_api {
 public:
  struct parts {
    storage::account_store& accounts;
    storage::session_store& sessions;
    storage::authority_store& authority;
    const session_issuer& issuer;
    auth::password_hasher& passwords;
    sign_in_throttle& throttle;
    revocation_board& revocations;
    service::idempotency& repeats;
    const clock& time;
    lifetimes lives;
  };
  /// Everything referred to outlives it.
  explicit account_api(parts p) : p_(p) {}

  awaitable<result<>> get_profile(const http::request& r, http::response& answer);
  awaitable<result<>> change_profile(const http::request& r, http::response& answer);
  awaitable<result<>> change_password(const http::request& r, http::response& answer);
  awaitable<result<>> request_erasure(const http::request& r, http::response& answer);

  awaitable<result<>> list_sessions(const http::request& r, http::response& answer);
  awaitable<result<>> end_session(const http::request& r, http::response& answer);

  awaitable<result<>> list_tokens(const http::request& r, http::response& answer);
  awaitable<result<>> create_token(const http::request& r, http::response& answer);
  awaitable<result<>> revoke_token(const http::request& r, http::response& answer);

 private:
  /// The caller's account; errc::unauthenticated if it is no more.
  awaitable<result<storage::credentials>> self(const http::request& r);
  /// Proves the caller once more by their password; a wrong one is a fault at `pointer`.
  awaitable<result<>> prove_again(const http::request& r, const storage::credentials& who, std::string password,
                                  std::string_view pointer);

  parts p_;
};

}  // namespace cumulo::users::api
