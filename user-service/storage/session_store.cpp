#include "user-service/storage/session_store.hpp"

#include "user-service/domain/device.hpp"
#include "user-service/events/user_events.hpp"
#include "user-service/storage/account_row.hpp"

namespace cumulo::users::storage {

namespace {

constexpr sql::statement mark_sign_in{
    "account.mark_sign_in",
    "UPDATE accounts SET last_sign_in_at = ?3, erase_at = NULL "
    "WHERE id = ?1 AND password_hash = ?2 AND role = ?4 AND disabled_at IS NULL AND (erase_at IS NULL OR erase_at > "
    "?3) RETURNING updated_at"};
constexpr sql::statement mark_active{
    "account.mark_active",
    "UPDATE accounts SET last_sign_in_at = ?3 "
    "WHERE id = ?1 AND password_hash = ?2 AND role = ?4 AND disabled_at IS NULL AND erase_at IS NULL"};
constexpr sql::statement insert_if_active{
    "session.insert_if_active",
    "INSERT INTO sessions (id, account_id, family_hash, turn_hash, user_agent, address, created_at, last_used_at, "
    "expires_at) SELECT ?1, id, ?3, ?4, ?5, ?6, CAST(?7 AS BIGINT), CAST(?7 AS BIGINT), CAST(?8 AS BIGINT) FROM "
    "accounts "
    "WHERE id = ?2 AND password_hash = ?9 AND role = ?10 AND disabled_at IS NULL AND erase_at IS NULL"};
/// ?1–?7 as bus::outbox_row has them, ?8 the session without which nothing happened.
const std::string tell_if_open_text =
    std::string{bus::insert_outbox_text} + " WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?8)";
const sql::statement tell_if_open{"session.tell_if_open", tell_if_open_text};
constexpr sql::statement delete_revocation{"revocation.delete", "DELETE FROM revocations WHERE id = ?1"};

constexpr sql::statement select_by_family{
    "session.by_family",
    "SELECT a.id, a.email, a.name, a.timezone, a.locale, a.role, a.email_verified_at, a.disabled_at, a.erase_at, "
    "a.created_at, a.updated_at, a.version, s.id, s.user_agent, s.address, s.created_at, s.last_used_at, s.expires_at "
    "FROM sessions s JOIN accounts a ON a.id = s.account_id "
    "WHERE s.family_hash = ?1 AND s.expires_at > ?2 AND a.disabled_at IS NULL AND a.erase_at IS NULL"};

constexpr sql::statement rotate_turn{
    "session.rotate",
    "UPDATE sessions SET turn_hash = ?3, last_used_at = ?4, expires_at = ?5, address = ?6 "
    "WHERE family_hash = ?1 AND turn_hash = ?2 AND expires_at > ?4 AND EXISTS (SELECT 1 FROM accounts a "
    "WHERE a.id = sessions.account_id AND a.disabled_at IS NULL AND a.erase_at IS NULL)"};
constexpr sql::statement delete_reused{
    "session.delete_reused",
    "DELETE FROM sessions WHERE family_hash = ?1 AND turn_hash <> ?2 RETURNING id, account_id"};
constexpr sql::statement delete_session{"session.delete", "DELETE FROM sessions WHERE id = ?1 AND account_id = ?2"};
constexpr sql::statement list_open{"session.list",
                                   "SELECT id, user_agent, address, created_at, last_used_at, expires_at FROM sessions "
                                   "WHERE account_id = ?1 AND id < ?2 AND expires_at > ?3 ORDER BY id DESC LIMIT ?4"};

constexpr sql::statement insert_token{"personal_token.insert",
                                      "INSERT INTO personal_tokens (id, account_id, name, scopes, created_at, "
                                      "expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"};
constexpr sql::statement count_live_tokens{
    "personal_token.count_live", "SELECT COUNT(*) FROM personal_tokens WHERE account_id = ?1 AND expires_at > ?2"};
constexpr sql::statement count_created_tokens{
    "token_creation.count",
    "SELECT COUNT(*), MIN(created_at) FROM token_creations WHERE account_id = ?1 AND created_at > ?2"};
constexpr sql::statement note_creation{
    "token_creation.note", "INSERT INTO token_creations (token_id, account_id, created_at) VALUES (?1, ?2, ?3)"};
constexpr sql::statement sweep_creations{"token_creation.sweep", "DELETE FROM token_creations WHERE created_at <= ?1"};
constexpr sql::statement delete_token{
    "personal_token.delete",
    "DELETE FROM personal_tokens WHERE id = ?1 AND account_id = ?2 AND expires_at > ?3 RETURNING expires_at"};
constexpr sql::statement list_valid_tokens{
    "personal_token.list",
    "SELECT id, name, scopes, created_at, expires_at FROM personal_tokens "
    "WHERE account_id = ?1 AND id < ?2 AND expires_at > ?3 ORDER BY id DESC LIMIT ?4"};

constexpr sql::statement select_revoked{"revocation.list", "SELECT id FROM revocations WHERE until > ?1"};
// A session expires a fixed time after its use: the index on expires_at finds those used lately.
constexpr sql::statement count_active_accounts{
    "session.count_active", "SELECT COUNT(DISTINCT account_id) FROM sessions WHERE expires_at >= ?1"};
constexpr sql::statement sweep_sessions{"session.sweep", "DELETE FROM sessions WHERE expires_at <= ?1"};
constexpr sql::statement sweep_tokens{"personal_token.sweep", "DELETE FROM personal_tokens WHERE expires_at <= ?1"};
constexpr sql::statement sweep_revocations{"revocation.sweep", "DELETE FROM revocations WHERE until <= ?1"};
constexpr sql::statement sweep_devices{
    "known_device.sweep",
    "DELETE FROM known_devices WHERE seen_at <= ?1 AND EXISTS (SELECT 1 FROM known_devices later WHERE "
    "later.account_id = known_devices.account_id AND later.seen_at > known_devices.seen_at)"};

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = text.find(' ');
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return words;
}

/// Serializable: of creations at once, no two count the same state.
awaitable<result<>> may_create(sql::transaction& tx, const std::string& account_id, instant now) {
  std::int64_t live = 0;
  const auto take_live = [&](const sql::row& row) { live = row.integer(0); };
  const std::array alive{sql::param{account_id}, sql::param{to_millis(now)}};
  co_await tx.execute(count_live_tokens, alive, take_live);
  if (live >= most_live_tokens) {
    co_return error{errc::conflict, "An account has at most " + std::to_string(most_live_tokens) +
                                        " personal access tokens. Revoke one that is no longer needed."};
  }
  std::int64_t created = 0;
  instant first = now;
  const auto take_created = [&](const sql::row& row) {
    created = row.integer(0);
    if (created > 0) first = from_millis(row.integer(1));
  };
  const std::array recent{sql::param{account_id}, sql::param{to_millis(now - token_window)}};
  co_await tx.execute(count_created_tokens, recent, take_created);
  if (created >= most_tokens_a_day) {
    error too_many{errc::too_many_requests, "An account creates at most " + std::to_string(most_tokens_a_day) +
                                                " personal access tokens in a day."};
    too_many.retry_after = std::chrono::ceil<std::chrono::seconds>(first + token_window - now);
    co_return too_many;
  }
  co_return result<>{};
}

}  // namespace

