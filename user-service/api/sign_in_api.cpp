#include "user-service/api/sign_in_api.hpp"

#include "platform/core/id.hpp"
#include "platform/http/address.hpp"
#include "platform/json/read.hpp"
#include "platform/observe/log.hpp"
#include "user-service/api/support.hpp"
#include "user-service/domain/links.hpp"
#include "user-service/domain/rules.hpp"

namespace cumulo::users::api {

namespace {

std::vector<fault> check_registration(const registration_body& body) {
  std::vector<fault> faults;
  check_email(body.email, "/email", faults);
  check_password(body.password, {body.email, body.name ? std::string_view{*body.name} : std::string_view{}},
                 "/password", faults);
  if (body.name) check_name(*body.name, "/name", faults);
  if (body.timezone) check_timezone(*body.timezone, "/timezone", faults);
  if (body.locale) check_locale(*body.locale, "/locale", faults);
  if (body.invitation) check_length(*body.invitation, 200, "/invitation", faults);
  return faults;
}

std::vector<fault> check_credentials(const credentials_body& body) {
  std::vector<fault> faults;
  check_length(body.email, max_email, "/email", faults);
  check_length(body.password, max_password, "/password", faults);
  return faults;
}

error wrong_credentials() { return {errc::unauthenticated, "The e-mail address or the password is wrong."}; }

error void_refresh_token() { return {errc::unauthenticated, "The session is over. Sign in again."}; }

/// The refresh token of the body or, in cookie mode, of the cookie; empty if there is none.
result<std::string> read_refresh_token(const http::request& r) {
  if (r.body().empty()) return cookie_token(r);
  const auto body = json::read<refresh_body>(r.body());
  if (!body) return body.error();
  return body->refresh_token ? *body->refresh_token : cookie_token(r);
}

}  // namespace

awaitable<result<>> sign_in_api::register_account(const http::request& r, http::response& answer) {
  const auto body = json::read_checked<registration_body>(r.body(), check_registration);
  if (!body) co_return body.error();
  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const auto allowed = co_await may_register(*body);
    if (!allowed) co_return allowed.error();
    co_return co_await create_account(r, answer, *body, record);
  };
  co_return co_await p_.repeats.run(r, answer, std::move(work));
}

awaitable<result<>> sign_in_api::get_registration(const http::request& /*r*/, http::response& answer) {
  json::write(answer.body(), registration_answer{p_.mode});
  co_return result<>{};
}

awaitable<result<>> sign_in_api::may_register(const registration_body& body) {
  if (p_.mode == registration_mode::open) co_return result<>{};
  if (p_.mode == registration_mode::closed) co_return error{errc::forbidden, "Registration is closed here."};
  if (body.invitation) co_return result<>{};
  // Somebody has to be the first to invite others.
  const bool founded = co_await p_.accounts.is_founded();
  if (founded) co_return error{errc::forbidden, "Registration is by invitation here."};
  co_return result<>{};
}

awaitable<result<>> sign_in_api::create_account(const http::request& r, http::response& answer,
                                                const registration_body& body, service::idempotency_record* record) {
  const auto hash = co_await p_.passwords.hash(body.password);
  if (!hash) co_return hash.error();
  const change when = change_of(r, p_.time);
  for (;;) {
    const bool founded = co_await p_.accounts.is_founded();
    storage::registration made{.who = {.id = new_id(),
                                       .email = body.email,
                                       .name = body.name,
                                       .timezone = body.timezone.value_or("UTC"),
                                       .locale = body.locale.value_or("en"),
                                       .role = founded ? role::member : role::administrator,
                                       .created_at = when.at,
                                       .updated_at = when.at},
                               .password_hash = *hash,
                               .founds = !founded};
    if (body.invitation) made.invitation_hash = hash_secret(*body.invitation);
    auto access = p_.issuer.sign_new(made.who, when.at);
    if (!access) co_return access.error();
    const auto session = p_.issuer.open(std::move(*access), made.who, r, when.at);
    made.opened = session.opened;
    const auto proof = make_one_time_token(purpose::email_verification, made.who, when.at, p_.lives);
    made.verification = storage::new_link{proof, link_of(proof, p_.public_url)};

    answer.clear();
    answer.status(201);
    answer.header("Location", "/api/v1/profile");
    p_.issuer.answer(r, answer, made.who, session.access, session.refresh);
    if (record != nullptr) record->seal(answer, true);
    const auto registered = co_await p_.accounts.register_account(made, when, record);
    if (registered) co_return result<>{};
    answer.clear();
    if (registered.error().code != errc::precondition_failed) co_return registered.error();
  }
}

