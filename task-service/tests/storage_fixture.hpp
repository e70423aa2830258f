#pragma once
#include <deque>
#include <random>

#include "platform/core/id.hpp"
#include "platform/service/component.hpp"
#include "platform/testing/engines.hpp"
#include "task-service/storage/project_repository.hpp"
#include "task-service/storage/reminder_repository.hpp"
#include "task-service/storage/search.hpp"
#include "task-service/storage/task_list.hpp"
#include "task-service/storage/task_repository.hpp"
#include "task-service/storage/trash_repository.hpp"

namespace cumulo::tasks {

/// Defined by cumulo_embed().
std::span<const embedded_file> migrations();

namespace test {

inline const instant start_of_time = *parse_rfc3339("2026-11-22T12:00:00Z");

/// The service's real schema and repositories on each engine.
class storage : public cumulo::test::each_engine {
 protected:
  void SetUp() override {
    open(service::with_platform_migrations(migrations()), {.predicates = search_predicates()});
    tasks.emplace(*database, present, due_soon_rule{});
    reminders.emplace(*database);
    projects.emplace(*database);
    trash.emplace(*database);
  }

  template <class Work>
  auto run(Work work) {
    return cumulo::test::run(threads, std::move(work));
  }

  [[nodiscard]] author as(const std::string& account) const { return {account, "Europe/Berlin", now}; }

  result<task> try_add(const std::string& account, const task_changes& wanted) {
    result<task> made = make_task(wanted, as(account));
    if (made.has_error()) return made;
    const result<> added =
        run([&]() -> awaitable<result<>> { co_return co_await tasks->add_task(account, *made, {}); });
    if (added.has_error()) return added.error();
    return made;
  }
  task add(const std::string& account, const task_changes& wanted) { return try_add(account, wanted).value(); }
  task add(const std::string& account, std::string title) {
    task_changes wanted;
    wanted.title = std::move(title);
    return add(account, wanted);
  }

  project add_project(const std::string& account, std::string name) {
    project_creation wanted;
    wanted.name = std::move(name);
    project made = make_project(wanted, as(account)).value();
    made.position = run([&]() -> awaitable<std::int64_t> { co_return co_await projects->next_position(account); });
    run([&]() -> awaitable<void> { co_await projects->add_project(made, {}); });
    return made;
  }

  /// Gives someone else a role in a project.
  void share(const project& p, const std::string& account, std::string_view role) {
    static constexpr sql::statement insert{
        "test.share",
        "INSERT INTO project_members (account_id, project_id, role, position, archived) VALUES (?1, ?2, ?3, 1, 0)"};
    run([&]() -> awaitable<void> {
      const std::array values{sql::param{account}, sql::param{p.id}, sql::param{role}};
      const std::array commands{sql::command{&insert, values}};
      co_await database->write(commands);
    });
  }

  result<task> change(const std::string& account, const std::string& id, const task_changes& wanted) {
    return run([&]() -> awaitable<result<task>> {
      auto decide = [&](stored_task& stored) -> result<task_decision> {
        const result<change_summary> merged = apply_changes(stored.current, wanted, as(account));
        if (merged.has_error()) return merged.error();
        return task_decision{*merged, {}};
      };
      co_return co_await tasks->change_task(account, id, decide);
    });
  }

  result<task> set_trashed(const std::string& account, const std::string& id, bool trashed) {
    return run([&]() -> awaitable<result<task>> {
      auto decide = [&](stored_task& stored) -> result<task_decision> {
        stored.current.trashed_at = trashed ? std::optional{now} : std::nullopt;
        ++stored.current.version;
        return task_decision{{{"trashed_at"}}, {}};
      };
      co_return co_await tasks->change_any_task(account, id, decide);
    });
  }

  result<project> change_project(const std::string& account, const std::string& id, const project_changes& wanted) {
    return run([&]() -> awaitable<result<project>> {
      auto decide = [&](project& p) -> result<project_decision> {
        const result<change_summary> merged = apply_changes(p, wanted, as(account));
        if (merged.has_error()) return merged.error();
        return project_decision{*merged, {}};
      };
      co_return co_await projects->change_project(account, id, false, decide);
    });
  }

  result<project> set_project_trashed(const std::string& account, const std::string& id, bool trashed) {
    return run([&]() -> awaitable<result<project>> {
      auto decide = [&](project& p) -> result<project_decision> {
        p.trashed_at = trashed ? std::optional{now} : std::nullopt;
        ++p.version;
        return project_decision{{{"trashed_at"}}, {}};
      };
      co_return co_await projects->change_project(account, id, true, decide);
    });
  }

  /// The task as the caller sees it, with labels.
  std::optional<task> find(const std::string& account, const std::string& id) {
    std::optional<task> found;
    run([&]() -> awaitable<void> {
      auto take = [&](const task_view& t) {
        found = task{};
        found->id = t.id;
        found->project_id = t.project_id;
        found->title = t.title;
        found->description = t.description;
        found->status = t.status;
        found->priority = t.priority;
        if (t.due) found->due = std::string{*t.due};
        if (t.timezone) found->timezone = std::string{*t.timezone};
        found->labels = {std::string{t.labels}};
        found->completed_at = t.completed_at;
        found->created_at = t.created_at;
        found->updated_at = t.updated_at;
        found->created_by = t.created_by;
        found->version = t.version;
      };
      co_await tasks->find_task(account, id, take);
    });
    return found;
  }

  struct page_seen {
    std::vector<std::string> ids;
    std::optional<list_position> next;
    int turns{0};  ///< reads that went through more than the page
  };
  page_seen list_page(const std::string& account, const task_filter& filter, const task_page& page) {
    page_seen seen;
    run([&]() -> awaitable<void> {
      auto take = [&](const task_view& t) {
        seen.ids.emplace_back(t.id);
        return true;
      };
      auto slowly = [&](function_ref<awaitable<void>()> read) -> awaitable<result<>> {
        ++seen.turns;
        co_await read();
        co_return result<>{};
      };
      seen.next = *co_await list_tasks(*database, account, filter, page, take, slowly);
    });
    return seen;
  }
  std::vector<std::string> list(const std::string& account, const task_filter& filter = {}, task_page page = {}) {
    page.limit = 1000;
    return list_page(account, filter, page).ids;
  }

  std::int64_t count(const sql::statement& what) {
    std::int64_t number = -1;
    run([&]() -> awaitable<void> {
      auto take = [&](const sql::row& row) { number = row.integer(0); };
      co_await database->query(what, {}, take);
    });
    return number;
  }

  void index_everything() {
    run([&]() -> awaitable<void> {
      bool more = true;
      while (more) more = co_await index_new_documents(*database, 64);
    });
  }

  static constexpr auto announce = [](const erased_item& gone) {
    return bus::event{.id = new_id(),
                      .type = "io.cumulo.task.erased.v1",
                      .source = "/task-service",
                      .subject = std::string{gone.id},
                      .time = start_of_time,
                      .data = "{}",
                      .traceparent = {}};
  };

  /// The service's present is the test's `now`.
  class test_time final : public clock {
   public:
    explicit test_time(const instant& now) : now_(now) {}
    [[nodiscard]] instant now() const override { return now_; }

   private:
    const instant& now_;
  };

  const std::function<bool()> to_the_end = [] { return false; };  ///< no job is told to stop

  std::optional<task_repository> tasks;
  std::optional<reminder_repository> reminders;
  std::optional<project_repository> projects;
  std::optional<trash_repository> trash;
  instant now = start_of_time;
  test_time present{now};
  std::string ada = new_id();
  std::string eve = new_id();
};

}  // namespace test
}  // namespace cumulo::tasks
