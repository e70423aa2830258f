#include "notification-service/storage/digest_repository.hpp"

#include <array>

namespace cumulo::notifications {

namespace {

constexpr sql::statement select_due{
    "digest.list_due",
    "SELECT account_id, next_at, next_day FROM digests WHERE next_at <= ?1 ORDER BY next_at, account_id LIMIT ?2"};
constexpr sql::statement take_due{"digest.claim",
                                  "UPDATE digests SET last_day = next_day, next_at = ?3, next_day = ?4 "
                                  "WHERE account_id = ?1 AND next_at = ?2"};
constexpr sql::statement select_last{"digest.last", "SELECT last_day FROM digests WHERE account_id = ?1"};
constexpr sql::statement set_next{
    "digest.reschedule",
    "INSERT INTO digests (account_id, next_at, next_day) VALUES (?1, ?2, ?3) "
    "ON CONFLICT (account_id) DO UPDATE SET next_at = excluded.next_at, next_day = excluded.next_day"};

constexpr sql::statement select_agenda{
    "agenda.read",
    "SELECT task_id, project_id, title, due, due_at FROM agenda WHERE account_id = ?1 AND hidden = 0 AND due_at < ?2 "
    "ORDER BY due_at LIMIT 1000"};
constexpr sql::statement insert_task{
    "agenda.put",
    "INSERT INTO agenda (account_id, task_id, project_id, title, due, due_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
    "ON CONFLICT (task_id, account_id) DO NOTHING"};
constexpr sql::statement delete_task{"agenda.remove", "DELETE FROM agenda WHERE task_id = ?1"};
constexpr sql::statement set_hidden{"agenda.hide_project",
                                    "UPDATE agenda SET hidden = ?3 WHERE account_id = ?1 AND project_id = ?2"};
constexpr sql::statement delete_project{"agenda.remove_project",
                                        "DELETE FROM agenda WHERE account_id = ?1 AND project_id = ?2"};

struct next_values {
  std::optional<std::int64_t> at, day;
  explicit next_values(const std::optional<digest_time>& next) {
    if (next) at = to_millis(next->at), day = next->day;
  }
};

}  // namespace

awaitable<std::vector<due_digest>> digest_repository::list_due(instant now, int limit) {
  std::vector<due_digest> found;
  const std::array values{sql::param{to_millis(now)}, sql::param{limit}};
  auto take = [&](const sql::row& row) {
    found.push_back({std::string{row.text(0)}, from_millis(row.integer(1)), row.integer(2)});
  };
  co_await store_.query(select_due, values, take);
  co_return found;
}

awaitable<bool> digest_repository::claim(sql::transaction& tx, const due_digest& what,
                                         std::optional<digest_time> next) {
  const next_values then{next};
  const std::array values{sql::param{what.account_id}, sql::param{to_millis(what.at)}, sql::param{then.at},
                          sql::param{then.day}};
  const std::uint64_t taken = co_await tx.execute(take_due, values);
  co_return taken == 1;
}

awaitable<void> digest_repository::reschedule(sql::transaction& tx, const profile& who, instant now) {
  std::optional<local_day> last;
  const std::array account{sql::param{who.account_id}};
  auto take = [&](const sql::row& row) { last = row.optional_integer(0); };
  co_await tx.execute(select_last, account, take);
  const next_values then{next_digest(who.wanted.digest, who.reader.zone, now, last)};
  const std::array values{sql::param{who.account_id}, sql::param{then.at}, sql::param{then.day}};
  co_await tx.execute(set_next, values);
}

awaitable<void> digest_repository::read_agenda(sql::transaction& tx, const std::string& account_id, instant until,
                                               function_ref<void(const agenda_item&)> sink) {
  const std::array values{sql::param{account_id}, sql::param{to_millis(until)}};
  auto take = [&](const sql::row& row) {
    sink({row.text(0), row.text(1), row.text(2), row.text(3), from_millis(row.integer(4))});
  };
  co_await tx.execute(select_agenda, values, take);
}

awaitable<void> digest_repository::put_task(sql::transaction& tx, const agenda_task& task,
                                            const std::vector<std::string>& audience) {
  co_await remove_task(tx, task.id);
  for (const std::string& each : audience) {
    const std::array values{sql::param{each},       sql::param{task.id},  sql::param{task.project_id},
                            sql::param{task.title}, sql::param{task.due}, sql::param{to_millis(task.due_at)}};
    co_await tx.execute(insert_task, values);
  }
}

awaitable<void> digest_repository::remove_task(sql::transaction& tx, const std::string& task_id) {
  const std::array values{sql::param{task_id}};
  co_await tx.execute(delete_task, values);
}

awaitable<void> digest_repository::hide_project(sql::transaction& tx, const std::string& project_id, bool hidden,
                                                const std::vector<std::string>& audience) {
  for (const std::string& each : audience) {
    const std::array values{sql::param{each}, sql::param{project_id}, sql::param{hidden}};
    co_await tx.execute(set_hidden, values);
  }
}

awaitable<void> digest_repository::remove_project(sql::transaction& tx, const std::string& project_id,
                                                  const std::vector<std::string>& audience) {
  for (const std::string& each : audience) {
    const std::array values{sql::param{each}, sql::param{project_id}};
    co_await tx.execute(delete_project, values);
  }
}

}  // namespace cumulo::notifications
