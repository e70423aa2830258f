#include "notification-service/storage/recipient_repository.hpp"

#include <array>

#include "notification-service/domain/message.hpp"
#include "notification-service/storage/stream_log.hpp"

namespace cumulo::notifications {

namespace {

constexpr sql::statement select_name{"recipient.name", "SELECT name FROM recipients WHERE account_id = ?1"};

constexpr sql::statement find_by_id{"recipient.find",
                                    "SELECT account_id, email, erased FROM recipients WHERE account_id = ?1"};

constexpr sql::statement find_by_email{"recipient.find_by_email",
                                       "SELECT account_id, email, erased FROM recipients "
                                       "WHERE email_key = ?1 AND erased = 0 ORDER BY updated_at DESC LIMIT 1"};

constexpr sql::statement upsert{
    "recipient.remember",
    "INSERT INTO recipients (account_id, email, email_key, email_verified, name, locale, timezone, updated_at) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
    "ON CONFLICT (account_id) DO UPDATE SET "
    "email = excluded.email, email_key = excluded.email_key, email_verified = excluded.email_verified, "
    "name = excluded.name, locale = excluded.locale, timezone = excluded.timezone, updated_at = excluded.updated_at, "
    "email_refused = CASE WHEN recipients.email_key = excluded.email_key THEN recipients.email_refused END "
    "WHERE recipients.erased = 0 AND recipients.updated_at <= excluded.updated_at"};

constexpr sql::statement upsert_access{
    "recipient.remember_access",
    "INSERT INTO recipients (account_id, disabled, disabled_as_of, updated_at) VALUES (?1, ?2, ?3, 0) "
    "ON CONFLICT (account_id) DO UPDATE SET disabled = excluded.disabled, disabled_as_of = excluded.disabled_as_of "
    "WHERE recipients.disabled_as_of <= excluded.disabled_as_of"};

constexpr sql::statement mark_erased{
    "recipient.erase",
    "INSERT INTO recipients (account_id, erased, updated_at) VALUES (?1, 1, ?2) "
    "ON CONFLICT (account_id) DO UPDATE SET email = NULL, email_key = NULL, email_verified = NULL, name = "
    "NULL, locale = NULL, timezone = NULL, email_refused = NULL, "
    "erased = 1, updated_at = excluded.updated_at"};

constexpr sql::statement erase_preferences{"recipient.erase_preferences",
                                           "DELETE FROM preferences WHERE account_id = ?1"};
constexpr sql::statement erase_gatherings{"recipient.erase_gatherings", "DELETE FROM gatherings WHERE account_id = ?1"};
constexpr sql::statement erase_digest{"recipient.erase_digest", "DELETE FROM digests WHERE account_id = ?1"};
constexpr sql::statement erase_webhooks{"recipient.erase_webhooks", "DELETE FROM webhooks WHERE account_id = ?1"};

/// What one transaction erases of each kind.
constexpr std::uint64_t piece = 500;
constexpr sql::statement erase_inbox{"recipient.erase_inbox",
                                     "DELETE FROM notifications WHERE account_id = ?1 AND id IN "
                                     "(SELECT id FROM notifications WHERE account_id = ?1 ORDER BY id LIMIT ?2)"};
constexpr sql::statement erase_agenda{
    "recipient.erase_agenda",
    "DELETE FROM agenda WHERE account_id = ?1 AND task_id IN (SELECT task_id FROM agenda WHERE account_id = ?1 "
    "LIMIT ?2)"};
constexpr sql::statement erase_received{
    "recipient.erase_received",
    "DELETE FROM dispatches WHERE id IN (SELECT id FROM dispatches WHERE recipient_id = ?1 LIMIT ?2)"};
constexpr sql::statement forget_sender{
    "recipient.forget_sender",
    "UPDATE dispatches SET sender_id = NULL WHERE id IN (SELECT id FROM dispatches WHERE sender_id = ?1 LIMIT ?2)"};

constexpr sql::statement note_rest{"recipient.note_rest",
                                   "INSERT INTO erasures (account_id) VALUES (?1) ON CONFLICT DO NOTHING"};
#define CUMULO_NEXT_REST "SELECT account_id FROM erasures ORDER BY account_id LIMIT 1"
constexpr sql::statement select_rest{"recipient.next_rest", CUMULO_NEXT_REST,
                                     CUMULO_NEXT_REST " FOR UPDATE SKIP LOCKED"};
constexpr sql::statement forget_rest{"recipient.forget_rest", "DELETE FROM erasures WHERE account_id = ?1"};

/// False if nothing is left of the account.
awaitable<bool> erase_piece(sql::transaction& tx, const std::string& account_id) {
  const std::array values{sql::param{account_id}, sql::param{piece}};
  bool more = co_await stream_log::erase(tx, account_id, piece) == piece;
  for (const sql::statement* each : {&erase_inbox, &erase_agenda, &erase_received, &forget_sender}) {
    if (co_await tx.execute(*each, values) == piece) more = true;
  }
  co_return more;
}

awaitable<std::optional<recipient>> find(sql::database& store, const sql::statement& what, const std::string& key) {
  const std::array values{sql::param{key}};
  std::optional<recipient> found;
  auto take = [&](const sql::row& row) {
    found = recipient{std::string{row.text(0)}, row.optional_text(1), row.integer(2) != 0};
  };
  co_await store.query(what, values, take);
  co_return found;
}

}  // namespace

awaitable<std::optional<recipient>> recipient_repository::find_recipient(const std::string& account_id) {
  co_return co_await find(store_, find_by_id, account_id);
}

awaitable<std::optional<recipient>> recipient_repository::find_recipient_by_email(const std::string& email) {
  const std::string key = email_key(email);
  co_return co_await find(store_, find_by_email, key);
}

awaitable<std::string> recipient_repository::name_of(sql::transaction& tx, const std::string& account_id) {
  const std::array values{sql::param{account_id}};
  std::string name;
  auto take = [&](const sql::row& row) { name = row.text(0); };
  co_await tx.execute(select_name, values, take);
  co_return name;
}

awaitable<void> recipient_repository::remember(sql::transaction& tx, const recipient_state& state) {
  std::optional<std::string> key;
  if (state.email) key = email_key(*state.email);
  std::optional<std::int64_t> verified;
  if (state.email_verified) verified = *state.email_verified ? 1 : 0;
  const std::array values{sql::param{state.account_id},
                          sql::param{state.email},
                          sql::param{key},
                          sql::param{verified},
                          sql::param{state.name},
                          sql::param{state.locale},
                          sql::param{state.timezone},
                          sql::param{to_millis(state.as_of)}};
  co_await tx.execute(upsert, values);
}

awaitable<void> recipient_repository::remember_access(sql::transaction& tx, const std::string& account_id,
                                                      bool disabled, instant as_of) {
  const std::array values{sql::param{account_id}, sql::param{disabled ? 1 : 0}, sql::param{to_millis(as_of)}};
  co_await tx.execute(upsert_access, values);
}

awaitable<void> recipient_repository::erase(sql::transaction& tx, const std::string& account_id, instant as_of) {
  const std::array who_and_when{sql::param{account_id}, sql::param{to_millis(as_of)}};
  const std::array who{sql::param{account_id}};
  co_await tx.execute(mark_erased, who_and_when);
  for (const sql::statement* each : {&erase_preferences, &erase_gatherings, &erase_digest, &erase_webhooks}) {
    co_await tx.execute(*each, who);
  }
  if (co_await erase_piece(tx, account_id)) co_await tx.execute(note_rest, who);
}

awaitable<void> recipient_repository::erase_rest(const std::function<bool()>& stopping) {
  auto next = [](sql::transaction& tx) -> awaitable<bool> {
    tx.wait_for_locks();
    std::string account_id;
    auto take = [&](const sql::row& row) { account_id = row.text(0); };
    co_await tx.execute(select_rest, {}, take);
    if (account_id.empty()) co_return false;
    if (co_await erase_piece(tx, account_id)) co_return true;
    const std::array who{sql::param{account_id}};
    co_await tx.execute(forget_rest, who);
    co_return true;
  };
  bool more = true;
  while (more && !stopping()) more = co_await store_.transact(next);
}

}  // namespace cumulo::notifications
