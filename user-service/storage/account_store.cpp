#include "user-service/storage/account_store.hpp"

#include "user-service/domain/rules.hpp"
#include "user-service/events/user_events.hpp"
#include "user-service/storage/account_row.hpp"

namespace cumulo::users::storage {

namespace {

constexpr sql::statement select_founder{"installation.founder",
                                        "SELECT 1 FROM installation WHERE singleton = 1 AND founder IS NOT NULL"};
constexpr sql::statement claim_founding{"installation.found",
                                        "UPDATE installation SET founder = ?1 WHERE singleton = 1 AND founder IS NULL"};

constexpr sql::statement select_by_email{
    "account.by_email", "SELECT " CUMULO_ACCOUNT_COLUMNS ", password_hash FROM accounts WHERE email_key = ?1"};
constexpr sql::statement select_by_id{"account.by_id",
                                      "SELECT " CUMULO_ACCOUNT_COLUMNS ", password_hash FROM accounts WHERE id = ?1"};

constexpr sql::statement insert_account{
    "account.insert",
    "INSERT INTO accounts (id, email, email_key, name, timezone, locale, role, password_hash, created_at, updated_at, "
    "version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9, 1) ON CONFLICT (email_key) DO NOTHING"};
constexpr sql::statement accept_invitation{
    "invitation.accept",
    "UPDATE invitations SET accepted_at = ?1, accepted_by = ?2 WHERE token_hash = ?3 AND accepted_at IS NULL AND "
    "expires_at > ?1 AND (email_key IS NULL OR email_key = ?4)"};

// "?n = 1" says that the member was given: null then clears it.
constexpr sql::statement update_profile_row{
    "account.update_profile",
    "UPDATE accounts SET name = CASE WHEN CAST(?2 AS BIGINT) = 1 THEN CAST(?3 AS TEXT) ELSE name END, "
    "timezone = COALESCE(CAST(?4 AS TEXT), timezone), locale = COALESCE(CAST(?5 AS TEXT), locale), "
     CUMULO_UPDATED_AT("?6") ", version = version + 1 "
    "WHERE id = ?1 AND (CAST(?7 AS BIGINT) IS NULL OR version = CAST(?7 AS BIGINT)) RETURNING " CUMULO_ACCOUNT_COLUMNS};

constexpr sql::statement update_password{
    "account.change_password",
    "UPDATE accounts SET password_hash = ?3, updated_at = ?4, version = version + 1 "
    "WHERE id = ?1 AND password_hash = ?2"};
constexpr sql::statement update_hash{"account.rehash_password",
                                     "UPDATE accounts SET password_hash = ?3 WHERE id = ?1 AND password_hash = ?2"};

constexpr sql::statement list_all{
    "account.list", "SELECT " CUMULO_ACCOUNT_COLUMNS " FROM accounts WHERE id < ?1 ORDER BY id DESC LIMIT ?2"};
constexpr sql::statement list_matching{
    "account.search",
    "SELECT " CUMULO_ACCOUNT_COLUMNS
    " FROM accounts WHERE id < ?1 AND (email_key LIKE ?3 ESCAPE '\\' OR LOWER(name) LIKE ?3 ESCAPE '\\') "
    "ORDER BY id DESC LIMIT ?2"};

awaitable<std::optional<credentials>> find_one(sql::database& store, const sql::statement& how, std::string key) {
  std::optional<credentials> found;
  const auto take = [&found](const sql::row& row) {
    found = credentials{read_account(row), std::string{row.text(account_columns)}};
  };
  const std::array values{sql::param{key}};
  co_await store.query(how, values, take);
  co_return found;
}

/// `text` anywhere, with LIKE's own characters taken literally.
std::string contains_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : normalise_email(text)) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

}  // namespace

awaitable<bool> account_store::is_founded() {
  const auto ignore = [](const sql::row&) {};
  const auto rows = co_await store_.query(select_founder, {}, ignore);
  co_return rows > 0;
}

awaitable<std::optional<credentials>> account_store::find_by_email(std::string email) {
  co_return co_await find_one(store_, select_by_email, normalise_email(email));
}

awaitable<std::optional<credentials>> account_store::find(std::string id) {
  co_return co_await find_one(store_, select_by_id, std::move(id));
}