awaitable<result<sign_in_api::proven_account>> sign_in_api::prove(const http::request& r,
                                                                  const credentials_body& body) {
  const std::string key = normalise_email(body.email);
  const auto admitted = p_.throttle.admit(key, http::client_network(r.client_address()));
  if (!admitted) co_return admitted.error();
  auto found = co_await p_.accounts.find_by_email(key);
  std::string stored;  // empty for an unknown address: verified against a decoy, in the same time
  if (found) stored = found->password_hash;
  std::optional<result<session_issuer::signed_session>> session;
  std::function<void()> sign = [&] { session = p_.issuer.sign_new(found->who, p_.time.now()); };
  const auto right = co_await p_.passwords.verify(body.password, stored, std::move(sign));
  if (!right) co_return right.error();
  if (!*right || !found) co_return wrong_credentials();
  if (found->who.erase_at && *found->who.erase_at <= p_.time.now()) co_return wrong_credentials();
  p_.throttle.succeeded(key, http::client_network(r.client_address()));
  // Only who knows the password learns this.
  if (found->who.disabled_at) co_return error{errc::forbidden, "This account is disabled. Ask an administrator."};
  if (!*session) co_return session->error();
  co_return proven_account{std::move(*found), std::move(**session)};
}

awaitable<result<>> sign_in_api::log_in(const http::request& r, http::response& answer) {
  const auto body = json::read_checked<credentials_body>(r.body(), check_credentials);
  if (!body) co_return body.error();
  auto proved = co_await prove(r, *body);
  if (!proved) co_return proved.error();
  account who = proved->credentials.who;
  const bool restores = who.erase_at.has_value();
  who.erase_at.reset();

  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const change when = change_of(r, p_.time);
    const auto session = p_.issuer.open(proved->session, who, r, when.at);
    p_.issuer.answer(r, answer, who, session.access, session.refresh);
    if (record != nullptr) record->seal(answer, true);
    const storage::session_store::opening opening{session.opened, proved->credentials.password_hash, who.role,
                                                  restores};
    const auto opened = co_await p_.sessions.open_session(opening, when, record);
    if (!opened) {
      answer.clear();
      co_return wrong_credentials();
    }
    co_return result<>{};
  };
  const auto done = co_await p_.repeats.run(r, answer, std::move(work));
  if (!done) co_return done.error();
  if (restores) p_.revocations.restore(who.id);
  if (p_.passwords.needs_rehash(proved->credentials.password_hash)) {
    const auto hash = co_await p_.passwords.hash(body->password);
    if (hash) co_await p_.accounts.rehash_password(who.id, proved->credentials.password_hash, *hash);
  }
  co_return result<>{};
}

awaitable<result<>> sign_in_api::refresh(const http::request& r, http::response& answer) {
  const auto text = read_refresh_token(r);
  if (!text) co_return text.error();
  const auto used = parse_refresh_token(*text);
  if (!used) co_return void_refresh_token();

  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const change when = change_of(r, p_.time);
    const auto found = co_await p_.sessions.find_by_family(used->family_hash(), when.at);
    if (!found) co_return void_refresh_token();
    const auto next = next_turn(*used);
    const auto access = p_.issuer.sign(found->who, found->what.id, when.at);
    if (!access) co_return access.error();
    p_.issuer.answer(r, answer, found->who, *access, next);
    if (record != nullptr) record->seal(answer, true);

    const storage::session_store::renewal renewal{.family_hash = used->family_hash(),
                                                  .used_hash = used->turn_hash(),
                                                  .next_hash = next.turn_hash(),
                                                  .address = std::string{r.client_address()}};
    const auto outcome = co_await p_.sessions.rotate(renewal, when, record);
    if (outcome == storage::rotation::rotated) co_return result<>{};
    answer.clear();
    if (outcome == storage::rotation::reused) {
      p_.revocations.end({found->what.id});
      log::warn("refresh token used twice; session ended",
                {{"session_id", found->what.id}, {"account_id", found->who.id}, {"peer", r.client_address()}});
    }
    co_return void_refresh_token();
  };
  co_return co_await p_.repeats.run(r, answer, std::move(work));
}

awaitable<result<>> sign_in_api::log_out(const http::request& r, http::response& answer) {
  const auto text = read_refresh_token(r);
  if (!text) co_return text.error();
  const change when = change_of(r, p_.time);
  std::string session_id;
  std::string account_id;
  if (const auto token = parse_refresh_token(*text)) {
    const auto found = co_await p_.sessions.find_by_family(token->family_hash(), when.at);
    if (found) {
      session_id = found->what.id;
      account_id = found->who.id;
    }
  }
  const auto authorization = r.header("authorization");
  if (text->empty() && !authorization.empty()) {
    const auto caller = p_.verifier.authenticate(authorization.substr(std::min<std::size_t>(7, authorization.size())));
    if (!caller) co_return caller.error();
    if (!(*caller)->is_session) {
      co_return error{errc::forbidden, "A personal access token has no session; DELETE /tokens/{id} revokes it."};
    }
    session_id = (*caller)->credential_id;
    account_id = (*caller)->account_id;
  }
  if (!session_id.empty()) {
    // That it is over already is no error.
    (void)co_await p_.sessions.end_session(session_id, account_id, "signed_out", when);
    p_.revocations.end({session_id});
  }
  if (uses_cookie(r)) clear_cookie(r, answer);
  answer.status(204);
  co_return result<>{};
}

}  // namespace cumulo::users::api
