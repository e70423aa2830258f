#include "user-service/api/session_issuer.hpp"

#include "platform/core/id.hpp"
#include "platform/http/address.hpp"
#include "platform/json/write.hpp"
#include "user-service/api/support.hpp"

namespace cumulo::users::api {

namespace {

constexpr std::string_view secure_name =
    "__Host-cumulo_session";  // browsers take it only Secure, for "/" and this host
constexpr std::string_view plain_name = "cumulo_session";

/// Plain HTTP to this very machine: the one place where a cookie need not be Secure.
bool is_plain_loopback(const http::request& r) {
  static const http::network_list loopback{{"127.0.0.0/8", "::1"}};
  if (r.is_secure()) return false;
  const auto host = r.header("host");
  if (host.substr(0, host.find(':')) == "localhost") return true;
  const auto address = http::parse_address(host);
  return address && loopback.contains(*address);
}

/// The one name that this connection sets and reads: a plain cookie, which any neighbour on the host's domain or a
/// plain connection can plant, never stands in for the guarded one.
std::string_view cookie_name(const http::request& r) { return is_plain_loopback(r) ? plain_name : secure_name; }

void set_cookie(const http::request& r, http::response& out, std::string_view value, std::chrono::milliseconds age) {
  const bool plain = is_plain_loopback(r);
  std::string field{cookie_name(r)};
  field.append("=").append(value).append("; Path=/; Max-Age=");
  field += std::to_string(std::chrono::duration_cast<std::chrono::seconds>(age).count());
  field += plain ? "; HttpOnly; SameSite=Strict" : "; HttpOnly; Secure; SameSite=Strict";
  out.header("Set-Cookie", field);
}

auth::principal principal_of(const account& who, std::string credential_id, instant expires_at) {
  return {.account_id = who.id,
          .credential_id = std::move(credential_id),
          .administrator = who.role == role::administrator,
          .timezone = who.timezone,
          .locale = who.locale,
          .expires_at = expires_at};
}

}  // namespace

result<session_issuer::signed_session> session_issuer::sign_new(const account& who, instant now) const {
  std::string id = new_id();
  auto access = sign(who, id, now);
  if (!access) return access.error();
  return signed_session{std::move(id), std::move(*access)};
}

session_issuer::issued session_issuer::open(signed_session what, const account& who, const http::request& r,
                                            instant now) const {
  session s{.id = std::move(what.id),
            .account_id = who.id,
            .user_agent = device_of(r),
            .address = std::string{r.client_address()},
            .created_at = now,
            .last_used_at = now,
            .expires_at = now + lives_.session};
  auto refresh = new_refresh_token();
  storage::new_session opened{std::move(s), refresh.family_hash(), refresh.turn_hash()};
  return {std::move(opened), std::move(refresh), std::move(what.access)};
}

result<std::string> session_issuer::sign(const account& who, const std::string& session_id, instant now) const {
  return keys_.sign(principal_of(who, session_id, now + lives_.access_token), now);
}

result<std::string> session_issuer::sign(const account& who, const personal_token& token, instant now) const {
  auto holder = principal_of(who, token.id, token.expires_at);
  holder.is_session = false;
  holder.scopes = token.scopes;
  return keys_.sign(holder, now);
}

void session_issuer::answer(const http::request& r, http::response& out, const account& who, const std::string& access,
                            const refresh_token& refresh) const {
  signed_in body{.user = to_wire(who),
                 .access_token = access,
                 .refresh_token = {},
                 .token_type = "Bearer",
                 .expires_in = std::chrono::duration_cast<std::chrono::seconds>(lives_.access_token).count()};
  if (uses_cookie(r)) {
    set_cookie(r, out, refresh.text(), lives_.session);
  } else {
    body.refresh_token = refresh.text();
  }
  out.header("Cache-Control", "no-store");
  json::write(out.body(), body);
}

bool uses_cookie(const http::request& r) { return r.header("x-cumulo-session") == "cookie"; }

std::string cookie_token(const http::request& r) {
  if (!uses_cookie(r)) return {};
  return std::string{r.cookie(cookie_name(r))};
}

void clear_cookie(const http::request& r, http::response& out) { set_cookie(r, out, "", std::chrono::milliseconds{0}); }

}  // namespace cumulo::users::api
