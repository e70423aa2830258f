// Another account gets nothing, by any method; members get what their role allows.
#include <gmock/gmock.h>

#include "task-service/tests/storage_fixture.hpp"

namespace cumulo::tasks::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class authority : public storage {
 protected:
  void SetUp() override {
    storage::SetUp();
    garden = add_project(ada, "Garden");
    task_changes wanted;
    wanted.title = std::string{"Water the roses"};
    wanted.labels = std::vector<std::string>{"outside"};
    wanted.due = std::string{"2026-12-01"};
    wanted.project_id = garden.id;
    roses = add(ada, wanted);
    in_inbox = add(ada, "Water the cactus");
    in_trash = add(ada, "Water the weeds");
    ASSERT_TRUE(set_trashed(ada, in_trash.id, true).has_value());
    shed = add_project(ada, "Shed");
    ASSERT_TRUE(set_project_trashed(ada, shed.id, true).has_value());
  }

  std::vector<task_filter> filters() const {
    task_filter by_project;
    by_project.project_id = garden.id;
    task_filter by_label;
    by_label.label_keys = {"outside"};
    task_filter by_word;
    by_word.words = std::vector<std::string>{"water"};
    task_filter by_inbox;
    by_inbox.project_id = inbox_of(ada);
    task_filter open;
    open.status = std::vector{task_status::todo, task_status::in_progress};
    return {task_filter{}, by_project, by_label, by_word, by_inbox, open};
  }

  project garden, shed;
  task roses, in_inbox, in_trash;
};

TEST_P(authority, a_stranger_sees_no_task) {
  for (const std::string& id : {roses.id, in_inbox.id, in_trash.id}) EXPECT_FALSE(find(eve, id));
  for (const task_filter& filter : filters()) {
    for (int sort = 0; sort < 5; ++sort) {
      for (const bool descending : {false, true}) {
        EXPECT_THAT(list(eve, filter, {static_cast<task_sort>(sort), descending, {}, 50}), IsEmpty());
      }
    }
  }
}

TEST_P(authority, a_stranger_changes_no_task) {
  task_changes wanted;
  wanted.title = std::string{"Mine now"};
  for (const std::string& id : {roses.id, in_inbox.id, in_trash.id}) {
    EXPECT_EQ(change(eve, id, wanted).error().code, errc::not_found);
    EXPECT_EQ(set_trashed(eve, id, true).error().code, errc::not_found);
    EXPECT_EQ(set_trashed(eve, id, false).error().code, errc::not_found);
  }
  EXPECT_EQ(find(ada, roses.id)->title, "Water the roses");
  EXPECT_EQ(find(ada, roses.id)->version, 1);
}

TEST_P(authority, a_stranger_puts_nothing_into_a_project) {
  task_changes wanted;
  wanted.title = std::string{"Intruder"};
  for (const std::string& project_id : {garden.id, inbox_of(ada), shed.id, new_id()}) {
    wanted.project_id = project_id;
    const result<task> added = try_add(eve, wanted);
    ASSERT_TRUE(added.has_error());
    EXPECT_EQ(added.error().code, errc::invalid);
    EXPECT_EQ(added.error().faults.front().pointer, "/project_id");
  }
  const task own = add(eve, "Own");
  task_changes move;
  move.project_id = garden.id;
  EXPECT_EQ(change(eve, own.id, move).error().code, errc::invalid);
  EXPECT_EQ(find(eve, own.id)->project_id, inbox_of(eve));
}

TEST_P(authority, a_project_that_took_tasks_takes_none_once_it_is_gone) {
  task_changes wanted;
  wanted.title = std::string{"Another"};
  wanted.project_id = garden.id;
  const auto refused = [&] {
    const result<task> added = try_add(ada, wanted);
    return added.has_error() && added.error().code == errc::invalid &&
           added.error().faults.front().pointer == "/project_id";
  };
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(add(ada, wanted).space_id, ada);
    EXPECT_TRUE(find(ada, add(ada, wanted).id));
    ASSERT_TRUE(set_project_trashed(ada, garden.id, true).has_value());
    EXPECT_TRUE(refused());
    EXPECT_TRUE(refused());
    ASSERT_TRUE(set_project_trashed(ada, garden.id, false).has_value());
  }
  EXPECT_EQ(try_add(eve, wanted).error().code, errc::invalid) << "what Ada's tasks have shown says nothing of Eve's";
}

