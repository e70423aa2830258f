#include "user-service/storage/link_store.hpp"

#include "user-service/domain/rules.hpp"
#include "user-service/domain/secrets.hpp"
#include "user-service/events/user_events.hpp"
#include "user-service/storage/account_row.hpp"

namespace cumulo::users::storage {

namespace {

constexpr sql::statement note_request{"link_request.note",
                                      "INSERT INTO link_requests (address_hash, requested_at) VALUES (?1, ?2) "
                                      "ON CONFLICT (address_hash) DO UPDATE SET requested_at = excluded.requested_at "
                                      "WHERE link_requests.requested_at <= ?3"};
constexpr sql::statement sweep_requests{"link_request.sweep", "DELETE FROM link_requests WHERE requested_at <= ?1"};

constexpr sql::statement use_token{
    "one_time_token.use",
    "UPDATE one_time_tokens SET used_at = ?3 WHERE hash = ?1 AND purpose = ?2 AND used_at IS NULL AND expires_at > ?3 "
    "AND EXISTS (SELECT 1 FROM accounts a WHERE a.id = one_time_tokens.account_id AND "
    "a.email_key = one_time_tokens.email_key AND a.disabled_at IS NULL AND a.erase_at IS NULL) RETURNING account_id"};
constexpr sql::statement void_others{
    "one_time_token.void_others",
    "UPDATE one_time_tokens SET used_at = ?3 WHERE account_id = ?1 AND purpose = ?2 AND used_at IS NULL"};
constexpr sql::statement select_reset{
    "one_time_token.find_reset",
    "SELECT a.id, a.email, a.name, a.timezone, a.locale, a.role, a.email_verified_at, a.disabled_at, a.erase_at, "
    "a.created_at, a.updated_at, a.version FROM one_time_tokens t JOIN accounts a ON a.id = t.account_id "
    "WHERE t.hash = ?1 AND t.purpose = 'password_reset' AND t.used_at IS NULL AND t.expires_at > ?2 "
    "AND t.email_key = a.email_key AND a.disabled_at IS NULL AND a.erase_at IS NULL"};
constexpr sql::statement sweep_tokens{"one_time_token.sweep", "DELETE FROM one_time_tokens WHERE expires_at <= ?1"};

constexpr sql::statement set_verified{
    "account.verify_email",
    "UPDATE accounts SET email_verified_at = COALESCE(email_verified_at, ?2), " CUMULO_UPDATED_AT("?2") ", "
    "version = version + 1 WHERE id = ?1 RETURNING " CUMULO_ACCOUNT_COLUMNS};
constexpr sql::statement set_password{
    "account.reset_password",
    "UPDATE accounts SET password_hash = ?3, email_verified_at = COALESCE(email_verified_at, ?2), " CUMULO_UPDATED_AT(
        "?2") ", version = version + 1 WHERE id = ?1 RETURNING " CUMULO_ACCOUNT_COLUMNS};

constexpr sql::statement insert_invitation{
    "invitation.insert",
    "INSERT INTO invitations (id, token_hash, email, email_key, created_by, created_at, expires_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
constexpr sql::statement delete_invitation{
    "invitation.withdraw", "DELETE FROM invitations WHERE id = ?1 AND accepted_at IS NULL AND expires_at > ?2"};
constexpr sql::statement list_open{
    "invitation.list",
    "SELECT id, email, created_by, created_at, expires_at FROM invitations "
    "WHERE id < ?1 AND accepted_at IS NULL AND expires_at > ?2 ORDER BY id DESC LIMIT ?3"};
constexpr sql::statement sweep_invitations{"invitation.sweep", "DELETE FROM invitations WHERE expires_at <= ?1"};

/// As many round trips as put_link makes, for an address without an account: changes nothing.
awaitable<void> pretend_link(sql::transaction& tx) {
  for (int i = 0; i < 2; ++i) {
    const std::array values{sql::param{""}, sql::param{to_text(purpose::password_reset)}, sql::param{0}};
    co_await tx.execute(void_others, values);
  }
}

error void_link() { return {errc::gone, "This link is no longer valid: it was used, has expired, or never was one."}; }

/// The account whose token this was; empty if it was void.
awaitable<std::string> use_up(sql::transaction& tx, const std::string& hash, purpose what, instant now) {
  std::string account_id;
  const auto take = [&](const sql::row& row) { account_id = row.text(0); };
  const std::array values{sql::param{hash}, sql::param{to_text(what)}, sql::param{to_millis(now)}};
  co_await tx.execute(use_token, values, take);
  if (!account_id.empty()) {
    const std::array others{sql::param{account_id}, sql::param{to_text(what)}, sql::param{to_millis(now)}};
    co_await tx.execute(void_others, others);
  }
  co_return account_id;
}

}  // namespace

awaitable<void> link_store::request_link(std::string_view address, std::optional<account> who, const new_link& made,
                                         const change& when, answer_record record) {
  const std::string about = std::string{to_text(made.token.purpose)} + " " + normalise_email(address);
  const std::string hash = hash_secret(about);
  const auto body = [&](sql::transaction& tx) -> awaitable<void> {
    const std::array values{sql::param{hash}, sql::param{to_millis(when.at)},
                            sql::param{to_millis(when.at - lives_.between_links)}};
    const bool is_due = co_await tx.execute(note_request, values) > 0;
    if (is_due && who) {
      co_await put_link(tx, made, *who, when);
    } else {
      co_await pretend_link(tx);
    }
    co_await put_record(tx, record);
  };
  co_await store_.transact(body);
}

awaitable<void> link_store::issue_link(const new_link& made) {
  const auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await put_token(tx, made.token); };
  co_await store_.transact(body);
}

awaitable<result<>> link_store::verify_email(std::string_view secret, const change& when, answer_record record) {
  const std::string hash = hash_secret(secret);
  const auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    const std::string id = co_await use_up(tx, hash, purpose::email_verification, when.at);
    if (id.empty()) co_return void_link();
    std::optional<account> now;
    const auto take = [&](const sql::row& row) { now = read_account(row); };
    const std::array values{sql::param{id}, sql::param{to_millis(when.at)}};
    co_await tx.execute(set_verified, values, take);
    if (!now) co_return void_link();
    co_await put_event(tx, events::user_updated(*now, when));
    co_await put_record(tx, record);
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<result<link_store::reset>> link_store::reset_password(std::string_view secret, std::string_view new_hash,
                                                                const change& when, answer_record record) {
  const std::string hash = hash_secret(secret);
  const auto body = [&](sql::transaction& tx) -> awaitable<result<reset>> {
    const std::string id = co_await use_up(tx, hash, purpose::password_reset, when.at);
    if (id.empty()) co_return void_link();
    std::optional<account> now;
    const auto take = [&](const sql::row& row) { now = read_account(row); };
    const std::array values{sql::param{id}, sql::param{to_millis(when.at)}, sql::param{new_hash}};
    co_await tx.execute(set_password, values, take);
    if (!now) co_return void_link();
    co_await put_event(tx, events::user_updated(*now, when));
    co_await put_event(tx, events::password_reset(id, when));
    reset done{.account_id = id, .ended = {}};
    done.ended = co_await end_sessions(tx, id, "", "password_changed", when, lives_);
    for (auto& token : co_await revoke_tokens(tx, id, when)) done.ended.push_back(std::move(token));
    co_await put_record(tx, record);
    co_return done;
  };
  co_return co_await store_.transact(body);
}

awaitable<std::optional<account>> link_store::find_reset(std::string_view secret, instant now) {
  const std::string hash = hash_secret(secret);
  std::optional<account> found;
  const auto take = [&](const sql::row& row) { found = read_account(row); };
  const std::array values{sql::param{hash}, sql::param{to_millis(now)}};
  co_await store_.query(select_reset, values, take);
  co_return found;
}

awaitable<result<>> link_store::create_invitation(const invitation& made, std::string_view token_hash,
                                                  const change& when, answer_record record) {
  std::optional<std::string> key;
  if (made.email) key = normalise_email(*made.email);
  const std::array values{sql::param{made.id},
                          sql::param{token_hash},
                          sql::param{made.email},
                          sql::param{key},
                          sql::param{made.created_by},
                          sql::param{to_millis(made.created_at)},
                          sql::param{to_millis(made.expires_at)}};
  const auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    const auto asked = co_await require_session(tx, when);
    if (!asked) co_return asked.error();
    co_await tx.execute(insert_invitation, values);
    co_await put_record(tx, record);
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<result<>> link_store::withdraw_invitation(std::string_view id, const change& when) {
  const std::array values{sql::param{id}, sql::param{to_millis(when.at)}};
  const auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    const auto asked = co_await require_session(tx, when);
    if (!asked) co_return asked.error();
    const std::uint64_t withdrawn = co_await tx.execute(delete_invitation, values);
    if (withdrawn == 0) co_return error{errc::not_found, "There is no such invitation."};
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<std::vector<invitation>> link_store::list_invitations(instant now, page which) {
  std::vector<invitation> found;
  const auto take = [&](const sql::row& row) {
    found.push_back({.id = std::string{row.text(0)},
                     .email = row.optional_text(1),
                     .created_by = std::string{row.text(2)},
                     .created_at = from_millis(row.integer(3)),
                     .expires_at = from_millis(row.integer(4))});
  };
  const std::string before = which.before.empty() ? "z" : which.before;  // after every id, in any collation
  const std::array values{sql::param{before}, sql::param{to_millis(now)}, sql::param{which.limit}};
  co_await store_.query(list_open, values, take);
  co_return found;
}

awaitable<void> link_store::sweep(instant now) {
  const std::array month_ago{sql::param{to_millis(now - std::chrono::hours{24 * 30})}};
  const std::array day_ago{sql::param{to_millis(now - std::chrono::hours{24})}};
  const std::array commands{sql::command{&sweep_tokens, month_ago}, sql::command{&sweep_invitations, month_ago},
                            sql::command{&sweep_requests, day_ago}};
  co_await store_.write(commands);
}

}  // namespace cumulo::users::storage
