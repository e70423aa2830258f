#include "task-service/storage/reminder_queue.hpp"

#include <deque>

#include "task-service/storage/rows.hpp"

namespace cumulo::tasks {

namespace {

// What another replica holds is passed over: it is being told there. SQLite has one writer, and with it no such others.
constexpr sql::statement claim_reminders{
    "reminder.claim",
    "UPDATE reminders SET next_at = NULL, fired_for = next_at, fired_at = ?1, version = version + 1 "
    "WHERE id IN (SELECT id FROM reminders WHERE next_at IS NOT NULL AND next_at <= ?1 ORDER BY next_at LIMIT ?2) "
    "RETURNING id, fired_for",
    "WITH due AS MATERIALIZED (SELECT id FROM reminders WHERE next_at IS NOT NULL AND next_at <= ?1 "
    "ORDER BY next_at LIMIT ?2 FOR UPDATE SKIP LOCKED) "
    "UPDATE reminders r SET next_at = NULL, fired_for = r.next_at, fired_at = ?1, version = r.version + 1 "
    "FROM due WHERE r.id = due.id RETURNING r.id, r.fired_for"};

#define CUMULO_CLAIMED_REMINDERS                                                                                \
  "SELECT " CUMULO_TASK_COLUMNS                                                                                 \
  ", r.id, r.account_id, r.fired_for FROM reminders r JOIN tasks t ON t.id = r.task_id JOIN project_members m " \
  "ON m.account_id = r.account_id AND m.project_id = t.project_id WHERE t.trashed_at IS NULL AND r.id IN "
constexpr sql::statement select_claimed{
    "reminder.list_claimed", CUMULO_CLAIMED_REMINDERS "(SELECT value FROM json_each(?1)) ORDER BY r.fired_for, r.id",
    CUMULO_CLAIMED_REMINDERS
    "(SELECT value FROM json_array_elements_text(CAST(?1 AS JSON))) ORDER BY r.fired_for, r.id"};

#define CUMULO_TASKS_DUE_SOON                                                           \
  "SELECT " CUMULO_TASK_COLUMNS                                                         \
  ", t.space_id, t.due_at, t.due_soon_at FROM tasks t WHERE t.due_soon_at IS NOT NULL " \
  "AND t.due_soon_at <= ?1 AND t.trashed_at IS NULL AND t.status < 2 ORDER BY t.due_soon_at LIMIT ?2"
constexpr sql::statement select_due_soon{"task.list_due_soon", CUMULO_TASKS_DUE_SOON,
                                         CUMULO_TASKS_DUE_SOON " FOR UPDATE SKIP LOCKED"};
constexpr sql::statement mark_told{"task.mark_due_soon_told",
                                   "UPDATE tasks SET due_soon_at = NULL WHERE id IN (SELECT value FROM json_each(?1))",
                                   "UPDATE tasks SET due_soon_at = NULL WHERE id IN "
                                   "(SELECT value FROM json_array_elements_text(CAST(?1 AS JSON)))"};

constexpr sql::statement select_next{
    "reminder.next",
    "SELECT MIN(moment) FROM ("
    "SELECT * FROM (SELECT next_at AS moment FROM reminders WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1) AS a "
    "UNION ALL SELECT * FROM (SELECT due_soon_at AS moment FROM tasks WHERE due_soon_at IS NOT NULL "
    "AND trashed_at IS NULL AND status < 2 ORDER BY due_soon_at LIMIT 1) AS b) AS c"};
constexpr sql::statement count_reminders{"reminder.count_armed",
                                         "SELECT COUNT(*) FROM reminders WHERE next_at IS NOT NULL"};

/// What was taken, to be told of in the same transaction.
struct claimed {
  std::string ids{"["};
  std::vector<instant> moments;

  void add(std::string_view id, instant moment) {
    ids.append(ids.size() > 1 ? ",\"" : "\"").append(id).append("\"");
    moments.push_back(moment);
  }
  [[nodiscard]] std::string list() const { return ids + "]"; }
};

awaitable<void> put_out(sql::transaction& tx, std::vector<bus::event> events) {
  for (bus::event& each : events) {
    const bus::outbox_row row{std::move(each)};
    co_await tx.execute(row.statement(), row.values());
  }
}

}  // namespace

awaitable<std::vector<instant>> reminder_queue::fire_reminders(instant now, int limit, reminder_announcement announce) {
  auto body = [&](sql::transaction& tx) -> awaitable<std::vector<instant>> {
    tx.wait_for_locks();
    claimed taken;
    const std::array values{sql::param{to_millis(now)}, sql::param{limit}};
    auto take = [&](const sql::row& row) { taken.add(row.text(0), from_millis(row.integer(1))); };
    co_await tx.execute(claim_reminders, values, take);
    if (taken.moments.empty()) co_return std::move(taken.moments);

    std::vector<bus::event> events;
    auto tell = [&](const sql::row& row) {
      constexpr int next = task_column_count;
      const task_view about = view_of(row);
      events.push_back(announce({row.text(next), row.text(next + 1), about, from_millis(row.integer(next + 2)), now}));
    };
    const std::string ids = taken.list();
    const std::array list{sql::param{ids}};
    co_await tx.execute(select_claimed, list, tell);
    co_await put_out(tx, std::move(events));
    co_return std::move(taken.moments);
  };
  co_return co_await store_.transact(body);
}

awaitable<std::vector<instant>> reminder_queue::tell_due_soon(instant now, int limit, task_announcement announce) {
  auto body = [&](sql::transaction& tx) -> awaitable<std::vector<instant>> {
    tx.wait_for_locks();
    claimed taken;
    std::vector<bus::event> events;
    auto tell = [&](const sql::row& row) {
      constexpr int next = task_column_count;
      const task_view about = view_of(row);
      taken.add(about.id, from_millis(row.integer(next + 2)));
      events.push_back(announce({about, row.text(next), from_millis(row.integer(next + 1)), now}));
    };
    const std::array values{sql::param{to_millis(now)}, sql::param{limit}};
    co_await tx.execute(select_due_soon, values, tell);
    if (taken.moments.empty()) co_return std::move(taken.moments);

    const std::string ids = taken.list();
    const std::array list{sql::param{ids}};
    co_await tx.execute(mark_told, list);
    co_await put_out(tx, std::move(events));
    co_return std::move(taken.moments);
  };
  co_return co_await store_.transact(body);
}

awaitable<std::optional<instant>> reminder_queue::next_moment() {
  std::optional<instant> next;
  auto take = [&](const sql::row& row) {
    if (!row.is_null(0)) next = from_millis(row.integer(0));
  };
  co_await store_.query(select_next, {}, take);
  co_return next;
}

awaitable<std::int64_t> reminder_queue::count_armed() {
  std::int64_t number = 0;
  auto take = [&](const sql::row& row) { number = row.integer(0); };
  co_await store_.query_slow(count_reminders, {}, take);
  co_return number;
}

}  // namespace cumulo::tasks