awaitable<result<>> session_store::open_session(const opening& what, const change& when, answer_record record) {
  if (!what.restores && record == nullptr) co_return co_await open_at_once(what, when);
  const session& s = what.opened.what;
  const auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    const std::array values{sql::param{s.account_id}, sql::param{what.verified_hash}, sql::param{to_millis(when.at)},
                            sql::param{to_text(what.signed_role)}};
    change told = when;  // not before the event that it takes back, whatever this replica's clock says
    const auto take = [&](const sql::row& row) { told.at = std::max(when.at, from_millis(row.integer(0))); };
    if (co_await tx.execute(mark_sign_in, values, take) == 0) {
      co_return error{errc::unauthenticated, "The account changed while signing in."};
    }
    if (what.restores) {
      const std::array id{sql::param{s.account_id}};
      co_await tx.execute(delete_revocation, id);
      co_await put_event(tx, events::user_enabled(s.account_id, told));
    }
    co_await put_session(tx, what.opened, when);
    co_await put_record(tx, record);
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<result<>> session_store::open_at_once(const opening& what, const change& when) {
  const session& s = what.opened.what;
  const std::array marked{sql::param{s.account_id}, sql::param{what.verified_hash}, sql::param{to_millis(when.at)},
                          sql::param{to_text(what.signed_role)}};
  const std::array inserted{sql::param{s.id},
                            sql::param{s.account_id},
                            sql::param{what.opened.family_hash},
                            sql::param{what.opened.turn_hash},
                            sql::param{s.user_agent},
                            sql::param{s.address},
                            sql::param{to_millis(s.created_at)},
                            sql::param{to_millis(s.expires_at)},
                            sql::param{what.verified_hash},
                            sql::param{to_text(what.signed_role)}};
  const bus::outbox_row row{events::session_created(s, when)};
  std::vector<sql::param> told{row.values().begin(), row.values().end()};
  told.emplace_back(s.id);
  // The account's row is locked by now: of sign-ins at once from one new device, one warns.
  const bus::outbox_row warning{events::signed_in(s, when)};
  const std::string mark = device_mark(s.account_id, s.user_agent, s.address);
  std::vector<sql::param> warned{warning.values().begin(), warning.values().end()};
  for (const std::string* each : {&s.account_id, &mark, &s.id}) warned.emplace_back(*each);
  const std::array seen{sql::param{s.account_id}, sql::param{mark}, sql::param{to_millis(when.at)}, sql::param{s.id}};
  const std::array commands{sql::command{&mark_active, marked}, sql::command{&insert_if_active, inserted},
                            sql::command{&tell_if_open, told}, sql::command{&warn_if_new_device, warned},
                            sql::command{&remember_device, seen}};
  std::array<std::uint64_t, commands.size()> changed{};
  co_await store_.write(commands, changed);
  if (changed[1] == 0) co_return error{errc::unauthenticated, "The account changed while signing in."};
  co_return result<>{};
}

awaitable<std::optional<refreshable>> session_store::find_by_family(std::string family_hash, instant now) {
  std::optional<refreshable> found;
  const auto take = [&found](const sql::row& row) {
    constexpr int s = account_columns;
    account who = read_account(row);
    session what{.id = std::string{row.text(s)},
                 .account_id = who.id,
                 .user_agent = std::string{row.text(s + 1)},
                 .address = std::string{row.text(s + 2)},
                 .created_at = from_millis(row.integer(s + 3)),
                 .last_used_at = from_millis(row.integer(s + 4)),
                 .expires_at = from_millis(row.integer(s + 5))};
    found = refreshable{std::move(who), std::move(what)};
  };
  const std::array values{sql::param{family_hash}, sql::param{to_millis(now)}};
  co_await store_.query(select_by_family, values, take);
  co_return found;
}

awaitable<rotation> session_store::rotate(const renewal& what, const change& when, answer_record record) {
  const bool rotated = co_await replace_turn(what, when, record);
  if (rotated) co_return rotation::rotated;
  // The outcome is a plain value and not an error, because the ending of a reused session must be committed.
  const auto body = [&](sql::transaction& tx) -> awaitable<rotation> {
    if (record != nullptr && co_await record->is_repeat(tx)) co_return rotation::repeated;
    std::string id;
    std::string account_id;
    const auto take = [&](const sql::row& row) {
      id = row.text(0);
      account_id = row.text(1);
    };
    const std::array reused{sql::param{what.family_hash}, sql::param{what.used_hash}};
    co_await tx.execute(delete_reused, reused, take);
    if (id.empty()) co_return rotation::refused;
    co_await put_revocation(tx, id, account_id, when.at + lives_.revoked_session());
    co_await put_event(tx, events::session_revoked(id, account_id, "refresh_token_reused", when));
    co_return rotation::reused;
  };
  co_return co_await store_.transact(body);
}

awaitable<bool> session_store::replace_turn(const renewal& what, const change& when, answer_record record) {
  const std::array values{sql::param{what.family_hash},
                          sql::param{what.used_hash},
                          sql::param{what.next_hash},
                          sql::param{to_millis(when.at)},
                          sql::param{to_millis(when.at + lives_.session)},
                          sql::param{what.address}};
  if (record == nullptr) {
    const std::array commands{sql::command{&rotate_turn, values}};
    std::array<std::uint64_t, 1> changed{};
    co_await store_.write(commands, changed);
    co_return changed[0] == 1;
  }
  const auto body = [&](sql::transaction& tx) -> awaitable<bool> {
    if (co_await tx.execute(rotate_turn, values) == 0) co_return false;
    co_await put_record(tx, record);
    co_return true;
  };
  co_return co_await store_.transact(body);
}

awaitable<result<>> session_store::end_session(const std::string& id, const std::string& account_id,
                                               std::string_view reason, const change& when) {
  const auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    const std::array values{sql::param{id}, sql::param{account_id}};
    if (co_await tx.execute(delete_session, values) == 0) co_return error{errc::not_found, "There is no such session."};
    co_await put_revocation(tx, id, account_id, when.at + lives_.revoked_session());
    co_await put_event(tx, events::session_revoked(id, account_id, reason, when));
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<std::vector<session>> session_store::list_sessions(std::string_view account_id, instant now, page which) {
  std::vector<session> found;
  const auto take = [&](const sql::row& row) {
    found.push_back({.id = std::string{row.text(0)},
                     .account_id = std::string{account_id},
                     .user_agent = std::string{row.text(1)},
                     .address = std::string{row.text(2)},
                     .created_at = from_millis(row.integer(3)),
                     .last_used_at = from_millis(row.integer(4)),
                     .expires_at = from_millis(row.integer(5))});
  };
  const std::string before = which.before.empty() ? "z" : which.before;  // after every id, in any collation
  const std::array values{sql::param{account_id}, sql::param{before}, sql::param{to_millis(now)},
                          sql::param{which.limit}};
  co_await store_.query(list_open, values, take);
  co_return found;
}

awaitable<result<>> session_store::create_token(const personal_token& made, const change& when, answer_record record) {
  const std::string scopes = join(made.scopes);
  const auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    const auto asked = co_await require_session(tx, when);
    if (!asked) co_return asked.error();
    const auto allowed = co_await may_create(tx, made.account_id, when.at);
    if (!allowed) co_return allowed.error();
    const std::array noted{sql::param{made.id}, sql::param{made.account_id}, sql::param{to_millis(when.at)}};
    co_await tx.execute(note_creation, noted);
    const std::array values{sql::param{made.id},
                            sql::param{made.account_id},
                            sql::param{made.name},
                            sql::param{scopes},
                            sql::param{to_millis(made.created_at)},
                            sql::param{to_millis(made.expires_at)}};
    co_await tx.execute(insert_token, values);
    co_await put_event(tx, events::token_created(made, when));
    co_await put_event(tx, events::user_token_created(made, when));
    co_await put_record(tx, record);
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<result<>> session_store::revoke_token(const std::string& id, const std::string& account_id,
                                                const change& when) {
  const auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    instant expires_at{};
    const auto take = [&](const sql::row& row) { expires_at = from_millis(row.integer(0)); };
    const std::array values{sql::param{id}, sql::param{account_id}, sql::param{to_millis(when.at)}};
    co_await tx.execute(delete_token, values, take);
    if (expires_at == instant{}) co_return error{errc::not_found, "There is no such token."};
    co_await put_revocation(tx, id, account_id, expires_at + lifetimes::clock_skew);
    co_await put_event(tx, events::token_revoked(id, account_id, when));
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<std::vector<personal_token>> session_store::list_tokens(std::string_view account_id, instant now,
                                                                  page which) {
  std::vector<personal_token> found;
  const auto take = [&](const sql::row& row) {
    found.push_back({.id = std::string{row.text(0)},
                     .account_id = std::string{account_id},
                     .name = std::string{row.text(1)},
                     .scopes = split(row.text(2)),
                     .created_at = from_millis(row.integer(3)),
                     .expires_at = from_millis(row.integer(4))});
  };
  const std::string before = which.before.empty() ? "z" : which.before;
  const std::array values{sql::param{account_id}, sql::param{before}, sql::param{to_millis(now)},
                          sql::param{which.limit}};
  co_await store_.query(list_valid_tokens, values, take);
  co_return found;
}

awaitable<std::vector<std::string>> session_store::list_revoked(instant now) {
  std::vector<std::string> ids;
  const auto take = [&ids](const sql::row& row) { ids.emplace_back(row.text(0)); };
  const std::array values{sql::param{to_millis(now)}};
  co_await store_.query(select_revoked, values, take);
  co_return ids;
}

awaitable<std::int64_t> session_store::count_active(instant since) {
  std::int64_t count = 0;
  const auto take = [&count](const sql::row& row) { count = row.integer(0); };
  const std::array values{sql::param{to_millis(since + lives_.session)}};
  co_await store_.query_slow(count_active_accounts, values, take);
  co_return count;
}

awaitable<void> session_store::sweep(instant now) {
  const std::array day_ago{sql::param{to_millis(now - token_window)}};
  const std::array values{sql::param{to_millis(now)}};
  const std::array long_ago{sql::param{to_millis(now - device_memory)}};
  const std::array commands{sql::command{&sweep_sessions, values}, sql::command{&sweep_tokens, values},
                            sql::command{&sweep_revocations, values}, sql::command{&sweep_creations, day_ago},
                            sql::command{&sweep_devices, long_ago}};
  co_await store_.write(commands);
}

}  // namespace cumulo::users::storage
