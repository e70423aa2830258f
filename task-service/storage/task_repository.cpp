#include "task-service/storage/task_repository.hpp"

#include "task-service/domain/project.hpp"
#include "task-service/domain/rules.hpp"
#include "task-service/domain/text.hpp"
#include "task-service/storage/reminder_repository.hpp"
#include "task-service/storage/rows.hpp"
#include "task-service/storage/search.hpp"

namespace cumulo::tasks {

namespace {

constexpr sql::statement select_task{
    "task.get", "SELECT " CUMULO_TASK_COLUMNS " " CUMULO_VISIBLE_TASKS "WHERE t.id = ?2 AND t.trashed_at IS NULL"};

// On SQLite rows lie by (space_id, id): nearly all that is asked for is in the caller's own space, one search less
// away.
constexpr sql::statement select_own_task{"task.get_own",
                                         "SELECT " CUMULO_TASK_COLUMNS " " CUMULO_VISIBLE_TASKS
                                         "WHERE t.space_id = ?1 AND t.id = ?2 AND t.trashed_at IS NULL"};

#define CUMULO_SELECT_FOR_CHANGE                                                                    \
  "SELECT " CUMULO_TASK_COLUMNS                                                                     \
  ", t.space_id, t.due_at, t.trashed_at, m.role, p.trashed_at, t.due_soon_at " CUMULO_VISIBLE_TASKS \
  "JOIN projects p ON p.id = t.project_id WHERE "
constexpr sql::statement select_for_change{"task.get_for_change", CUMULO_SELECT_FOR_CHANGE "t.id = ?2",
                                           CUMULO_SELECT_FOR_CHANGE "t.id = ?2 FOR UPDATE OF t"};
constexpr sql::statement select_own_for_change{"task.get_own_for_change",
                                               CUMULO_SELECT_FOR_CHANGE "t.space_id = ?1 AND t.id = ?2"};

// A project that the caller may not write to gives no space_id, which breaks NOT NULL and with it the whole
// transaction: so what stands beside the task needs no condition of its own.
constexpr sql::statement insert_task{
    "task.insert",
    "INSERT INTO tasks (space_id, id, project_id, title, title_key, description, status, priority, due, due_at, "
    "timezone, "
    "labels, created_at, updated_at, completed_at, created_by, version, due_soon_at) VALUES ("
    "(SELECT p.space_id FROM project_members m JOIN projects p ON p.id = m.project_id WHERE m.account_id = ?1 "
    "AND m.project_id = ?4 AND m.role <> 'viewer' AND p.trashed_at IS NULL AND p.space_id = ?2), "
    "?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)"};

std::optional<std::int64_t> millis_of(const std::optional<instant>& t) {
  if (!t) return std::nullopt;
  return to_millis(*t);
}

/// What kinds of columns a change touches. SQLite writes every index anew of which an UPDATE names a column, whether
/// its value differs or not, so each kind of change has a statement that names no more than it must.
enum touched : unsigned { its_place = 1, its_deadline = 2, its_progress = 4, its_trash = 8 };
constexpr std::size_t kinds_of_change = 16;

struct written_task {
  const task& t;
  const std::string& labels;
  const std::string& title_key;
};

struct column {
  std::string_view name;
  unsigned named_for;  ///< any of these; 0: always
  sql::param (*value)(const written_task&);
};
constexpr std::array columns{
    column{"title", 0, [](const written_task& w) { return sql::param{w.t.title}; }},
    column{"title_key", 0, [](const written_task& w) { return sql::param{w.title_key}; }},
    column{"description", 0, [](const written_task& w) { return sql::param{w.t.description}; }},
    column{"priority", 0, [](const written_task& w) { return sql::param{static_cast<int>(w.t.priority)}; }},
    column{"labels", 0, [](const written_task& w) { return sql::param{w.labels}; }},
    column{"updated_at", 0, [](const written_task& w) { return sql::param{to_millis(w.t.updated_at)}; }},
    column{"version", 0, [](const written_task& w) { return sql::param{w.t.version}; }},
    column{"space_id", its_place, [](const written_task& w) { return sql::param{w.t.space_id}; }},
    column{"project_id", its_place, [](const written_task& w) { return sql::param{w.t.project_id}; }},
    column{"due", its_deadline, [](const written_task& w) { return sql::param{w.t.due}; }},
    column{"due_at", its_deadline, [](const written_task& w) { return sql::param{millis_of(w.t.due_at)}; }},
    column{"timezone", its_deadline, [](const written_task& w) { return sql::param{w.t.timezone}; }},
    column{"status", its_progress, [](const written_task& w) { return sql::param{static_cast<int>(w.t.status)}; }},
    column{"completed_at", its_progress, [](const written_task& w) { return sql::param{millis_of(w.t.completed_at)}; }},
    column{"trashed_at", its_trash, [](const written_task& w) { return sql::param{millis_of(w.t.trashed_at)}; }},
    column{"trashed_with", its_trash, [](const written_task&) { return sql::param{nullptr}; }},
    column{"due_soon_at", its_deadline | its_progress | its_trash,
           [](const written_task& w) { return sql::param{millis_of(w.t.due_soon_at)}; }}};

bool is_named(const column& c, unsigned what) { return c.named_for == 0 || (c.named_for & what) != 0; }

/// ?1 space_id, ?2 id and ?3 version before the change, then the columns that are named.
const sql::statement& update_task(unsigned what) {
  struct made {
    std::array<std::string, kinds_of_change> texts;
    std::array<sql::statement, kinds_of_change> statements;
    made() {
      for (unsigned kind = 0; kind < kinds_of_change; ++kind) {
        std::string& text = texts[kind];
        int number = 3;
        for (const column& each : columns) {
          if (!is_named(each, kind)) continue;
          text.append(text.empty() ? "UPDATE tasks SET " : ", ").append(each.name);
          text.append(" = ?").append(std::to_string(++number));
        }
        text += " WHERE space_id = ?1 AND id = ?2 AND version = ?3";
        statements[kind] = {"task.update", text};
      }
    }
  };
  static const made all;
  return all.statements[what];
}

constexpr sql::statement select_writable_project{
    "project.get_writable",
    "SELECT p.space_id FROM project_members m JOIN projects p ON p.id = m.project_id "
    "WHERE m.account_id = ?1 AND m.project_id = ?2 AND m.role <> 'viewer' AND p.trashed_at IS NULL"};

constexpr sql::statement delete_labels{"task.delete_labels", "DELETE FROM task_labels WHERE task_id = ?1"};

constexpr sql::statement insert_inbox{
    "project.insert_inbox",
    "INSERT INTO projects (id, space_id, is_inbox, name, name_key, description, archived, created_at, updated_at, "
    "created_by, version) VALUES (?1, ?2, 1, 'Inbox', 'inbox', '', 0, ?3, ?3, ?2, 1) ON CONFLICT DO NOTHING"};
constexpr sql::statement insert_inbox_membership{
    "project.insert_inbox_membership",
    "INSERT INTO project_members (account_id, project_id, role, position, archived) VALUES (?2, ?1, 'owner', 0, 0) "
    "ON CONFLICT DO NOTHING"};

error no_such_task() { return {errc::not_found, "There is no such task."}; }
error no_such_project() { return invalid({{"/project_id", "not_found", "There is no such project."}}); }

std::uint64_t hash_of(std::string_view account_id, std::string_view project_id) {
  const std::hash<std::string_view> hash;
  const std::uint64_t both = hash(account_id) * 0x9E3779B97F4A7C15ULL ^ hash(project_id);
  return both == 0 ? 1 : both;
}

}  // namespace

bool open_projects::has(std::string_view account_id, std::string_view project_id) const {
  const std::uint64_t hash = hash_of(account_id, project_id);
  return places_[hash % places_.size()] == hash;
}

void open_projects::remember(std::string_view account_id, std::string_view project_id) {
  const std::uint64_t hash = hash_of(account_id, project_id);
  places_[hash % places_.size()] = hash;
}

void open_projects::forget(std::string_view account_id, std::string_view project_id) {
  std::uint64_t hash = hash_of(account_id, project_id);
  places_[hash % places_.size()].compare_exchange_strong(hash, 0);
}

awaitable<bool> task_repository::find_task(std::string_view account_id, std::string_view id,
                                           function_ref<void(const task_view&)> sink) {
  const std::array values{sql::param{account_id}, sql::param{id}};
  auto take = [&](const sql::row& row) { sink(view_of(row)); };
  std::uint64_t found = 0;
  if (store_.kind() == sql::engine::sqlite) found = co_await store_.query(select_own_task, values, take);
  if (found == 0) found = co_await store_.query(select_task, values, take);
  co_return found != 0;
}

awaitable<result<>> task_repository::add_task(std::string_view account_id, task& t,
                                              std::span<const sql::command> beside) {
  const bool to_inbox = t.project_id == inbox_of(account_id);
  const bool known_open = !to_inbox && open_projects_->has(account_id, t.project_id);
  if (known_open) t.space_id = account_id;
  if (!to_inbox && !known_open) {
    const std::array values{sql::param{account_id}, sql::param{t.project_id}};
    auto take = [&](const sql::row& row) { t.space_id = row.text(0); };
    const std::uint64_t found = co_await store_.query(select_writable_project, values, take);
    if (found == 0) co_return no_such_project();
  }

  t.due_soon_at = due_soon_moment(t, due_soon_, t.created_at);
  const std::string labels = labels_to_json(t.labels);
  const std::string title_key = sort_key(t.title);
  const std::array values{sql::param{account_id},
                          sql::param{t.space_id},
                          sql::param{t.id},
                          sql::param{t.project_id},
                          sql::param{t.title},
                          sql::param{title_key},
                          sql::param{t.description},
                          sql::param{static_cast<int>(t.status)},
                          sql::param{static_cast<int>(t.priority)},
                          sql::param{t.due},
                          sql::param{millis_of(t.due_at)},
                          sql::param{t.timezone},
                          sql::param{labels},
                          sql::param{to_millis(t.created_at)},
                          sql::param{to_millis(t.updated_at)},
                          sql::param{millis_of(t.completed_at)},
                          sql::param{t.created_by},
                          sql::param{t.version},
                          sql::param{millis_of(t.due_soon_at)}};
  const task_document document{store_.kind(), t};
  const label_rows labelled{t};
  std::vector<sql::command> commands{{&insert_task, values}, document.insertion()};
  if (!t.labels.empty()) commands.push_back(labelled.insertion());
  commands.insert(commands.end(), beside.begin(), beside.end());

  bool refused = false;
  try {
    co_await store_.write(commands);
  } catch (const sql::database_error& e) {
    if (e.kind() != sql::failure::check_violation || e.statement() != insert_task.name) throw;
    refused = true;
  }
  if (!refused) {
    if (!to_inbox && !known_open && t.space_id == account_id) open_projects_->remember(account_id, t.project_id);
    co_return result<>{};
  }
  if (known_open) {
    open_projects_->forget(account_id, t.project_id);
    co_return co_await add_task(account_id, t, beside);
  }
  if (!to_inbox) co_return no_such_project();  // it went away in between

  const inbox_rows inbox{account_id};
  std::vector<sql::command> with_inbox = inbox.insertion();
  with_inbox.insert(with_inbox.end(), commands.begin(), commands.end());
  co_await store_.write(with_inbox);
  co_return result<>{};
}

awaitable<result<task>> task_repository::change_task(std::string_view account_id, std::string_view id,
                                                     decision decide) {
  return change(account_id, id, where::outside_trash, decide);
}

awaitable<result<task>> task_repository::change_any_task(std::string_view account_id, std::string_view id,
                                                         decision decide) {
  return change(account_id, id, where::anywhere, decide);
}

awaitable<result<task>> task_repository::change(std::string_view account_id, std::string_view id, where place,
                                                decision decide) {
  const sql::engine kind = store_.kind();
  auto body = [&](sql::transaction& tx) -> awaitable<result<task>> {
    stored_task stored;
    bool may_write = false;
    bool found = false;
    auto load = [&](const sql::row& row) {
      constexpr int next = task_column_count;
      stored.current = task_of(row);
      stored.current.space_id = row.text(next);
      if (!row.is_null(next + 1)) stored.current.due_at = from_millis(row.integer(next + 1));
      if (!row.is_null(next + 2)) stored.current.trashed_at = from_millis(row.integer(next + 2));
      may_write = row.text(next + 3) != "viewer";
      stored.project_in_trash = !row.is_null(next + 4);
      if (!row.is_null(next + 5)) stored.current.due_soon_at = from_millis(row.integer(next + 5));
      found = place == where::anywhere || !stored.current.trashed_at;
    };
    const std::array key{sql::param{account_id}, sql::param{id}};
    tx.wait_for_locks();
    std::uint64_t loaded = 0;
    if (kind == sql::engine::sqlite) loaded = co_await tx.execute(select_own_for_change, key, load);
    if (loaded == 0) co_await tx.execute(select_for_change, key, load);
    if (!found) co_return no_such_task();
    if (!may_write) co_return error{errc::forbidden, "You may see this task, but not change it."};

    const std::int64_t version = stored.current.version;
    const std::string project_id = stored.current.project_id;
    result<task_decision> decided = decide(stored);
    if (decided.has_error()) co_return decided.error();
    const change_summary& changes = decided->changes;
    task& t = stored.current;
    if (changes.members.empty()) {
      co_await tx.execute_all(decided->beside);
      co_return std::move(t);
    }

    const std::string old_space = t.space_id;
    if (t.project_id != project_id) {
      if (t.project_id == inbox_of(account_id)) {
        const inbox_rows inbox{account_id};
        const std::vector<sql::command> rows = inbox.insertion();
        co_await tx.execute_all(rows);
      }
      const std::array target{sql::param{account_id}, sql::param{t.project_id}};
      auto take = [&](const sql::row& row) { t.space_id = row.text(0); };
      const std::uint64_t writable = co_await tx.execute(select_writable_project, target, take);
      if (writable == 0) co_return no_such_project();
    }

    const bool due_moved = changes.touches("due") || changes.touches("timezone");
    const bool reopened = changes.touches("status") || changes.touches("trashed_at");
    const instant now = time_.now();
    if (due_moved) t.due_soon_at = due_soon_moment(t, due_soon_, now);
    if (reopened && t.due_soon_at && *t.due_soon_at <= now) t.due_soon_at.reset();

    const unsigned what = (t.project_id != project_id ? its_place : 0U) | (due_moved ? its_deadline : 0U) |
                          (changes.touches("status") ? its_progress : 0U) |
                          (changes.touches("trashed_at") ? its_trash : 0U);
    const std::string labels = labels_to_json(t.labels);
    const std::string title_key = sort_key(t.title);
    std::vector<sql::param> values{sql::param{old_space}, sql::param{id}, sql::param{version}};
    for (const column& each : columns) {
      if (is_named(each, what)) values.push_back(each.value({t, labels, title_key}));
    }
    std::vector<sql::command> commands{{&update_task(what), values}};
    const bool moved = t.space_id != old_space;
    const std::array task_key{sql::param{id}};
    std::optional<task_document> document;
    if (moved || changes.touches("title") || changes.touches("description") || changes.touches("labels")) {
      std::ranges::copy(forgetting_document(kind, task_key), std::back_inserter(commands));
      commands.push_back(document.emplace(kind, t).insertion());
    }
    std::optional<label_rows> labelled;
    if (moved || changes.touches("labels")) {
      commands.push_back({&delete_labels, task_key});
      if (!t.labels.empty()) commands.push_back(labelled.emplace(t).insertion());
    }
    std::ranges::copy(decided->beside, std::back_inserter(commands));
    std::vector<std::uint64_t> changed(commands.size());
    co_await tx.execute_all(commands, changed);
    // It is locked on PostgreSQL, and SQLite has one writer; and what else was written goes with this answer.
    if (changed.front() == 0) co_return error{errc::precondition_failed, "The task was changed meanwhile."};

    if (due_moved || reopened) co_await follow_task(tx, t, due_moved, now);
    co_return std::move(t);
  };
  co_return co_await store_.transact(body);
}

inbox_rows::inbox_rows(std::string_view account_id)
    : account_id_(account_id),
      id_(inbox_of(account_id)),
      values_{sql::param{id_}, sql::param{account_id_}, sql::param{to_millis(unwritten_inbox(account_id).created_at)}},
      membership_{sql::param{id_}, sql::param{account_id_}} {}

std::vector<sql::command> inbox_rows::insertion() const {
  return {{&insert_inbox, values_}, {&insert_inbox_membership, membership_}};
}

}  // namespace cumulo::tasks
