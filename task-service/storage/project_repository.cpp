#include "task-service/storage/project_repository.hpp"

#include "task-service/domain/text.hpp"
#include "task-service/storage/reminder_repository.hpp"
#include "task-service/storage/task_repository.hpp"

namespace cumulo::tasks {

namespace {

#define CUMULO_PROJECT_COLUMNS                                                                            \
  "SELECT p.id, p.space_id, p.is_inbox, p.name, p.description, p.color, p.archived, m.position, m.role, " \
  "p.created_at, p.updated_at, p.created_by, p.version, p.trashed_at, p.name_key "                        \
  "FROM project_members m JOIN projects p ON p.id = m.project_id WHERE m.account_id = ?1 "

constexpr sql::statement select_project{"project.get",
                                        CUMULO_PROJECT_COLUMNS "AND m.project_id = ?2 AND p.trashed_at IS NULL"};
constexpr sql::statement select_for_change{"project.get_for_change", CUMULO_PROJECT_COLUMNS "AND m.project_id = ?2",
                                           CUMULO_PROJECT_COLUMNS "AND m.project_id = ?2 FOR UPDATE OF p"};
constexpr sql::statement select_projects{
    "project.list", CUMULO_PROJECT_COLUMNS
    "AND p.is_inbox = 0 AND p.trashed_at IS NULL AND (CAST(?2 AS BIGINT) IS NULL OR p.archived = ?2) "
    "AND (m.position, p.name_key, p.id) > (?3, ?4, ?5) ORDER BY m.position, p.name_key, p.id LIMIT ?6"};
constexpr sql::statement select_next_position{
    "project.next_position", "SELECT COALESCE(MAX(position), 0) + 1 FROM project_members WHERE account_id = ?1"};

constexpr sql::statement insert_project{"project.insert",
                                        "INSERT INTO projects (id, space_id, is_inbox, name, name_key, description, "
                                        "color, archived, created_at, updated_at, "
                                        "created_by, version) VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, 0, ?7, ?7, ?2, 1)"};
constexpr sql::statement insert_membership{
    "project.insert_membership",
    "INSERT INTO project_members (account_id, project_id, role, position, archived) VALUES (?1, ?2, 'owner', ?3, 0)"};

constexpr sql::statement update_project{
    "project.update",
    "UPDATE projects SET name = ?3, name_key = ?4, description = ?5, color = ?6, archived = ?7, updated_at = ?8, "
    "version = ?9, trashed_at = ?10 WHERE id = ?1 AND version = ?2"};
constexpr sql::statement update_position{
    "project.update_position", "UPDATE project_members SET position = ?3 WHERE account_id = ?1 AND project_id = ?2"};
constexpr sql::statement update_archived{"project.update_archived",
                                         "UPDATE project_members SET archived = ?2 WHERE project_id = ?1"};
constexpr sql::statement trash_tasks{
    "project.trash_tasks",
    "UPDATE tasks SET trashed_at = ?2, trashed_with = ?1, updated_at = ?2, version = version + 1 "
    "WHERE project_id = ?1 AND trashed_at IS NULL"};
constexpr sql::statement restore_tasks{
    "project.restore_tasks",
    "UPDATE tasks SET trashed_at = NULL, trashed_with = NULL, updated_at = ?2, version = version + 1, "
    "due_soon_at = CASE WHEN due_soon_at > ?2 THEN due_soon_at END "
    "WHERE project_id = ?1 AND trashed_with = ?1"};

constexpr sql::statement select_labels{
    "label.list",
    "SELECT l.label_key, MAX(l.label), COUNT(*) FROM task_labels l JOIN tasks t ON t.id = l.task_id "
    "JOIN project_members m ON m.account_id = ?1 AND m.project_id = t.project_id "
    "WHERE l.space_id = ?1 AND l.label_key > ?2 AND t.trashed_at IS NULL "
    "GROUP BY l.label_key ORDER BY l.label_key LIMIT ?3"};

project project_of(const sql::row& row) {
  project p{.id = std::string{row.text(0)},
            .space_id = std::string{row.text(1)},
            .is_inbox = row.integer(2) != 0,
            .name = std::string{row.text(3)},
            .description = std::string{row.text(4)},
            .color = row.optional_text(5),
            .archived = row.integer(6) != 0,
            .position = row.integer(7),
            .role = std::string{row.text(8)},
            .created_at = from_millis(row.integer(9)),
            .updated_at = from_millis(row.integer(10)),
            .created_by = std::string{row.text(11)},
            .version = row.integer(12),
            .trashed_at = {}};
  if (!row.is_null(13)) p.trashed_at = from_millis(row.integer(13));
  return p;
}

}  // namespace

awaitable<std::optional<project>> project_repository::find_project(std::string_view account_id, std::string_view id) {
  std::optional<project> found;
  const std::array values{sql::param{account_id}, sql::param{id}};
  auto take = [&](const sql::row& row) { found = project_of(row); };
  co_await store_.query(select_project, values, take);
  if (!found && id == inbox_of(account_id)) found = unwritten_inbox(account_id);
  co_return found;
}

awaitable<std::optional<project_position>> project_repository::list_projects(std::string_view account_id,
                                                                             std::optional<bool> archived,
                                                                             std::optional<project_position> after,
                                                                             int limit,
                                                                             function_ref<bool(const project&)> sink) {
  const project_position from = after.value_or(project_position{});
  const std::array values{sql::param{account_id},    sql::param{archived}, sql::param{from.position},
                          sql::param{from.name_key}, sql::param{from.id},  sql::param{limit + 1}};
  int taken = 0;
  bool more = false;
  project_position last = from;
  auto take = [&](const sql::row& row) {
    if (more) return;
    const project p = project_of(row);
    if (taken == limit || !sink(p)) {
      more = true;
      return;
    }
    ++taken;
    last = {p.position, std::string{row.text(14)}, p.id};
  };
  co_await store_.query(select_projects, values, take);
  if (!more) co_return std::nullopt;
  co_return last;
}

awaitable<std::int64_t> project_repository::next_position(std::string_view account_id) {
  std::int64_t position = 1;
  const std::array values{sql::param{account_id}};
  auto take = [&](const sql::row& row) { position = row.integer(0); };
  co_await store_.query(select_next_position, values, take);
  co_return std::min(position, largest_position);
}

awaitable<void> project_repository::add_project(const project& p, std::span<const sql::command> beside) {
  const std::string name_key = sort_key(p.name);
  const std::array values{sql::param{p.id},
                          sql::param{p.space_id},
                          sql::param{p.name},
                          sql::param{name_key},
                          sql::param{p.description},
                          sql::param{p.color},
                          sql::param{to_millis(p.created_at)}};
  const std::array membership{sql::param{p.created_by}, sql::param{p.id}, sql::param{p.position}};
  std::vector<sql::command> commands{{&insert_project, values}, {&insert_membership, membership}};
  commands.insert(commands.end(), beside.begin(), beside.end());
  co_await store_.write(commands);
}

awaitable<result<project>> project_repository::change_project(std::string_view account_id, std::string_view id,
                                                              bool owner_only, decision decide) {
  auto body = [&](sql::transaction& tx) -> awaitable<result<project>> {
    tx.wait_for_locks();
    std::optional<project> found;
    const std::array key{sql::param{account_id}, sql::param{id}};
    auto load = [&](const sql::row& row) { found = project_of(row); };
    co_await tx.execute(select_for_change, key, load);
    if (!found && id == inbox_of(account_id)) {
      const inbox_rows inbox{account_id};
      const std::vector<sql::command> rows = inbox.insertion();
      co_await tx.execute_all(rows);
      co_await tx.execute(select_for_change, key, load);
    }
    if (!found) co_return error{errc::not_found, "There is no such project."};
    if (owner_only ? found->role != "owner" : !found->may_be_written()) {
      co_return error{errc::forbidden, "You may see this project, but not change it."};
    }

    const project before = *found;
    result<project_decision> decided = decide(*found);
    if (decided.has_error()) co_return decided.error();
    const project& p = *found;
    if (!decided->changes.members.empty()) {
      const std::string name_key = sort_key(p.name);
      const std::int64_t updated_at = to_millis(p.updated_at);
      const std::optional<std::int64_t> trashed_at =
          p.trashed_at ? std::optional{to_millis(*p.trashed_at)} : std::nullopt;
      const std::array values{sql::param{p.id},       sql::param{before.version}, sql::param{p.name},
                              sql::param{name_key},   sql::param{p.description},  sql::param{p.color},
                              sql::param{p.archived}, sql::param{updated_at},     sql::param{p.version},
                              sql::param{trashed_at}};
      const std::uint64_t written = co_await tx.execute(update_project, values);
      if (written == 0) co_return error{errc::precondition_failed, "The project was changed meanwhile."};

      if (p.position != before.position) {
        const std::array place{sql::param{account_id}, sql::param{p.id}, sql::param{p.position}};
        co_await tx.execute(update_position, place);
      }
      if (p.archived != before.archived) {
        const std::array shelf{sql::param{p.id}, sql::param{p.archived}};
        co_await tx.execute(update_archived, shelf);
      }
      if (p.trashed_at.has_value() != before.trashed_at.has_value()) {
        const std::array along{sql::param{p.id}, sql::param{updated_at}};
        co_await tx.execute(p.trashed_at ? trash_tasks : restore_tasks, along);
        co_await follow_project(tx, p.id, p.trashed_at.has_value(), p.updated_at);
      }
    }
    for (const sql::command& each : decided->beside) co_await tx.execute(*each.what, each.values);
    co_return std::move(*found);
  };
  co_return co_await store_.transact(body);
}

awaitable<void> project_repository::list_labels(std::string_view account_id, std::string_view after_key, int limit,
                                                function_ref<void(const label_count&)> sink) {
  const std::array values{sql::param{account_id}, sql::param{after_key}, sql::param{limit}};
  auto take = [&](const sql::row& row) { sink({row.text(1), row.text(0), row.integer(2)}); };
  co_await store_.query_slow(select_labels, values, take);
}

}  // namespace cumulo::tasks
