#include "notification-service/storage/preference_repository.hpp"

#include <array>

#include "notification-service/storage/digest_repository.hpp"

namespace cumulo::notifications {

namespace {

// One row whatever is known.
constexpr sql::statement select_profile{
    "preferences.profile",
    "SELECT r.locale, r.timezone, COALESCE(r.erased, 0), p.choices, p.quiet_from, p.quiet_to, p.digest_daily, "
    "p.digest_weekly, p.digest_weekday, p.digest_minute, p.muted_projects, p.version, COALESCE(r.disabled, 0) "
    "FROM (SELECT CAST(?1 AS TEXT) AS account_id) a LEFT JOIN recipients r ON r.account_id = a.account_id "
    "LEFT JOIN preferences p ON p.account_id = a.account_id"};

constexpr sql::statement upsert{
    "preferences.change",
    "INSERT INTO preferences (account_id, choices, quiet_from, quiet_to, digest_daily, digest_weekly, digest_weekday, "
    "digest_minute, muted_projects, version, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) "
    "ON CONFLICT (account_id) DO UPDATE SET choices = excluded.choices, quiet_from = excluded.quiet_from, "
    "quiet_to = excluded.quiet_to, digest_daily = excluded.digest_daily, digest_weekly = excluded.digest_weekly, "
    "digest_weekday = excluded.digest_weekday, digest_minute = excluded.digest_minute, "
    "muted_projects = excluded.muted_projects, version = excluded.version, updated_at = excluded.updated_at"};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    words.emplace_back(text.substr(0, text.find(' ')));
    text.remove_prefix(std::min(text.size(), words.back().size() + 1));
  }
  return words;
}

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& each : words) text.append(text.empty() ? "" : " ").append(each);
  return text;
}

profile profile_of(const std::string& account_id, const sql::row& row) {
  profile found{
      account_id, {std::string{row.text(0)}, std::string{row.text(1)}}, row.integer(2) != 0, row.integer(12) != 0, {}};
  if (row.is_null(11)) return found;
  preferences& wanted = found.wanted;
  choices_from_text(row.text(3), wanted);
  if (!row.is_null(4))
    wanted.quiet_hours = day_part{static_cast<int>(row.integer(4)), static_cast<int>(row.integer(5))};
  wanted.digest = {row.integer(6) != 0, row.integer(7) != 0, static_cast<int>(row.integer(8)),
                   static_cast<int>(row.integer(9))};
  wanted.muted_projects = split(row.text(10));
  wanted.version = row.integer(11);
  return found;
}

awaitable<void> store_preferences(sql::transaction& tx, const std::string& account_id, const preferences& now,
                                  instant at) {
  const std::string choices = choices_to_text(now);
  const std::string muted = join(now.muted_projects);
  std::optional<int> from;
  std::optional<int> to;
  if (now.quiet_hours) {
    from = now.quiet_hours->from;
    to = now.quiet_hours->to;
  }
  const std::array values{sql::param{account_id},
                          sql::param{choices},
                          sql::param{from},
                          sql::param{to},
                          sql::param{now.digest.daily},
                          sql::param{now.digest.weekly},
                          sql::param{now.digest.weekday},
                          sql::param{now.digest.at},
                          sql::param{muted},
                          sql::param{now.version},
                          sql::param{to_millis(at)}};
  co_await tx.execute(upsert, values);
}

}  // namespace

awaitable<profile> preference_repository::find(const std::string& account_id) {
  const std::array values{sql::param{account_id}};
  profile found;
  auto take = [&](const sql::row& row) { found = profile_of(account_id, row); };
  co_await store_.query(select_profile, values, take);
  co_return found;
}

awaitable<profile> preference_repository::load(sql::transaction& tx, const std::string& account_id) {
  const std::array values{sql::param{account_id}};
  profile found;
  auto take = [&](const sql::row& row) { found = profile_of(account_id, row); };
  co_await tx.execute(select_profile, values, take);
  co_return found;
}

awaitable<result<preferences>> preference_repository::change(const std::string& account_id,
                                                             std::optional<std::int64_t> expected_version,
                                                             function_ref<result<>(preferences&)> merge, instant now) {
  auto body = [&](sql::transaction& tx) -> awaitable<result<preferences>> {
    profile who = co_await load(tx, account_id);
    if (expected_version && *expected_version != who.wanted.version) {
      co_return error{errc::precondition_failed, "The preferences have changed since you saw them."};
    }
    if (const auto merged = merge(who.wanted); !merged) co_return merged.error();
    if (who.erased) co_return error{errc::not_found, "There is no such account."};
    who.wanted.version += 1;
    co_await store_preferences(tx, account_id, who.wanted, now);
    co_await digest_repository::reschedule(tx, who, now);
    co_return who.wanted;
  };
  co_return co_await store_.transact(body);
}

}  // namespace cumulo::notifications
