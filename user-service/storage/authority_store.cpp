#include "user-service/storage/authority_store.hpp"

#include "user-service/events/user_events.hpp"
#include "user-service/storage/account_row.hpp"

namespace cumulo::users::storage {

namespace {

// Reads the row as it is and holds it until the end, so that nothing between is overwritten.
constexpr sql::statement take_account{
    "account.take", "UPDATE accounts SET " CUMULO_UPDATED_AT(
                        "?2") ", version = version + 1 WHERE id = ?1 RETURNING " CUMULO_ACCOUNT_COLUMNS};
constexpr sql::statement count_other_administrators{"account.other_administrators",
                                                    "SELECT COUNT(*) FROM accounts WHERE role = 'administrator' AND "
                                                    "disabled_at IS NULL AND erase_at IS NULL AND id <> ?1"};
constexpr sql::statement update_authority{"account.change_authority",
                                          "UPDATE accounts SET name = ?2, role = ?3, disabled_at = ?4 WHERE id = ?1"};
constexpr sql::statement set_erasure{"account.request_erasure", "UPDATE accounts SET erase_at = ?2 WHERE id = ?1"};
constexpr sql::statement delete_links{"one_time_token.delete_all", "DELETE FROM one_time_tokens WHERE account_id = ?1"};
constexpr sql::statement delete_revocation{"revocation.delete", "DELETE FROM revocations WHERE id = ?1"};
constexpr sql::statement select_due{"account.due_for_erasure",
                                    "SELECT id FROM accounts WHERE erase_at <= ?1 ORDER BY erase_at LIMIT 100"};
constexpr sql::statement delete_account{"account.erase", "DELETE FROM accounts WHERE id = ?1 AND erase_at <= ?2"};
constexpr sql::statement forget_invitation{
    "invitation.forget_address", "UPDATE invitations SET email = NULL, email_key = NULL WHERE accepted_by = ?1"};

error last_administrator() {
  return {errc::conflict, "This is the last administrator. Make another account administrator first."};
}

}  // namespace

awaitable<result<>> authority_store::require_another_administrator(sql::transaction& tx, const std::string& id) {
  std::int64_t others = 0;
  const auto take = [&](const sql::row& row) { others = row.integer(0); };
  const std::array values{sql::param{id}};
  co_await tx.execute(count_other_administrators, values, take);
  if (others == 0) co_return last_administrator();
  co_return result<>{};
}

awaitable<result<authority_outcome>> authority_store::change_authority(const std::string& id, authority_change what,
                                                                       std::optional<std::int64_t> expected_version,
                                                                       const change& when) {
  const auto body = [&](sql::transaction& tx) -> awaitable<result<authority_outcome>> {
    const auto asked = co_await require_session(tx, when);
    if (!asked) co_return asked.error();
    std::optional<account> found;
    const auto take = [&](const sql::row& row) { found = read_account(row); };
    const std::array by_id{sql::param{id}};
    const std::array taking{sql::param{id}, sql::param{to_millis(when.at)}};
    co_await tx.execute(take_account, taking, take);
    if (!found) co_return error{errc::not_found, "There is no such account."};
    if (expected_version && found->version != *expected_version + 1) {
      co_return error{errc::precondition_failed, "It was changed since you saw it."};
    }

    authority_outcome outcome{.now = *found};
    account& now = outcome.now;
    change told = when;
    told.at = found->updated_at;
    what.name.merge_into(now.name);
    if (what.role) now.role = *what.role;
    if (what.disabled && !*what.disabled) now.disabled_at.reset();
    if (what.disabled && *what.disabled && !now.disabled_at) now.disabled_at = when.at;

    const bool demoted = found->role == role::administrator && now.role != role::administrator;
    const bool disabled = !found->disabled_at && now.disabled_at;
    const bool enabled = found->disabled_at && !now.disabled_at;
    if (found->is_active() && found->role == role::administrator && (demoted || disabled)) {
      const auto allowed = co_await require_another_administrator(tx, id);
      if (!allowed) co_return allowed.error();
    }

    const std::optional<std::int64_t> disabled_at =
        now.disabled_at ? std::optional{to_millis(*now.disabled_at)} : std::nullopt;
    const std::array values{sql::param{id}, sql::param{now.name}, sql::param{to_text(now.role)},
                            sql::param{disabled_at}};
    co_await tx.execute(update_authority, values);
    co_await put_event(tx, events::user_updated(now, when));

    if (disabled) {
      outcome.ended = co_await end_sessions(tx, id, "", "account_disabled", when, lives_);
      outcome.refused = true;
      co_await put_revocation(tx, id, id, when.at + lives_.revoked_account());
      co_await put_event(tx, events::user_disabled(id, "administrator", told));
    } else if (demoted) {
      outcome.ended = co_await end_sessions(tx, id, "", "role_changed", when, lives_);
    }
    if (disabled || demoted) {
      for (auto& token : co_await revoke_tokens(tx, id, when)) outcome.ended.push_back(std::move(token));
    }
    if (enabled && !now.erase_at) {
      co_await tx.execute(delete_revocation, by_id);
      co_await put_event(tx, events::user_enabled(id, told));
      outcome.restored = true;
    }
    co_return outcome;
  };
  co_return co_await store_.transact(body);
}

awaitable<result<authority_outcome>> authority_store::request_erasure(const std::string& id, instant erase_at,
                                                                      const change& when) {
  const auto body = [&](sql::transaction& tx) -> awaitable<result<authority_outcome>> {
    std::optional<account> found;
    const auto take = [&](const sql::row& row) { found = read_account(row); };
    const std::array by_id{sql::param{id}};
    const std::array taking{sql::param{id}, sql::param{to_millis(when.at)}};
    co_await tx.execute(take_account, taking, take);
    if (!found || !found->is_active()) co_return error{errc::not_found, "There is no such account."};
    if (found->role == role::administrator) {
      const auto allowed = co_await require_another_administrator(tx, id);
      if (!allowed) co_return allowed.error();
    }
    const std::array values{sql::param{id}, sql::param{to_millis(erase_at)}};
    co_await tx.execute(set_erasure, values);
    co_await tx.execute(delete_links, by_id);

    authority_outcome outcome{.now = *found, .refused = true};
    outcome.now.erase_at = erase_at;
    outcome.ended = co_await end_sessions(tx, id, "", "account_disabled", when, lives_);
    co_await put_revocation(tx, id, id, when.at + lives_.revoked_account());
    change told = when;
    told.at = found->updated_at;
    co_await put_event(tx, events::user_disabled(id, "erasure_requested", told));
    co_return outcome;
  };
  co_return co_await store_.transact(body);
}

awaitable<std::vector<std::string>> authority_store::due_for_erasure(instant now) {
  std::vector<std::string> ids;
  const auto take = [&](const sql::row& row) { ids.emplace_back(row.text(0)); };
  const std::array values{sql::param{to_millis(now)}};
  co_await store_.query(select_due, values, take);
  co_return ids;
}

awaitable<bool> authority_store::erase(const std::string& id, const change& when) {
  const auto body = [&](sql::transaction& tx) -> awaitable<bool> {
    const std::array values{sql::param{id}, sql::param{to_millis(when.at)}};
    if (co_await tx.execute(delete_account, values) == 0) co_return false;
    const std::array by_id{sql::param{id}};
    co_await tx.execute(forget_invitation, by_id);
    co_await put_revocation(tx, id, id, when.at + lives_.revoked_account());
    co_await put_event(tx, events::user_erased(id, when));
    co_return true;
  };
  co_return co_await store_.transact(body);
}

}  // namespace cumulo::users::storage
