#include "user-service/api/recovery_api.hpp"

#include "platform/json/read.hpp"
#include "user-service/api/support.hpp"
#include "user-service/domain/links.hpp"
#include "user-service/domain/rules.hpp"

namespace cumulo::users::api {

namespace {

using steady = std::chrono::steady_clock;

/// Longer than asking for a link takes: what it takes for a known address differs a little from that for an unknown
/// one.
constexpr std::chrono::milliseconds answer_after{100};

}  // namespace

storage::new_link recovery_api::make_link(purpose what, const account& who, instant now) const {
  auto token = make_one_time_token(what, who, now, p_.lives);
  auto link = link_of(token, p_.public_url);
  return {std::move(token), std::move(link)};
}

awaitable<result<>> recovery_api::request_verification(const http::request& r, http::response& answer) {
  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const auto found = co_await p_.accounts.find(r.caller().account_id);
    if (!found || !found->who.is_active()) co_return error{errc::unauthenticated, "The account is no longer active."};
    const change when = change_of(r, p_.time);
    answer.status(202);
    if (record != nullptr) record->seal(answer);
    std::optional<account> unproved;
    if (!found->who.email_verified_at) unproved = found->who;
    const auto link = make_link(purpose::email_verification, found->who, when.at);
    co_await p_.links.request_link(found->who.email, unproved, link, when, record);
    co_return result<>{};
  };
  co_return co_await p_.repeats.run(r, answer, std::move(work));
}

awaitable<result<>> recovery_api::verify_email(const http::request& r, http::response& answer) {
  const auto check = [](const one_time_token_body& b) {
    std::vector<fault> faults;
    check_length(b.token, 1'000, "/token", faults);
    return faults;
  };
  const auto body = json::read_checked<one_time_token_body>(r.body(), check);
  if (!body) co_return body.error();
  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const change when = change_of(r, p_.time);
    answer.status(204);
    if (record != nullptr) record->seal(answer);
    co_return co_await p_.links.verify_email(body->token, when, record);
  };
  co_return co_await p_.repeats.run(r, answer, std::move(work));
}

awaitable<result<>> recovery_api::request_reset(const http::request& r, http::response& answer) {
  const auto check = [](const reset_request_body& b) {
    std::vector<fault> faults;
    check_email(b.email, "/email", faults);
    return faults;
  };
  const auto body = json::read_checked<reset_request_body>(r.body(), check);
  if (!body) co_return body.error();
  const auto began = steady::now();
  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const change when = change_of(r, p_.time);
    const auto found = co_await p_.accounts.find_by_email(body->email);
    std::optional<account> who;
    account about{.email = body->email};
    if (found && found->who.is_active()) {
      who = found->who;
      about = found->who;
    }
    const auto link = make_link(purpose::password_reset, about, when.at);
    answer.status(202);
    if (record != nullptr) record->seal(answer);
    co_await p_.links.request_link(body->email, who, link, when, record);
    co_return result<>{};
  };
  const auto done = co_await p_.repeats.run(r, answer, std::move(work));
  co_await wait_until(began + answer_after);
  co_return done;
}

awaitable<result<>> recovery_api::reset_password(const http::request& r, http::response& answer) {
  const auto check = [](const reset_body& b) {
    std::vector<fault> faults;
    check_length(b.token, 1'000, "/token", faults);
    check_password(b.password, {}, "/password", faults);
    return faults;
  };
  const auto body = json::read_checked<reset_body>(r.body(), check);
  if (!body) co_return body.error();
  std::vector<std::string> ended;
  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const change when = change_of(r, p_.time);
    const auto who = co_await p_.links.find_reset(body->token, when.at);
    if (!who) co_return error{errc::gone, "This link is no longer valid: it was used, has expired, or never was one."};
    std::vector<fault> faults;
    check_password(body->password, {who->email, who->name ? std::string_view{*who->name} : std::string_view{}},
                   "/password", faults);
    if (!faults.empty()) co_return error{errc::invalid, "The password is too weak.", std::move(faults)};
    const auto hash = co_await p_.passwords.hash(body->password);
    if (!hash) co_return hash.error();
    answer.status(204);
    if (record != nullptr) record->seal(answer);
    const auto done = co_await p_.links.reset_password(body->token, *hash, when, record);
    if (!done) co_return done.error();
    ended = done->ended;
    co_return result<>{};
  };
  const auto done = co_await p_.repeats.run(r, answer, std::move(work));
  if (!done) co_return done.error();
  p_.revocations.end(ended);
  co_return result<>{};
}

}  // namespace cumulo::users::api
