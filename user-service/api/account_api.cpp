#include "user-service/api/account_api.hpp"

#include "platform/core/id.hpp"
#include "platform/http/address.hpp"
#include "platform/json/read.hpp"
#include "user-service/api/support.hpp"
#include "user-service/domain/rules.hpp"
#include "user-service/domain/token_rules.hpp"

namespace cumulo::users::api {

namespace {

std::vector<fault> check_profile(const profile_body& body) {
  std::vector<fault> faults;
  if (body.name.has_value()) check_name(*body.name, "/name", faults);
  if (body.timezone.has_value()) check_timezone(*body.timezone, "/timezone", faults);
  if (body.locale.has_value()) check_locale(*body.locale, "/locale", faults);
  return faults;
}

token_item to_wire(const personal_token& t) {
  return {.id = t.id,
          .name = t.name,
          .scopes = t.scopes,
          .created_at = t.created_at,
          .expires_at = t.expires_at,
          .token = {}};
}

std::optional<std::string> none_if_empty(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

}  // namespace

awaitable<result<storage::credentials>> account_api::self(const http::request& r) {
  auto found = co_await p_.accounts.find(r.caller().account_id);
  if (!found || !found->who.is_active()) co_return error{errc::unauthenticated, "The account is no longer active."};
  co_return std::move(*found);
}

awaitable<result<>> account_api::prove_again(const http::request& r, const storage::credentials& who,
                                             std::string password, std::string_view pointer) {
  const auto admitted = p_.throttle.admit(who.who.id, http::client_network(r.client_address()));
  if (!admitted) co_return admitted.error();
  const auto right = co_await p_.passwords.verify(std::move(password), who.password_hash);
  if (!right) co_return right.error();
  if (!*right) {
    co_return error{errc::invalid,
                    "The password is wrong.",
                    {{std::string{pointer}, "wrong_password", "This is not the account's password."}}};
  }
  p_.throttle.succeeded(who.who.id, http::client_network(r.client_address()));
  co_return result<>{};
}

awaitable<result<>> account_api::get_profile(const http::request& r, http::response& answer) {
  const auto found = co_await self(r);
  if (!found) co_return found.error();
  if (answer.etag(r, std::to_string(found->who.version))) co_return result<>{};
  json::write(answer.body(), to_wire(found->who));
  co_return result<>{};
}

awaitable<result<>> account_api::change_profile(const http::request& r, http::response& answer) {
  auto body = json::read_checked<profile_body>(r.body(), check_profile);
  if (!body) co_return body.error();
  const auto found = co_await self(r);
  if (!found) co_return found.error();
  const auto version = expected_version(r, found->who);
  if (!version) co_return version.error();

  account now = found->who;
  if (!body->name.is_absent() || !body->timezone.is_absent() || !body->locale.is_absent()) {
    const storage::profile_change what{body->name, body->timezone, body->locale};
    const change when = change_of(r, p_.time);
    const auto changed = co_await p_.accounts.update_profile(now.id, what, *version, when);
    if (!changed) co_return changed.error();
    now = *changed;
  }
  answer.etag(r, std::to_string(now.version));
  json::write(answer.body(), to_wire(now));
  co_return result<>{};
}

awaitable<result<>> account_api::change_password(const http::request& r, http::response& answer) {
  const auto found = co_await self(r);
  if (!found) co_return found.error();
  const account& who = found->who;
  const auto check = [&](const password_change_body& b) {
    std::vector<fault> faults;
    check_length(b.current_password, max_password, "/current_password", faults);
    check_password(b.new_password, {who.email, who.name ? std::string_view{*who.name} : std::string_view{}},
                   "/new_password", faults);
    return faults;
  };
  const auto body = json::read_checked<password_change_body>(r.body(), check);
  if (!body) co_return body.error();
  const auto proved = co_await prove_again(r, *found, body->current_password, "/current_password");
  if (!proved) co_return proved.error();
  const auto hash = co_await p_.passwords.hash(body->new_password);
  if (!hash) co_return hash.error();
  const change when = change_of(r, p_.time);
  const auto ended =
      co_await p_.accounts.change_password(who.id, found->password_hash, *hash, r.caller().credential_id, when);
  if (!ended) co_return ended.error();
  p_.revocations.end(*ended);
  answer.status(204);
  co_return result<>{};
}

awaitable<result<>> account_api::request_erasure(const http::request& r, http::response& answer) {
  const auto check = [](const erasure_body& b) {
    std::vector<fault> faults;
    check_length(b.password, max_password, "/password", faults);
    return faults;
  };
  const auto body = json::read_checked<erasure_body>(r.body(), check);
  if (!body) co_return body.error();
  const auto found = co_await self(r);
  if (!found) co_return found.error();
  const auto proved = co_await prove_again(r, *found, body->password, "/password");
  if (!proved) co_return proved.error();
  const change when = change_of(r, p_.time);
  const instant erase_at = when.at + p_.lives.erasure_grace;
  const auto outcome = co_await p_.authority.request_erasure(found->who.id, erase_at, when);
  if (!outcome) co_return outcome.error();
  p_.revocations.end(outcome->ended);
  p_.revocations.end({found->who.id});
  if (uses_cookie(r)) clear_cookie(r, answer);
  answer.status(202);
  json::write(answer.body(), erasure_answer{erase_at});
  co_return result<>{};
}

awaitable<result<>> account_api::list_sessions(const http::request& r, http::response& answer) {
  http::query_reader query{r};
  const auto which = page_of(query, "session");
  const auto fine = query.finish();
  if (!fine) co_return fine.error();
  const auto found = co_await p_.sessions.list_sessions(r.caller().account_id, p_.time.now(), which);
  std::vector<session_item> items;
  for (const auto& s : found) {
    items.push_back({.id = s.id,
                     .created_at = s.created_at,
                     .last_used_at = s.last_used_at,
                     .expires_at = s.expires_at,
                     .user_agent = none_if_empty(s.user_agent),
                     .address = none_if_empty(s.address),
                     .current = s.id == r.caller().credential_id});
  }
  write_list(r, answer, "session", which, std::move(items));
  co_return result<>{};
}

awaitable<result<>> account_api::end_session(const http::request& r, http::response& answer) {
  const auto id = id_of(r, "session");
  if (!id) co_return id.error();
  const change when = change_of(r, p_.time);
  const auto ended = co_await p_.sessions.end_session(*id, r.caller().account_id, "ended_by_owner", when);
  if (!ended) co_return ended.error();
  p_.revocations.end({*id});
  answer.status(204);
  co_return result<>{};
}

awaitable<result<>> account_api::list_tokens(const http::request& r, http::response& answer) {
  http::query_reader query{r};
  const auto which = page_of(query, "token");
  const auto fine = query.finish();
  if (!fine) co_return fine.error();
  const auto found = co_await p_.sessions.list_tokens(r.caller().account_id, p_.time.now(), which);
  std::vector<token_item> items;
  for (const auto& t : found) items.push_back(to_wire(t));
  write_list(r, answer, "token", which, std::move(items));
  co_return result<>{};
}

awaitable<result<>> account_api::create_token(const http::request& r, http::response& answer) {
  const change when = change_of(r, p_.time);
  const auto check = [&](const token_body& b) {
    return check_token({b.name, b.scopes, b.expires_at, b.expires_in_days}, r.caller().administrator, when.at,
                       p_.lives);
  };
  const auto body = json::read_checked<token_body>(r.body(), check);
  if (!body) co_return body.error();
  const auto found = co_await self(r);
  if (!found) co_return found.error();

  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const personal_token made{
        .id = new_id(),
        .account_id = found->who.id,
        .name = body->name,
        .scopes = body->scopes,
        .created_at = when.at,
        .expires_at =
            expiry_of_token({body->name, body->scopes, body->expires_at, body->expires_in_days}, when.at, p_.lives)};
    const auto text = p_.issuer.sign(found->who, made, when.at);
    if (!text) co_return text.error();
    token_item item = to_wire(made);
    item.token = *text;
    answer.status(201);
    answer.header("Location", "/api/v1/tokens/" + made.id);
    answer.header("Cache-Control", "no-store");
    json::write(answer.body(), item);
    if (record != nullptr) record->seal(answer, true);
    const auto created = co_await p_.sessions.create_token(made, when, record);
    if (!created) answer.clear();
    co_return created;
  };
  co_return co_await p_.repeats.run(r, answer, std::move(work));
}

awaitable<result<>> account_api::revoke_token(const http::request& r, http::response& answer) {
  const auto id = id_of(r, "token");
  if (!id) co_return id.error();
  const change when = change_of(r, p_.time);
  const auto revoked = co_await p_.sessions.revoke_token(*id, r.caller().account_id, when);
  if (!revoked) co_return revoked.error();
  p_.revocations.end({*id});
  answer.status(204);
  co_return result<>{};
}

}  // namespace cumulo::users::api