TEST_P(authority, a_stranger_sees_and_changes_no_project) {
  project_changes wanted;
  wanted.description = std::string{"Mine now"};
  for (const std::string& id : {garden.id, shed.id, inbox_of(ada)}) {
    run([&]() -> awaitable<void> { EXPECT_FALSE(co_await projects->find_project(eve, id)); });
    EXPECT_EQ(change_project(eve, id, wanted).error().code, errc::not_found);
    EXPECT_EQ(set_project_trashed(eve, id, true).error().code, errc::not_found);
  }
  run([&]() -> awaitable<void> {
    auto never = [](const project& p) {
      ADD_FAILURE() << p.name;
      return true;
    };
    co_await projects->list_projects(eve, std::nullopt, std::nullopt, 50, never);
    auto no_label = [](const label_count& l) { ADD_FAILURE() << l.name; };
    co_await projects->list_labels(eve, "", 50, no_label);
  });
}

TEST_P(authority, a_stranger_neither_sees_nor_erases_trash) {
  run([&]() -> awaitable<void> {
    auto never = [](const trash_item& item) { ADD_FAILURE() << item.title; };
    co_await trash->list_trash(eve, std::nullopt, 50, never);
    for (const std::string& id : {in_trash.id, shed.id, roses.id, garden.id}) {
      const result<> outcome = co_await trash->erase_from_trash(eve, id, announce);
      EXPECT_EQ(outcome.error().code, errc::not_found);
    }
    co_await trash->empty_trash(eve, announce);
  });
  EXPECT_TRUE(set_trashed(ada, in_trash.id, false).has_value());
  EXPECT_TRUE(set_project_trashed(ada, shed.id, false).has_value());
}

TEST_P(authority, a_viewer_sees_but_does_not_change) {
  share(garden, eve, "viewer");
  EXPECT_TRUE(find(eve, roses.id));
  EXPECT_FALSE(find(eve, in_inbox.id));
  task_filter by_project;
  by_project.project_id = garden.id;
  EXPECT_THAT(list(eve, by_project), ElementsAre(roses.id));

  task_changes wanted;
  wanted.title = std::string{"Mine now"};
  EXPECT_EQ(change(eve, roses.id, wanted).error().code, errc::forbidden);
  EXPECT_EQ(set_trashed(eve, roses.id, true).error().code, errc::forbidden);
  wanted.project_id = garden.id;
  EXPECT_EQ(try_add(eve, wanted).error().code, errc::invalid);
  EXPECT_EQ(set_project_trashed(eve, garden.id, true).error().code, errc::forbidden);
  project_changes rename;
  rename.name = std::string{"Jungle"};
  EXPECT_EQ(change_project(eve, garden.id, rename).error().code, errc::forbidden);
}

TEST_P(authority, an_editor_changes_tasks_but_does_not_delete_the_project) {
  share(garden, eve, "editor");
  task_changes wanted;
  wanted.title = std::string{"Water the tulips"};
  EXPECT_TRUE(change(eve, roses.id, wanted).has_value());
  wanted.project_id = garden.id;
  const result<task> added = try_add(eve, wanted);
  ASSERT_TRUE(added.has_value());
  EXPECT_EQ(added->space_id, ada) << "a task lies with its project";
  EXPECT_TRUE(find(ada, added->id));
  EXPECT_EQ(set_project_trashed(eve, garden.id, true).error().code, errc::forbidden);
}

TEST_P(authority, moving_a_task_to_someone_elses_project_moves_its_words_and_labels) {
  share(garden, eve, "editor");
  task_changes wanted;
  wanted.title = std::string{"Prune hedge"};
  wanted.labels = std::vector<std::string>{"tools"};
  const task pruning = add(eve, wanted);
  index_everything();
  task_changes move;
  move.project_id = garden.id;
  ASSERT_TRUE(change(eve, pruning.id, move).has_value());
  task_filter by_word;
  by_word.words = std::vector<std::string>{"hedge"};
  EXPECT_THAT(list(ada, by_word), ElementsAre(pruning.id));
  EXPECT_THAT(list(eve, by_word), IsEmpty()) << "it is no longer in Eve's space";
  task_filter by_label;
  by_label.label_keys = {"tools"};
  EXPECT_THAT(list(ada, by_label), ElementsAre(pruning.id));
}

