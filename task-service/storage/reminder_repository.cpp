#include "task-service/storage/reminder_repository.hpp"

#include <map>

#include "task-service/domain/due.hpp"
#include "task-service/domain/rules.hpp"

namespace cumulo::tasks {

namespace {

#define CUMULO_REMINDER_COLUMNS                                                                         \
  "r.id, r.task_id, r.account_id, r.at_text, r.timezone, r.before_text, r.time_text, r.snoozed_until, " \
  "r.remind_at, r.next_at, r.fired_for, r.fired_at, r.created_at, r.version"
constexpr int reminder_column_count = 14;

/// ?1 is the caller, ?2 the task.
#define CUMULO_REMINDED_TASK                                                                  \
  "FROM tasks t JOIN project_members m ON m.account_id = ?1 AND m.project_id = t.project_id " \
  "WHERE t.id = ?2 AND t.trashed_at IS NULL"
#define CUMULO_OWN_REMINDERS                                                                  \
  "FROM tasks t JOIN project_members m ON m.account_id = ?1 AND m.project_id = t.project_id " \
  "JOIN reminders r ON r.task_id = t.id AND r.account_id = ?1 WHERE t.id = ?2 AND t.trashed_at IS NULL"

constexpr sql::statement select_visible_task{"reminder.get_task", "SELECT t.id " CUMULO_REMINDED_TASK};
constexpr sql::statement select_reminders{"reminder.list",
                                          "SELECT " CUMULO_REMINDER_COLUMNS " " CUMULO_OWN_REMINDERS " ORDER BY r.id"};
#define CUMULO_ONE_REMINDER "SELECT " CUMULO_REMINDER_COLUMNS " " CUMULO_OWN_REMINDERS " AND r.id = ?3"
constexpr sql::statement select_reminder{"reminder.get", CUMULO_ONE_REMINDER};
// It may be firing.
constexpr sql::statement lock_reminder{"reminder.lock", CUMULO_ONE_REMINDER, CUMULO_ONE_REMINDER " FOR UPDATE OF r"};

#define CUMULO_LOCKED_TASK "SELECT t.due, t.timezone, t.status " CUMULO_REMINDED_TASK
constexpr sql::statement lock_task{"reminder.lock_task", CUMULO_LOCKED_TASK, CUMULO_LOCKED_TASK " FOR UPDATE OF t"};
constexpr sql::statement count_reminders{"reminder.count",
                                         "SELECT COUNT(*) FROM reminders WHERE task_id = ?2 AND account_id = ?1"};
// Writes even what is known, so that a change of the zone at the same time waits or begins anew.
constexpr sql::statement hold_zone{
    "zone.hold",
    "INSERT INTO account_zones (account_id, timezone, learnt_at) VALUES (?1, ?2, 0) "
    "ON CONFLICT (account_id) DO UPDATE SET timezone = account_zones.timezone RETURNING timezone"};

constexpr sql::statement insert_reminder{
    "reminder.insert",
    "INSERT INTO reminders (id, task_id, account_id, at_text, timezone, before_text, time_text, follows_zone, "
    "snoozed_until, remind_at, next_at, fired_for, fired_at, created_at, version) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"};
constexpr sql::statement update_reminder{
    "reminder.update",
    "UPDATE reminders SET snoozed_until = ?2, remind_at = ?3, next_at = ?4, version = ?5 WHERE id = ?1"};
constexpr sql::statement delete_one{"reminder.delete", "DELETE FROM reminders WHERE id = ?1"};

constexpr sql::statement has_reminders{"reminder.any_of_task", "SELECT 1 FROM reminders WHERE task_id = ?1 LIMIT 1"};
#define CUMULO_REMINDERS_OF_TASK "SELECT " CUMULO_REMINDER_COLUMNS " FROM reminders r WHERE r.task_id = ?1"
constexpr sql::statement select_of_task{"reminder.list_by_task", CUMULO_REMINDERS_OF_TASK,
                                        CUMULO_REMINDERS_OF_TASK " FOR UPDATE"};
#define CUMULO_FOLLOWERS "(SELECT account_id FROM reminders WHERE task_id = ?1 AND follows_zone = 1)"
// On PostgreSQL it writes what is known, as hold_zone does.
constexpr sql::statement hold_zones_of_task{
    "zone.hold_by_task", "SELECT account_id, timezone FROM account_zones WHERE account_id IN " CUMULO_FOLLOWERS,
    "UPDATE account_zones SET timezone = timezone WHERE account_id IN " CUMULO_FOLLOWERS
    " RETURNING account_id, timezone"};

constexpr sql::statement disarm_project{
    "reminder.disarm_project",
    "UPDATE reminders SET next_at = NULL, version = version + 1 WHERE next_at IS NOT NULL "
    "AND task_id IN (SELECT id FROM tasks WHERE project_id = ?1)"};
constexpr sql::statement arm_project{
    "reminder.arm_project",
    "UPDATE reminders SET next_at = remind_at, version = version + 1 WHERE next_at IS NULL AND remind_at > ?2 "
    "AND (fired_for IS NULL OR fired_for <> remind_at) AND task_id IN "
    "(SELECT id FROM tasks WHERE project_id = ?1 AND trashed_at IS NULL AND status < 2)"};

constexpr sql::statement upsert_zone{
    "zone.remember",
    "INSERT INTO account_zones (account_id, timezone, learnt_at) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (account_id) DO UPDATE SET timezone = excluded.timezone, learnt_at = excluded.learnt_at "
    "WHERE account_zones.learnt_at <= excluded.learnt_at"};
constexpr sql::statement select_following{
    "reminder.list_following_zone", "SELECT " CUMULO_REMINDER_COLUMNS
                                    ", t.due, t.timezone, t.status, t.trashed_at FROM reminders r "
                                    "JOIN tasks t ON t.id = r.task_id WHERE r.account_id = ?1 AND r.follows_zone = 1"};
constexpr sql::statement delete_of_account{
    "account.delete_reminders",
    "DELETE FROM reminders WHERE id IN (SELECT id FROM reminders WHERE account_id = ?1 LIMIT ?2)"};
constexpr sql::statement delete_zone{"account.delete_zone", "DELETE FROM account_zones WHERE account_id = ?1"};

constexpr std::string_view fallback_zone = "UTC";

std::optional<std::int64_t> millis_of(const std::optional<instant>& t) {
  if (!t) return std::nullopt;
  return to_millis(*t);
}

std::optional<instant> maybe_time(const sql::row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_millis(row.integer(column));
}

reminder reminder_of(const sql::row& row) {
  return {.id = std::string{row.text(0)},
          .task_id = std::string{row.text(1)},
          .account_id = std::string{row.text(2)},
          .at = row.optional_text(3),
          .timezone = row.optional_text(4),
          .before = row.optional_text(5),
          .time = row.optional_text(6),
          .snoozed_until = maybe_time(row, 7),
          .remind_at = maybe_time(row, 8),
          .next_at = maybe_time(row, 9),
          .fired_for = maybe_time(row, 10),
          .fired_at = maybe_time(row, 11),
          .created_at = from_millis(row.integer(12)),
          .version = row.integer(13)};
}

/// From due, timezone and status, in this order.
reminded_task reminded_of(const sql::row& row, int first) {
  return {row.optional_text(first), row.optional_text(first + 1),
          row.integer(first + 2) <= static_cast<int>(task_status::in_progress)};
}

awaitable<void> write_moments(sql::transaction& tx, const reminder& r) {
  const std::array values{sql::param{r.id}, sql::param{millis_of(r.snoozed_until)}, sql::param{millis_of(r.remind_at)},
                          sql::param{millis_of(r.next_at)}, sql::param{r.version}};
  co_await tx.execute(update_reminder, values);
}

error no_such_task() { return {errc::not_found, "There is no such task."}; }
error no_such_reminder() { return {errc::not_found, "There is no such reminder."}; }

}  // namespace

awaitable<std::optional<std::vector<reminder>>> reminder_repository::list_reminders(std::string_view account_id,
                                                                                    std::string_view task_id) {
  const std::array key{sql::param{account_id}, sql::param{task_id}};
  std::vector<reminder> all;
  auto take = [&](const sql::row& row) { all.push_back(reminder_of(row)); };
  co_await store_.query(select_reminders, key, take);
  if (all.empty()) {
    auto ignore = [](const sql::row&) {};
    const std::uint64_t visible = co_await store_.query(select_visible_task, key, ignore);
    if (visible == 0) co_return std::nullopt;
  }
  co_return all;
}

awaitable<std::optional<reminder>> reminder_repository::find_reminder(std::string_view account_id,
                                                                      std::string_view task_id, std::string_view id) {
  const std::array key{sql::param{account_id}, sql::param{task_id}, sql::param{id}};
  std::optional<reminder> found;
  auto take = [&](const sql::row& row) { found = reminder_of(row); };
  co_await store_.query(select_reminder, key, take);
  co_return found;
}

awaitable<result<reminder>> reminder_repository::add_reminder(const reminder& r, std::string_view zone, instant now,
                                                              finishing beside) {
  auto body = [&](sql::transaction& tx) -> awaitable<result<reminder>> {
    tx.wait_for_locks();
    const std::array key{sql::param{r.account_id}, sql::param{r.task_id}};
    std::optional<reminded_task> about;
    auto load = [&](const sql::row& row) { about = reminded_of(row, 0); };
    co_await tx.execute(lock_task, key, load);
    if (!about) co_return no_such_task();

    std::int64_t there = 0;
    auto count = [&](const sql::row& row) { there = row.integer(0); };
    co_await tx.execute(count_reminders, key, count);
    if (there >= most_reminders) {
      co_return error{errc::conflict,
                      "There are " + std::to_string(most_reminders) + " reminders already; no more fit."};
    }
    std::string known{zone};
    const std::array zone_values{sql::param{r.account_id}, sql::param{zone}};
    auto learn = [&](const sql::row& row) { known = row.text(0); };
    co_await tx.execute(hold_zone, zone_values, learn);

    reminder armed = r;
    arm(armed, *about, known, now);
    armed.version = 1;
    if (armed.at && armed.remind_at && *armed.remind_at <= now) {
      co_return invalid({{"/at", "in_the_past", "It has passed."}});
    }
    const std::array values{sql::param{armed.id},
                            sql::param{armed.task_id},
                            sql::param{armed.account_id},
                            sql::param{armed.at},
                            sql::param{armed.timezone},
                            sql::param{armed.before},
                            sql::param{armed.time},
                            sql::param{follows_zone(armed)},
                            sql::param{millis_of(armed.snoozed_until)},
                            sql::param{millis_of(armed.remind_at)},
                            sql::param{millis_of(armed.next_at)},
                            sql::param{nullptr},
                            sql::param{nullptr},
                            sql::param{to_millis(armed.created_at)},
                            sql::param{armed.version}};
    co_await tx.execute(insert_reminder, values);
    const std::vector<sql::command> more = beside(armed);
    for (const sql::command& each : more) co_await tx.execute(*each.what, each.values);
    co_return armed;
  };
  co_return co_await store_.transact(body);
}

awaitable<result<reminder>> reminder_repository::change_reminder(std::string_view account_id, std::string_view task_id,
                                                                 std::string_view id, decision decide) {
  auto body = [&](sql::transaction& tx) -> awaitable<result<reminder>> {
    tx.wait_for_locks();
    const std::array key{sql::param{account_id}, sql::param{task_id}};
    std::optional<reminded_task> about;
    auto load = [&](const sql::row& row) { about = reminded_of(row, 0); };
    co_await tx.execute(lock_task, key, load);
    if (!about) co_return no_such_task();

    const std::array full_key{sql::param{account_id}, sql::param{task_id}, sql::param{id}};
    std::optional<reminder> found;
    auto take = [&](const sql::row& row) { found = reminder_of(row); };
    co_await tx.execute(lock_reminder, full_key, take);
    if (!found) co_return no_such_reminder();
    const result<std::vector<sql::command>> decided = decide(*found, *about);
    if (decided.has_error()) co_return decided.error();
    co_await write_moments(tx, *found);
    for (const sql::command& each : *decided) co_await tx.execute(*each.what, each.values);
    co_return std::move(*found);
  };
  co_return co_await store_.transact(body);
}

awaitable<result<>> reminder_repository::delete_reminder(std::string_view account_id, std::string_view task_id,
                                                         std::string_view id, decision decide) {
  auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    tx.wait_for_locks();
    const std::array key{sql::param{account_id}, sql::param{task_id}, sql::param{id}};
    std::optional<reminder> found;
    auto take = [&](const sql::row& row) { found = reminder_of(row); };
    co_await tx.execute(lock_reminder, key, take);
    if (!found) co_return no_such_reminder();
    const result<std::vector<sql::command>> decided = decide(*found, {});
    if (decided.has_error()) co_return decided.error();
    const std::array one{sql::param{id}};
    co_await tx.execute(delete_one, one);
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<void> follow_task(sql::transaction& tx, const task& t, bool due_moved, instant now) {
  const std::array key{sql::param{t.id}};
  // Most have none, and none can come while the task is locked.
  if (co_await tx.execute(has_reminders, key) == 0) co_return;
  // Zones first, as remember_zone takes them.
  std::map<std::string, std::string, std::less<>> zones;
  auto learn = [&](const sql::row& row) { zones.emplace(row.text(0), row.text(1)); };
  co_await tx.execute(hold_zones_of_task, key, learn);

  std::vector<reminder> all;
  auto take = [&](const sql::row& row) { all.push_back(reminder_of(row)); };
  co_await tx.execute(select_of_task, key, take);

  const reminded_task about = reminded(t);
  for (reminder& r : all) {
    if (due_moved && r.before) r.snoozed_until.reset();
    const auto zone = zones.find(r.account_id);
    if (arm(r, about, zone == zones.end() ? fallback_zone : std::string_view{zone->second}, now)) {
      co_await write_moments(tx, r);
    }
  }
}

awaitable<void> follow_project(sql::transaction& tx, std::string_view project_id, bool trashed, instant now) {
  const std::array values{sql::param{project_id}, sql::param{to_millis(now)}};
  const std::array one{sql::param{project_id}};
  if (trashed) {
    co_await tx.execute(disarm_project, one);
  } else {
    co_await tx.execute(arm_project, values);
  }
}

awaitable<void> remember_zone(sql::transaction& tx, std::string_view account_id, std::string_view zone, instant heard,
                              instant now) {
  const std::array values{sql::param{account_id}, sql::param{zone}, sql::param{to_millis(heard)}};
  const std::uint64_t news = co_await tx.execute(upsert_zone, values);
  if (news == 0) co_return;

  std::vector<std::pair<reminder, reminded_task>> following;
  auto take = [&](const sql::row& row) {
    reminded_task about = reminded_of(row, reminder_column_count);
    about.open = about.open && row.is_null(reminder_column_count + 3);
    following.emplace_back(reminder_of(row), std::move(about));
  };
  const std::array key{sql::param{account_id}};
  co_await tx.execute(select_following, key, take);
  for (auto& [r, about] : following) {
    if (arm(r, about, zone, now)) co_await write_moments(tx, r);
  }
}

awaitable<std::uint64_t> erase_reminders(sql::transaction& tx, std::string_view account_id, std::uint64_t most) {
  const std::array values{sql::param{account_id}, sql::param{most}};
  co_return co_await tx.execute(delete_of_account, values);
}

awaitable<void> forget_zone(sql::transaction& tx, std::string_view account_id) {
  const std::array values{sql::param{account_id}};
  co_await tx.execute(delete_zone, values);
}

}  // namespace cumulo::tasks