awaitable<result<>> account_store::register_account(const registration& what, const change& when,
                                                    answer_record record) {
  const account& who = what.who;
  const std::string key = normalise_email(who.email);
  const auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    if (what.founds) {
      const std::array founder{sql::param{who.id}};
      if (co_await tx.execute(claim_founding, founder) == 0) {
        co_return error{errc::precondition_failed, "Another account was first."};
      }
    }
    // Before the account: who holds no invitation does not learn which addresses have one.
    if (what.invitation_hash) {
      const std::array invited{sql::param{to_millis(when.at)}, sql::param{who.id}, sql::param{*what.invitation_hash},
                               sql::param{key}};
      if (co_await tx.execute(accept_invitation, invited) == 0) {
        co_return error{errc::gone, "This invitation is no longer valid."};
      }
    }
    const std::array values{sql::param{who.id},
                            sql::param{who.email},
                            sql::param{key},
                            sql::param{who.name},
                            sql::param{who.timezone},
                            sql::param{who.locale},
                            sql::param{to_text(who.role)},
                            sql::param{what.password_hash},
                            sql::param{to_millis(who.created_at)}};
    if (co_await tx.execute(insert_account, values) == 0) {
      co_return error{errc::conflict, "This e-mail address already has an account."};
    }
    co_await put_event(tx, events::user_registered(who, when));
    if (what.opened) co_await put_session(tx, *what.opened, when);
    if (what.verification) co_await put_link(tx, *what.verification, who, when);
    co_await put_record(tx, record);
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<result<account>> account_store::update_profile(std::string_view id, profile_change what,
                                                         std::optional<std::int64_t> expected_version,
                                                         const change& when) {
  const std::string timezone = what.timezone.has_value() ? *what.timezone : "UTC";
  const std::string locale = what.locale.has_value() ? *what.locale : "en";
  const std::optional<std::string_view> name =
      what.name.has_value() ? std::optional<std::string_view>{*what.name} : std::nullopt;
  const auto body = [&](sql::transaction& tx) -> awaitable<result<account>> {
    const std::array values{sql::param{id},
                            sql::param{!what.name.is_absent()},
                            sql::param{name},
                            what.timezone.is_absent() ? sql::param{nullptr} : sql::param{timezone},
                            what.locale.is_absent() ? sql::param{nullptr} : sql::param{locale},
                            sql::param{to_millis(when.at)},
                            sql::param{expected_version}};
    std::optional<account> changed;
    const auto take = [&changed](const sql::row& row) { changed = read_account(row); };
    co_await tx.execute(update_profile_row, values, take);
    if (!changed && expected_version) co_return error{errc::precondition_failed, "It was changed since you saw it."};
    if (!changed) co_return error{errc::not_found, "There is no such account."};
    co_await put_event(tx, events::user_updated(*changed, when));
    co_return *changed;
  };
  co_return co_await store_.transact(body);
}

awaitable<result<std::vector<std::string>>> account_store::change_password(const std::string& id,
                                                                           std::string_view old_hash,
                                                                           std::string_view new_hash,
                                                                           const std::string& kept,
                                                                           const change& when) {
  const auto body = [&](sql::transaction& tx) -> awaitable<result<std::vector<std::string>>> {
    const std::array values{sql::param{id}, sql::param{old_hash}, sql::param{new_hash}, sql::param{to_millis(when.at)}};
    if (co_await tx.execute(update_password, values) == 0) {
      co_return error{errc::conflict, "The password was changed by another request."};
    }
    co_await put_event(tx, events::password_changed(id, when));
    co_return co_await end_sessions(tx, id, kept, "password_changed", when, lives_);
  };
  co_return co_await store_.transact(body);
}

awaitable<void> account_store::rehash_password(std::string_view id, std::string_view old_hash,
                                               std::string_view new_hash) {
  const std::array values{sql::param{id}, sql::param{old_hash}, sql::param{new_hash}};
  const std::array commands{sql::command{&update_hash, values}};
  co_await store_.write(commands);
}

awaitable<std::vector<account>> account_store::list(std::string filter, page which) {
  std::vector<account> found;
  const auto take = [&found](const sql::row& row) { found.push_back(read_account(row)); };
  const std::string before = which.before.empty() ? "z" : which.before;  // after every id, in any collation
  if (filter.empty()) {
    const std::array values{sql::param{before}, sql::param{which.limit}};
    co_await store_.query(list_all, values, take);
  } else {
    const std::string pattern = contains_pattern(filter);
    const std::array values{sql::param{before}, sql::param{which.limit}, sql::param{pattern}};
    co_await store_.query_slow(list_matching, values, take);
  }
  co_return found;
}

}  // namespace cumulo::users::storage
