#include "user-service/storage/writes.hpp"

#include "user-service/domain/device.hpp"
#include "user-service/domain/rules.hpp"
#include "user-service/domain/secrets.hpp"
#include "user-service/events/user_events.hpp"

namespace cumulo::users::storage {

namespace {

constexpr sql::statement select_session{"session.find", "SELECT 1 FROM sessions WHERE id = ?1"};
constexpr sql::statement insert_session{
    "session.insert",
    "INSERT INTO sessions (id, account_id, family_hash, turn_hash, user_agent, address, created_at, last_used_at, "
    "expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8)"};

const std::string warn_if_new_device_text =
    std::string{bus::insert_outbox_text} +
    " WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?10) "
    "AND EXISTS (SELECT 1 FROM known_devices WHERE account_id = ?8) "
    "AND NOT EXISTS (SELECT 1 FROM known_devices WHERE account_id = ?8 AND mark = ?9)";

constexpr sql::statement insert_token{
    "one_time_token.insert",
    "INSERT INTO one_time_tokens (hash, purpose, account_id, email, email_key, created_at, expires_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"};

constexpr sql::statement upsert_revocation{
    "revocation.upsert",
    "INSERT INTO revocations (id, account_id, until) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (id) DO UPDATE SET until = excluded.until WHERE revocations.until < excluded.until"};

constexpr sql::statement delete_sessions{"session.delete_others",
                                         "DELETE FROM sessions WHERE account_id = ?1 AND id <> ?2 RETURNING id"};
constexpr sql::statement delete_tokens{"personal_token.delete_all",
                                       "DELETE FROM personal_tokens WHERE account_id = ?1 RETURNING id, expires_at"};

}  // namespace

const sql::statement warn_if_new_device{"known_device.warn", warn_if_new_device_text};
const sql::statement remember_device{
    "known_device.remember",
    "INSERT INTO known_devices (account_id, mark, seen_at) SELECT account_id, CAST(?2 AS TEXT), CAST(?3 AS BIGINT) "
    "FROM sessions WHERE id = ?4 AND account_id = ?1 "
    "ON CONFLICT (account_id, mark) DO UPDATE SET seen_at = excluded.seen_at"};

awaitable<result<>> require_session(sql::transaction& tx, const change& when) {
  if (when.session_id.empty()) co_return result<>{};
  const std::array values{sql::param{when.session_id}};
  if (co_await tx.execute(select_session, values) == 0) {
    co_return error{errc::unauthenticated, "The session is over. Sign in again."};
  }
  co_return result<>{};
}

awaitable<void> put_event(sql::transaction& tx, bus::event e) {
  const bus::outbox_row row{std::move(e)};
  co_await tx.execute(row.statement(), row.values());
}

awaitable<void> put_record(sql::transaction& tx, answer_record record) {
  if (record != nullptr) co_await tx.execute(record->statement(), record->values());
}

awaitable<void> put_session(sql::transaction& tx, const new_session& opened, const change& when) {
  const auto& s = opened.what;
  const std::array values{sql::param{s.id},
                          sql::param{s.account_id},
                          sql::param{opened.family_hash},
                          sql::param{opened.turn_hash},
                          sql::param{s.user_agent},
                          sql::param{s.address},
                          sql::param{to_millis(s.created_at)},
                          sql::param{to_millis(s.expires_at)}};
  co_await tx.execute(insert_session, values);
  co_await put_event(tx, events::session_created(s, when));
  const bus::outbox_row warning{events::signed_in(s, when)};
  const std::string mark = device_mark(s.account_id, s.user_agent, s.address);
  std::vector<sql::param> warned{warning.values().begin(), warning.values().end()};
  for (const std::string* each : {&s.account_id, &mark, &s.id}) warned.emplace_back(*each);
  co_await tx.execute(warn_if_new_device, warned);
  const std::array seen{sql::param{s.account_id}, sql::param{mark}, sql::param{to_millis(when.at)}, sql::param{s.id}};
  co_await tx.execute(remember_device, seen);
}

awaitable<void> put_token(sql::transaction& tx, const one_time_token& token) {
  const std::string hash = hash_secret(token.secret);
  const std::string key = normalise_email(token.email);
  const std::array values{sql::param{hash},
                          sql::param{to_text(token.purpose)},
                          sql::param{token.account_id},
                          sql::param{token.email},
                          sql::param{key},
                          sql::param{to_millis(token.created_at)},
                          sql::param{to_millis(token.expires_at)}};
  co_await tx.execute(insert_token, values);
}

awaitable<void> put_link(sql::transaction& tx, const new_link& made, const account& who, const change& when) {
  co_await put_token(tx, made.token);
  co_await put_event(tx, events::link_requested(made.token, who, made.link, when));
}

awaitable<void> put_revocation(sql::transaction& tx, std::string id, std::string account_id, instant until) {
  const std::array values{sql::param{id}, sql::param{account_id}, sql::param{to_millis(until)}};
  co_await tx.execute(upsert_revocation, values);
}

awaitable<std::vector<std::string>> end_sessions(sql::transaction& tx, const std::string& account_id,
                                                 const std::string& kept, std::string_view reason, const change& when,
                                                 const lifetimes& lives) {
  std::vector<std::string> ended;
  const auto note = [&ended](const sql::row& row) { ended.emplace_back(row.text(0)); };
  const std::array values{sql::param{account_id}, sql::param{kept}};
  co_await tx.execute(delete_sessions, values, note);
  for (const auto& id : ended) {
    co_await put_revocation(tx, id, account_id, when.at + lives.revoked_session());
    co_await put_event(tx, events::session_revoked(id, account_id, reason, when));
  }
  co_return ended;
}

awaitable<std::vector<std::string>> revoke_tokens(sql::transaction& tx, const std::string& account_id,
                                                  const change& when) {
  std::vector<std::pair<std::string, instant>> revoked;
  const auto take = [&](const sql::row& row) { revoked.emplace_back(row.text(0), from_millis(row.integer(1))); };
  const std::array values{sql::param{account_id}};
  co_await tx.execute(delete_tokens, values, take);
  std::vector<std::string> ids;
  for (const auto& [id, expires_at] : revoked) {
    co_await put_revocation(tx, id, account_id, expires_at + lifetimes::clock_skew);
    co_await put_event(tx, events::token_revoked(id, account_id, when));
    ids.push_back(id);
  }
  co_return ids;
}

}  // namespace cumulo::users::storage
