#include "task-service/storage/trash_repository.hpp"

#include <limits>

#include "task-service/storage/reminder_repository.hpp"
#include "task-service/storage/search.hpp"

namespace cumulo::tasks {

namespace {

constexpr sql::statement select_trash{
    "trash.list",
    "SELECT id, kind, title, project_id, deleted_at FROM ("
    "SELECT * FROM (SELECT t.id AS id, 0 AS kind, t.title AS title, t.project_id AS project_id, t.trashed_at AS "
    "deleted_at "
    "FROM tasks t CROSS JOIN project_members m "
    "WHERE t.space_id = ?1 AND t.trashed_at IS NOT NULL AND m.account_id = ?1 AND m.project_id = t.project_id "
    "AND (t.trashed_at, t.id) < (?2, ?3) ORDER BY t.trashed_at DESC, t.id DESC LIMIT ?4) AS a "
    "UNION ALL "
    "SELECT * FROM (SELECT p.id AS id, 1 AS kind, p.name AS title, CAST(NULL AS TEXT) AS project_id, "
    "p.trashed_at AS deleted_at FROM project_members m JOIN projects p ON p.id = m.project_id "
    "WHERE m.account_id = ?1 AND p.trashed_at IS NOT NULL AND (p.trashed_at, p.id) < (?2, ?3) "
    "ORDER BY p.trashed_at DESC, p.id DESC LIMIT ?4) AS b) AS c ORDER BY deleted_at DESC, id DESC LIMIT ?4"};

constexpr sql::statement select_task_in_trash{
    "trash.get_task",
    "SELECT t.id, m.role FROM tasks t JOIN project_members m ON m.account_id = ?1 AND m.project_id = t.project_id "
    "WHERE t.id = ?2 AND t.trashed_at IS NOT NULL"};
constexpr sql::statement select_project_in_trash{
    "trash.get_project",
    "SELECT p.id, m.role FROM project_members m JOIN projects p ON p.id = m.project_id "
    "WHERE m.account_id = ?1 AND m.project_id = ?2 AND p.trashed_at IS NOT NULL"};

// Each gives at most a piece's worth of (id, space_id). Tasks are locked, so that none is erased that somebody restores
// meanwhile: whoever waited for a restoration finds that the task is no longer in the trash.
#define CUMULO_ONE_TASK "SELECT id, space_id FROM tasks WHERE id = ?1 AND trashed_at IS NOT NULL"
constexpr sql::statement select_one_task{"trash.tasks_by_id", CUMULO_ONE_TASK, CUMULO_ONE_TASK " FOR UPDATE"};
constexpr sql::statement select_one_project{
    "trash.projects_by_id", "SELECT id, space_id FROM projects WHERE id = ?1 AND trashed_at IS NOT NULL"};
#define CUMULO_OWN_TASKS                                                                                              \
  "SELECT t.id, t.space_id FROM tasks t JOIN project_members m ON m.account_id = ?1 AND m.project_id = t.project_id " \
  "WHERE t.space_id = ?1 AND t.trashed_at IS NOT NULL AND m.role <> 'viewer' LIMIT 200"
constexpr sql::statement select_own_tasks{"trash.tasks_by_account", CUMULO_OWN_TASKS,
                                          CUMULO_OWN_TASKS " FOR UPDATE OF t"};
constexpr sql::statement select_own_projects{
    "trash.projects_by_account",
    "SELECT p.id, p.space_id FROM project_members m JOIN projects p ON p.id = m.project_id "
    "WHERE m.account_id = ?1 AND m.role = 'owner' AND p.trashed_at IS NOT NULL LIMIT 200"};
#define CUMULO_OLD_TASKS "SELECT id, space_id FROM tasks WHERE trashed_at < ?1 AND trashed_at IS NOT NULL LIMIT 200"
constexpr sql::statement select_old_tasks{"trash.tasks_by_age", CUMULO_OLD_TASKS, CUMULO_OLD_TASKS " FOR UPDATE"};
constexpr sql::statement select_old_projects{
    "trash.projects_by_age",
    "SELECT id, space_id FROM projects WHERE trashed_at < ?1 AND trashed_at IS NOT NULL LIMIT 200"};
#define CUMULO_TASKS_OF_PROJECT \
  "SELECT id, space_id FROM tasks WHERE project_id = ?1 AND trashed_at IS NOT NULL LIMIT 200"
constexpr sql::statement select_tasks_of_project{"trash.tasks_by_project", CUMULO_TASKS_OF_PROJECT,
                                                 CUMULO_TASKS_OF_PROJECT " FOR UPDATE"};

constexpr sql::statement delete_task{"trash.delete_task", "DELETE FROM tasks WHERE id = ?1"};
// What came into it while it went into the trash is not in the trash, and keeps it.
constexpr sql::statement delete_project{"trash.delete_project",
                                        "DELETE FROM projects WHERE id = ?1 AND trashed_at IS NOT NULL "
                                        "AND NOT EXISTS (SELECT 1 FROM tasks WHERE project_id = ?1)"};

/// What one transaction erases of an account: tasks, then reminders, then projects.
constexpr std::uint64_t piece_of_account = 500;
constexpr sql::statement delete_tasks_of_space{"account.delete_tasks",
                                               "DELETE FROM tasks WHERE space_id = ?1 AND id IN "
                                               "(SELECT id FROM tasks WHERE space_id = ?1 ORDER BY id LIMIT ?2)"};
constexpr sql::statement delete_projects_of_space{
    "account.delete_projects",
    "DELETE FROM projects WHERE id IN (SELECT id FROM projects WHERE space_id = ?1 LIMIT ?2)"};
constexpr sql::statement note_rest{"account.note_rest",
                                   "INSERT INTO erasures (account_id) VALUES (?1) ON CONFLICT DO NOTHING"};
#define CUMULO_NEXT_REST "SELECT account_id FROM erasures ORDER BY account_id LIMIT 1"
// Locked: a piece is made of several statements, between which no other replica may take its tasks away.
constexpr sql::statement select_rest{"account.next_rest", CUMULO_NEXT_REST, CUMULO_NEXT_REST " FOR UPDATE SKIP LOCKED"};
constexpr sql::statement forget_rest{"account.forget_rest", "DELETE FROM erasures WHERE account_id = ?1"};
constexpr sql::statement delete_memberships{"account.delete_memberships",
                                            "DELETE FROM project_members WHERE account_id = ?1"};
constexpr sql::statement delete_answers{"account.delete_answers", "DELETE FROM idempotency WHERE caller = ?1"};

struct owned_key {
  std::string id, space_id;
};

constexpr auto to_the_end = [] { return false; };

awaitable<void> announce_in(sql::transaction& tx, bus::event happened) {
  const bus::outbox_row row{std::move(happened)};
  co_await tx.execute(row.statement(), row.values());
}

/// False if nothing is left of the account's space.
awaitable<bool> erase_piece(sql::engine kind, sql::transaction& tx, std::string_view account_id) {
  const std::array values{sql::param{account_id}, sql::param{piece_of_account}};
  co_await forget_documents_of_space(kind, tx, account_id, piece_of_account);
  if (co_await tx.execute(delete_tasks_of_space, values) == piece_of_account) co_return true;
  if (co_await erase_reminders(tx, account_id, piece_of_account) == piece_of_account) co_return true;
  co_return co_await tx.execute(delete_projects_of_space, values) == piece_of_account;
}

}  // namespace

awaitable<std::optional<trash_position>> trash_repository::list_trash(std::string_view account_id,
                                                                      std::optional<trash_position> after, int limit,
                                                                      function_ref<void(const trash_item&)> sink) {
  const trash_position from =
      after.value_or(trash_position{std::numeric_limits<std::int64_t>::max(), "\xF4\x8F\xBF\xBF"});
  const std::array values{sql::param{account_id}, sql::param{from.deleted_at}, sql::param{from.id},
                          sql::param{limit + 1}};
  int taken = 0;
  bool more = false;
  trash_position last{};
  auto take = [&](const sql::row& row) {
    if (taken == limit) {
      more = true;
      return;
    }
    ++taken;
    last = {row.integer(4), std::string{row.text(0)}};
    trash_item item{row.text(0), row.integer(1) == 0 ? trash_kind::task : trash_kind::project, row.text(2),
                    std::nullopt, from_millis(row.integer(4))};
    if (!row.is_null(3)) item.project_id = row.text(3);
    sink(item);
  };
  co_await store_.query(select_trash, values, take);
  if (!more) co_return std::nullopt;
  co_return last;
}

awaitable<result<>> trash_repository::erase_from_trash(std::string_view account_id, std::string_view id,
                                                       announcement announce) {
  const std::array key{sql::param{account_id}, sql::param{id}};
  std::string role;
  auto take = [&](const sql::row& row) { role = row.text(1); };
  const std::array one{sql::param{id}};

  co_await store_.query(select_task_in_trash, key, take);
  if (!role.empty()) {
    if (role == "viewer") co_return error{errc::forbidden, "You may see this task, but not erase it."};
    const std::uint64_t erased = co_await erase_tasks(select_one_task, one, announce, to_the_end);
    if (erased == 0) co_return error{errc::not_found, "It is not in the trash."};
    co_return result<>{};
  }
  co_await store_.query(select_project_in_trash, key, take);
  if (role.empty()) co_return error{errc::not_found, "It is not in the trash."};
  if (role != "owner") co_return error{errc::forbidden, "Only its owner may erase a project."};
  const std::uint64_t erased = co_await erase_projects(select_one_project, one, announce, to_the_end);
  if (erased == 0) co_return error{errc::not_found, "It is not in the trash."};
  co_return result<>{};
}

awaitable<void> trash_repository::empty_trash(std::string_view account_id, announcement announce) {
  const std::array values{sql::param{account_id}};
  co_await erase_tasks(select_own_tasks, values, announce, to_the_end);
  co_await erase_projects(select_own_projects, values, announce, to_the_end);
}

awaitable<std::uint64_t> trash_repository::purge_trash(instant then, announcement announce,
                                                       const std::function<bool()>& stopping) {
  const std::array values{sql::param{to_millis(then)}};
  const std::uint64_t tasks = co_await erase_tasks(select_old_tasks, values, announce, stopping);
  const std::uint64_t projects = co_await erase_projects(select_old_projects, values, announce, stopping);
  co_return tasks + projects;
}

awaitable<std::uint64_t> trash_repository::erase_tasks(const sql::statement& which, std::span<const sql::param> values,
                                                       announcement announce, function_ref<bool()> stopping) {
  const sql::engine kind = store_.kind();
  std::uint64_t erased = 0;
  for (;;) {
    auto piece = [&](sql::transaction& tx) -> awaitable<std::uint64_t> {
      tx.wait_for_locks();
      std::vector<owned_key> keys;
      auto take = [&](const sql::row& row) { keys.push_back({std::string{row.text(0)}, std::string{row.text(1)}}); };
      co_await tx.execute(which, values, take);
      std::uint64_t gone = 0;
      for (const auto& [id, space_id] : keys) {
        const std::array key{sql::param{id}};
        const std::vector<sql::command> forgetting = forgetting_document(kind, key);
        co_await tx.execute_all(forgetting);
        const std::uint64_t deleted = co_await tx.execute(delete_task, key);
        if (deleted == 0) continue;
        ++gone;
        co_await announce_in(tx, announce({trash_kind::task, id, space_id}));
      }
      co_return gone;
    };
    const std::uint64_t gone = co_await store_.transact(piece);
    erased += gone;
    if (gone == 0 || stopping()) co_return erased;
  }
}

awaitable<std::uint64_t> trash_repository::erase_projects(const sql::statement& which,
                                                          std::span<const sql::param> values, announcement announce,
                                                          function_ref<bool()> stopping) {
  std::vector<owned_key> keys;
  auto take = [&](const sql::row& row) { keys.push_back({std::string{row.text(0)}, std::string{row.text(1)}}); };
  co_await store_.query(which, values, take);
  std::uint64_t erased = 0;
  for (const auto& [id, space_id] : keys) {
    if (stopping()) co_return erased;
    const std::array key{sql::param{id}};
    co_await erase_tasks(select_tasks_of_project, key, announce, stopping);
    auto last = [&](sql::transaction& tx) -> awaitable<std::uint64_t> {
      const std::uint64_t deleted = co_await tx.execute(delete_project, key);
      if (deleted != 0) co_await announce_in(tx, announce({trash_kind::project, id, space_id}));
      co_return deleted;
    };
    erased += co_await store_.transact(last);
  }
  co_return erased;
}

awaitable<void> erase_account(sql::engine kind, sql::transaction& tx, std::string_view account_id) {
  const std::array values{sql::param{account_id}};
  co_await tx.execute(delete_memberships, values);
  co_await tx.execute(delete_answers, values);
  co_await forget_zone(tx, account_id);
  if (co_await erase_piece(kind, tx, account_id)) co_await tx.execute(note_rest, values);
}

awaitable<void> trash_repository::erase_rest(const std::function<bool()>& stopping) {
  auto piece = [kind = store_.kind()](sql::transaction& tx) -> awaitable<bool> {
    tx.wait_for_locks();
    std::string account_id;
    auto take = [&](const sql::row& row) { account_id = row.text(0); };
    co_await tx.execute(select_rest, {}, take);
    if (account_id.empty()) co_return false;
    if (co_await erase_piece(kind, tx, account_id)) co_return true;
    const std::array values{sql::param{account_id}};
    co_await tx.execute(forget_rest, values);
    co_return true;
  };
  bool more = true;
  while (more && !stopping()) more = co_await store_.transact(piece);
}

}  // namespace cumulo::tasks
