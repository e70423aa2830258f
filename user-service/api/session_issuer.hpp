#pragma once
// Makes sessions and their tokens, and puts them into answers.
#include <optional>
#include <string>

#include "platform/http/message.hpp"
#include "user-service/api/wire.hpp"
#include "user-service/domain/key_ring.hpp"
#include "user-service/domain/lifetimes.hpp"
#include "user-service/domain/secrets.hpp"
#include "user-service/storage/writes.hpp"

namespace cumulo::users::api {

/// Any thread. The ring outlives it.
class session_issuer {
 public:
  session_issuer(const key_ring& keys, lifetimes lives) : keys_(keys), lives_(lives) {}

  /// The access token of a session that is yet to be opened.
  struct signed_session {
    std::string id;
    std::string access;
  };
  /// For a new session of this account. The signature takes 17 µs, and several times that with cold caches, as after a
  /// password hash: better not on an I/O thread.
  /// errc::unavailable while there is no signing key.
  [[nodiscard]] result<signed_session> sign_new(const account& who, instant now) const;

  struct issued {
    storage::new_session opened;
    refresh_token refresh;
    std::string access;
  };
  /// That session, on the device that asks.
  [[nodiscard]] issued open(signed_session what, const account& who, const http::request& r, instant now) const;
  /// The access token of a session.
  [[nodiscard]] result<std::string> sign(const account& who, const std::string& session_id, instant now) const;
  /// The text of a personal access token.
  [[nodiscard]] result<std::string> sign(const account& who, const personal_token& token, instant now) const;

  /// The body of a sign-in, and the refresh token where the client wants it: in the body, or in a cookie.
  void answer(const http::request& r, http::response& out, const account& who, const std::string& access,
              const refresh_token& refresh) const;

 private:
  const key_ring& keys_;
  lifetimes lives_;
};

/// Does the client keep its refresh token in a cookie? It says so by a field that no form and no foreign page can send,
/// which is also what guards the cookie against forged requests.
[[nodiscard]] bool uses_cookie(const http::request& r);
/// The refresh token of the cookie that this connection would set; empty if there is none, or the field is missing.
[[nodiscard]] std::string cookie_token(const http::request& r);
/// Has the browser forget the cookie.
void clear_cookie(const http::request& r, http::response& out);

}  // namespace cumulo::users::api
