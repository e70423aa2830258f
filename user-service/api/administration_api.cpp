#include "user-service/api/administration_api.hpp"

#include "platform/core/id.hpp"
#include "platform/json/read.hpp"
#include "user-service/api/support.hpp"
#include "user-service/domain/rules.hpp"
#include "user-service/domain/secrets.hpp"

namespace cumulo::users::api {

namespace {

std::vector<fault> check_user_change(const user_change_body& body) {
  std::vector<fault> faults;
  if (body.name.has_value()) check_name(*body.name, "/name", faults);
  if (body.role.is_null()) faults.push_back({"/role", "wrong_type", "A role is member or administrator."});
  if (body.status.is_null() || (body.status.has_value() && *body.status == user_status::closing)) {
    faults.push_back({"/status", "unknown_value", "An account can be made active or disabled."});
  }
  return faults;
}

invitation_item to_wire(const invitation& i) {
  return {.id = i.id,
          .email = i.email,
          .created_by = i.created_by,
          .created_at = i.created_at,
          .expires_at = i.expires_at,
          .token = {}};
}

}  // namespace

awaitable<result<>> administration_api::list_users(const http::request& r, http::response& answer) {
  http::query_reader query{r};
  const auto which = page_of(query, "user");
  const auto filter = query.text("q");
  const auto fine = query.finish();
  if (!fine) co_return fine.error();
  const auto found = co_await p_.accounts.list(filter.value_or(""), which);
  std::vector<api::user> items;
  for (const auto& each : found) items.push_back(to_wire(each));
  write_list(r, answer, "user", which, std::move(items));
  co_return result<>{};
}

awaitable<result<>> administration_api::get_user(const http::request& r, http::response& answer) {
  const auto id = id_of(r, "account");
  if (!id) co_return id.error();
  const auto found = co_await p_.accounts.find(*id);
  if (!found) co_return error{errc::not_found, "There is no such account."};
  if (answer.etag(r, std::to_string(found->who.version))) co_return result<>{};
  json::write(answer.body(), to_wire(found->who));
  co_return result<>{};
}

awaitable<result<>> administration_api::change_user(const http::request& r, http::response& answer) {
  const auto id = id_of(r, "account");
  if (!id) co_return id.error();
  const auto body = json::read_checked<user_change_body>(r.body(), check_user_change);
  if (!body) co_return body.error();
  const auto found = co_await p_.accounts.find(*id);
  if (!found) co_return error{errc::not_found, "There is no such account."};
  const auto version = expected_version(r, found->who);
  if (!version) co_return version.error();

  storage::authority_change what{.name = body->name};
  if (body->role.has_value()) what.role = *body->role;
  if (body->status.has_value()) what.disabled = *body->status == user_status::disabled;
  account now = found->who;
  if (!body->name.is_absent() || what.role || what.disabled) {
    const change when = change_of(r, p_.time);
    const auto changed = co_await p_.authority.change_authority(*id, what, *version, when);
    if (!changed) co_return changed.error();
    p_.revocations.end(changed->ended);
    if (changed->refused) p_.revocations.end({*id});
    if (changed->restored) p_.revocations.restore(*id);
    now = changed->now;
  }
  answer.etag(r, std::to_string(now.version));
  json::write(answer.body(), to_wire(now));
  co_return result<>{};
}

awaitable<result<>> administration_api::list_invitations(const http::request& r, http::response& answer) {
  http::query_reader query{r};
  const auto which = page_of(query, "invitation");
  const auto fine = query.finish();
  if (!fine) co_return fine.error();
  const auto found = co_await p_.links.list_invitations(p_.time.now(), which);
  std::vector<invitation_item> items;
  for (const auto& each : found) items.push_back(to_wire(each));
  write_list(r, answer, "invitation", which, std::move(items));
  co_return result<>{};
}

awaitable<result<>> administration_api::create_invitation(const http::request& r, http::response& answer) {
  const auto check = [](const invitation_body& b) {
    std::vector<fault> faults;
    if (b.email) check_email(*b.email, "/email", faults);
    return faults;
  };
  const auto body = json::read_checked<invitation_body>(r.body().empty() ? "{}" : r.body(), check);
  if (!body) co_return body.error();
  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const change when = change_of(r, p_.time);
    const invitation made{.id = new_id(),
                          .email = body->email,
                          .created_by = r.caller().account_id,
                          .created_at = when.at,
                          .expires_at = when.at + p_.lives.invitation};
    invitation_item item = to_wire(made);
    const std::string token = random_secret();
    item.token = token;
    answer.status(201);
    answer.header("Location", "/api/v1/invitations/" + made.id);
    answer.header("Cache-Control", "no-store");
    json::write(answer.body(), item);
    if (record != nullptr) record->seal(answer, true);
    const std::string hash = hash_secret(token);
    co_return co_await p_.links.create_invitation(made, hash, when, record);
  };
  co_return co_await p_.repeats.run(r, answer, std::move(work));
}

awaitable<result<>> administration_api::withdraw_invitation(const http::request& r, http::response& answer) {
  const auto id = id_of(r, "invitation");
  if (!id) co_return id.error();
  const change when = change_of(r, p_.time);
  const auto withdrawn = co_await p_.links.withdraw_invitation(*id, when);
  if (!withdrawn) co_return withdrawn.error();
  answer.status(204);
  co_return result<>{};
}

awaitable<result<>> trust_api::get_keys(const http::request& r, http::response& answer) {
  answer.body() = keys_.jwks();
  answer.etag_of_body(r);
  co_return result<>{};
}

awaitable<result<>> trust_api::get_revocations(const http::request& r, http::response& answer) {
  const auto list = co_await revoked_.current();
  if (!list) co_return list.error();
  if (!answer.etag(r, (*list)->etag)) answer.body() = (*list)->json;
  co_return result<>{};
}

}  // namespace cumulo::users::api