TEST_P(authority, erasing_an_account_takes_its_space_and_nothing_else) {
  share(garden, eve, "editor");
  const task eves = add(eve, "Eve's own");
  index_everything();
  run([&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await erase_account(database->kind(), tx, ada); };
    co_await database->transact(body);
  });
  static constexpr sql::statement left{"test.left", "SELECT count(*) FROM tasks"};
  static constexpr sql::statement labels_left{"test.labels_left", "SELECT count(*) FROM task_labels"};
  static constexpr sql::statement documents_left{"test.documents_left", "SELECT count(*) FROM task_documents"};
  static constexpr sql::statement projects_left{"test.projects_left", "SELECT count(*) FROM projects"};
  static constexpr sql::statement members_left{"test.members_left", "SELECT count(*) FROM project_members"};
  EXPECT_EQ(count(left), 1);
  EXPECT_EQ(count(labels_left), 0);
  EXPECT_EQ(count(documents_left), 1);
  EXPECT_EQ(count(projects_left), 1);
  EXPECT_EQ(count(members_left), 1);
  EXPECT_TRUE(find(eve, eves.id));
  task_filter by_word;
  by_word.words = std::vector<std::string>{"own"};
  EXPECT_THAT(list(eve, by_word), ElementsAre(eves.id));
}

// In one transaction it held up every writer, and beyond the statements' time limit the account was never erased.
TEST_P(authority, erasing_a_large_account_goes_in_pieces) {
  static constexpr sql::statement fill{
      "test.fill",
      "INSERT INTO tasks (space_id, id, project_id, title, title_key, description, status, priority, labels, "
      "created_at, updated_at, created_by, version) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
      "WHERE i < 1200) SELECT CAST(?1 AS TEXT), CAST(?1 AS TEXT) || i, CAST(?2 AS TEXT), 't', 't', '', 0, 0, '[]', 0, "
      "0, "
      "CAST(?1 AS TEXT), 1 FROM n"};
  static constexpr sql::statement fill_documents{
      "test.fill_documents",
      "INSERT INTO task_documents (task_id, space_id, words) SELECT id, space_id, ' x ' FROM tasks "
      "WHERE title = 't'",
      "INSERT INTO task_documents (task_id, space_id, words) SELECT id, space_id, CAST('x' AS TSVECTOR) FROM tasks "
      "WHERE "
      "title = 't'"};
  static constexpr sql::statement left{"test.left_of_many", "SELECT count(*) FROM tasks"};
  static constexpr sql::statement seen{"test.members_of_many", "SELECT count(*) FROM project_members"};
  static constexpr sql::statement documents{"test.documents_of_many", "SELECT count(*) FROM task_documents"};
  static constexpr sql::statement projects_left{"test.projects_of_many", "SELECT count(*) FROM projects"};
  static constexpr sql::statement reminders_left{"test.reminders_of_many", "SELECT count(*) FROM reminders"};
  static constexpr sql::statement unfinished{"test.unfinished", "SELECT count(*) FROM erasures"};
  const task eves = add(eve, "Eve's own");
  const project hers = add_project(eve, "Eve's garden");
  share(hers, ada, "viewer");
  reminder_creation wanted;
  wanted.at = std::string{"2027-01-01T00:00:00Z"};
  task_changes planting;
  planting.title = std::string{"Planting"};
  planting.project_id = hers.id;
  const task shared = add(eve, planting);
  const reminder made = make_reminder(wanted, shared.id, as(ada)).value();
  run([&]() -> awaitable<void> {
    const std::array values{sql::param{ada}, sql::param{garden.id}};
    const std::array commands{sql::command{&fill, values}, sql::command{&fill_documents, {}}};
    co_await database->write(commands);
    auto nothing = [](const reminder&) { return std::vector<sql::command>{}; };
    (void)co_await reminders->add_reminder(made, "UTC", now, nothing);
  });
  ASSERT_EQ(count(reminders_left), 1);
  const std::int64_t before = count(left);
  run([&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await erase_account(database->kind(), tx, ada); };
    co_await database->transact(body);
  });
  EXPECT_EQ(count(left), before - 500);
  EXPECT_EQ(count(unfinished), 1);
  EXPECT_THAT(list(ada), IsEmpty()) << "what is left is nobody's";
  run([&]() -> awaitable<void> {
    int asked = 0;
    const std::function<bool()> after_one = [&asked] { return asked++ > 0; };
    co_await trash->erase_rest(after_one);
  });
  EXPECT_EQ(count(left), before - 1000) << "a stop is heard between two pieces";
  run([&]() -> awaitable<void> { co_await trash->erase_rest(to_the_end); });
  EXPECT_EQ(count(left), 2) << "Eve's";
  EXPECT_EQ(count(documents), 2);
  EXPECT_EQ(count(reminders_left), 0);
  EXPECT_EQ(count(projects_left), 2);
  EXPECT_EQ(count(seen), 2);
  EXPECT_EQ(count(unfinished), 0);
  EXPECT_TRUE(find(eve, eves.id));
}

CUMULO_ON_EACH_ENGINE(authority);

}  // namespace
}  // namespace cumulo::tasks::test
