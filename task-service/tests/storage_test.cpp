#include <gmock/gmock.h>

#include "task-service/domain/text.hpp"
#include "task-service/tests/storage_fixture.hpp"

namespace cumulo::tasks::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

TEST_P(storage, keeps_every_member_as_it_was_given) {
  task_changes wanted;
  wanted.title = std::string{"Zahnärztin \"anrufen\" \\ 😀"};
  wanted.description = std::string{"line 1\n\tline 2 'quoted' %s ?1 $1"};
  wanted.status = task_status::done;
  wanted.priority = task_priority::urgent;
  wanted.due = std::string{"2026-12-01T17:00:00.120+01:00"};
  wanted.timezone = std::string{"Asia/Tokyo"};
  wanted.labels = std::vector<std::string>{"Zähne", "a\"b"};
  const task made = add(ada, wanted);
  const std::optional<task> seen = find(ada, made.id);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->title, *wanted.title);
  EXPECT_EQ(seen->description, *wanted.description);
  EXPECT_EQ(seen->status, task_status::done);
  EXPECT_EQ(seen->priority, task_priority::urgent);
  EXPECT_EQ(seen->due, *wanted.due);
  EXPECT_EQ(seen->timezone, "Asia/Tokyo");
  EXPECT_THAT(seen->labels, ElementsAre(R"(["Zähne","a\"b"])"));
  EXPECT_EQ(seen->completed_at, now);
  EXPECT_EQ(seen->created_at, now);
  EXPECT_EQ(seen->created_by, ada);
  EXPECT_EQ(seen->version, 1);
}

TEST_P(storage, the_inbox_is_there_before_and_after_its_first_use) {
  const std::string inbox_id = inbox_of(ada);
  const auto inbox = [&] {
    return run(
        [&]() -> awaitable<std::optional<project>> { co_return co_await projects->find_project(ada, inbox_id); });
  };
  const std::optional<project> before = inbox();
  ASSERT_TRUE(before);
  EXPECT_TRUE(before->is_inbox);
  add(ada, "First");
  const std::optional<project> after = inbox();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->name, before->name);
  EXPECT_EQ(after->created_at, before->created_at);
  EXPECT_EQ(after->version, before->version);
}

TEST_P(storage, many_first_uses_at_once_make_one_inbox) {
  constexpr int many = 32;
  std::vector<std::future<result<>>> started;
  std::deque<task> made;
  for (int i = 0; i < many; ++i) {
    task_changes wanted;
    wanted.title = "Task " + std::to_string(i);
    task& t = made.emplace_back(make_task(wanted, as(ada)).value());
    auto work = [this, &t]() -> awaitable<result<>> { co_return co_await tasks->add_task(ada, t, {}); };
    started.push_back(cumulo::test::start(threads, work, static_cast<std::size_t>(i % 2)));
  }
  for (auto& each : started) EXPECT_TRUE(each.get().has_value());
  EXPECT_EQ(list(ada).size(), many);
}

TEST_P(storage, of_many_changes_to_one_version_exactly_one_succeeds) {
  constexpr int many = 64;
  const task target = add(ada, "Contested");
  std::vector<std::future<result<task>>> started;
  for (int i = 0; i < many; ++i) {
    auto work = [this, &target, i]() -> awaitable<result<task>> {
      auto decide = [&](stored_task& stored) -> result<task_decision> {
        if (stored.current.version != 1) return error{errc::precondition_failed, "stale"};
        task_changes wanted;
        wanted.title = "Winner " + std::to_string(i);
        return task_decision{*apply_changes(stored.current, wanted, as(ada)), {}};
      };
      co_return co_await tasks->change_task(ada, target.id, decide);
    };
    started.push_back(cumulo::test::start(threads, work, static_cast<std::size_t>(i % 2)));
  }
  std::string winner;
  int refused = 0;
  for (auto& each : started) {
    const result<task> outcome = each.get();
    if (outcome.has_value()) {
      EXPECT_EQ(winner, "") << "two have won";
      winner = outcome->title;
    } else {
      EXPECT_EQ(outcome.error().code, errc::precondition_failed);
      ++refused;
    }
  }
  EXPECT_EQ(refused, many - 1);
  const std::optional<task> seen = find(ada, target.id);
  EXPECT_EQ(seen->title, winner);
  EXPECT_EQ(seen->version, 2);
}

TEST_P(storage, many_changes_at_once_all_count) {
  constexpr int many = 64;
  const task target = add(ada, "Counted");
  std::vector<std::future<result<task>>> started;
  for (int i = 0; i < many; ++i) {
    auto work = [this, &target]() -> awaitable<result<task>> {
      auto decide = [&](stored_task& stored) -> result<task_decision> {
        task_changes wanted;
        wanted.description = stored.current.description + "x";
        return task_decision{*apply_changes(stored.current, wanted, as(ada)), {}};
      };
      co_return co_await tasks->change_task(ada, target.id, decide);
    };
    started.push_back(cumulo::test::start(threads, work, static_cast<std::size_t>(i % 2)));
  }
  for (auto& each : started) EXPECT_TRUE(each.get().has_value());
  EXPECT_EQ(find(ada, target.id)->description, std::string(many, 'x'));
  EXPECT_EQ(find(ada, target.id)->version, 1 + many);
}

TEST_P(storage, a_decision_that_fails_changes_nothing) {
  const task target = add(ada, "Steady");
  const result<task> outcome = run([&]() -> awaitable<result<task>> {
    auto decide = [&](stored_task& stored) -> result<task_decision> {
      stored.current.title = "Shaken";
      return error{errc::conflict, "no"};
    };
    co_return co_await tasks->change_task(ada, target.id, decide);
  });
  EXPECT_EQ(outcome.error().code, errc::conflict);
  EXPECT_EQ(find(ada, target.id)->title, "Steady");
}

TEST_P(storage, what_is_in_the_trash_is_not_found_until_it_is_restored) {
  const task t = add(ada, "Gone");
  ASSERT_TRUE(set_trashed(ada, t.id, true).has_value());
  EXPECT_FALSE(find(ada, t.id));
  EXPECT_THAT(list(ada), IsEmpty());
  task_filter by_word;
  by_word.words = std::vector<std::string>{"gone"};
  EXPECT_THAT(list(ada, by_word), IsEmpty());
  task_changes wanted;
  wanted.title = std::string{"Here"};
  EXPECT_EQ(change(ada, t.id, wanted).error().code, errc::not_found);
  ASSERT_TRUE(set_trashed(ada, t.id, false).has_value());
  EXPECT_TRUE(find(ada, t.id));
  EXPECT_THAT(list(ada, by_word), ElementsAre(t.id));
}

TEST_P(storage, a_project_takes_its_tasks_to_the_trash_and_back) {
  const project garden = add_project(ada, "Garden");
  task_changes wanted;
  wanted.title = std::string{"Roses"};
  wanted.project_id = garden.id;
  const task roses = add(ada, wanted);
  const task weeds = add(ada, wanted);
  const task elsewhere = add(ada, "Elsewhere");
  ASSERT_TRUE(set_trashed(ada, weeds.id, true).has_value());

  ASSERT_TRUE(set_project_trashed(ada, garden.id, true).has_value());
  EXPECT_FALSE(find(ada, roses.id));
  EXPECT_THAT(list(ada), ElementsAre(elsewhere.id));
  EXPECT_EQ(try_add(ada, wanted).error().code, errc::invalid) << "nothing goes into a project in the trash";
  std::vector<std::string> in_trash;
  run([&]() -> awaitable<void> {
    auto take = [&](const trash_item& item) { in_trash.emplace_back(item.id); };
    co_await trash->list_trash(ada, std::nullopt, 50, take);
  });
  EXPECT_THAT(in_trash, UnorderedElementsAre(garden.id, roses.id, weeds.id));

  ASSERT_TRUE(set_project_trashed(ada, garden.id, false).has_value());
  EXPECT_TRUE(find(ada, roses.id));
  EXPECT_FALSE(find(ada, weeds.id)) << "it was deleted by itself before";
}

TEST_P(storage, archived_projects_are_listed_only_when_asked_for) {
  const project garden = add_project(ada, "Garden");
  task_changes wanted;
  wanted.title = std::string{"Roses"};
  wanted.project_id = garden.id;
  const task roses = add(ada, wanted);
  project_changes archive;
  archive.archived = true;
  ASSERT_TRUE(change_project(ada, garden.id, archive).has_value());
  EXPECT_THAT(list(ada), IsEmpty());
  task_filter by_project;
  by_project.project_id = garden.id;
  EXPECT_THAT(list(ada, by_project), ElementsAre(roses.id));
  archive.archived = false;
  ASSERT_TRUE(change_project(ada, garden.id, archive).has_value());
  EXPECT_THAT(list(ada), ElementsAre(roses.id));
}

TEST_P(storage, the_trash_is_purged_by_age_and_leaves_no_trace) {
  const project garden = add_project(ada, "Garden");
  task_changes wanted;
  wanted.title = std::string{"Roses"};
  wanted.labels = std::vector<std::string>{"outside"};
  wanted.project_id = garden.id;
  add(ada, wanted);
  const task old = add(ada, "Old");
  const task kept = add(ada, "Kept");
  index_everything();
  ASSERT_TRUE(set_trashed(ada, old.id, true).has_value());
  ASSERT_TRUE(set_project_trashed(ada, garden.id, true).has_value());
  now += std::chrono::hours{1};
  const task young = add(ada, "Young");
  ASSERT_TRUE(set_trashed(ada, young.id, true).has_value());

  const auto purge = [&] {
    return run([&]() -> awaitable<std::uint64_t> { co_return co_await trash->purge_trash(now, announce, to_the_end); });
  };
  EXPECT_EQ(purge(), 3U) << "two tasks and a project";
  EXPECT_EQ(purge(), 0U);
  static constexpr sql::statement left{"test.left", "SELECT count(*) FROM tasks"};
  static constexpr sql::statement labels_left{"test.labels_left", "SELECT count(*) FROM task_labels"};
  static constexpr sql::statement documents_left{"test.documents_left", "SELECT count(*) FROM task_documents"};
  static constexpr sql::statement events{"test.events", "SELECT count(*) FROM outbox"};
  EXPECT_EQ(count(left), 2);
  EXPECT_EQ(count(labels_left), 0);
  EXPECT_EQ(count(documents_left), 2);
  EXPECT_EQ(count(events), 3);
  EXPECT_TRUE(find(ada, kept.id));
  EXPECT_TRUE(set_trashed(ada, young.id, false).has_value());
}

TEST_P(storage, what_is_restored_while_the_trash_is_purged_stays) {
  const task old = add(ada, "Old");
  ASSERT_TRUE(set_trashed(ada, old.id, true).has_value());
  now += std::chrono::hours{1};

  static constexpr sql::statement restore{"test.restore", "UPDATE tasks SET trashed_at = NULL WHERE id = ?1"};
  static constexpr sql::statement linger{"test.linger", "SELECT 1", "SELECT pg_sleep(0.5)"};
  std::promise<void> restored;
  std::future<void> restoring = cumulo::test::start(threads, [&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> {
      tx.wait_for_locks();
      const std::array key{sql::param{old.id}};
      co_await tx.execute(restore, key);
      restored.set_value();
      co_await tx.execute(linger);
    };
    co_await database->transact(body);
  });
  restored.get_future().wait();
  EXPECT_EQ(
      run([&]() -> awaitable<std::uint64_t> { co_return co_await trash->purge_trash(now, announce, to_the_end); }), 0U);
  restoring.get();
  EXPECT_TRUE(find(ada, old.id));
}

TEST_P(storage, counts_labels_whatever_their_case) {
  const auto labelled = [&](std::vector<std::string> labels) {
    task_changes wanted;
    wanted.title = std::string{"Labelled"};
    wanted.labels = std::move(labels);
    return add(ada, wanted);
  };
  labelled({"Home", "phone"});
  labelled({"home"});
  const task gone = labelled({"home", "gone"});
  ASSERT_TRUE(set_trashed(ada, gone.id, true).has_value());
  std::vector<std::pair<std::string, std::int64_t>> seen;
  run([&]() -> awaitable<void> {
    auto take = [&](const label_count& l) { seen.emplace_back(fold(l.name), l.tasks); };
    co_await projects->list_labels(ada, "", 50, take);
  });
  EXPECT_THAT(seen, ElementsAre(std::pair{"home", 2}, std::pair{"phone", 1}));
}

TEST_P(storage, lists_projects_by_position_and_name) {
  const project c = add_project(ada, "c");
  const project b = add_project(ada, "B");
  const project a = add_project(ada, "a");
  project_changes place;
  for (const project& p : {a, b, c}) {
    place.position = std::int64_t{p.name == "c" ? 1 : 2};
    ASSERT_TRUE(change_project(ada, p.id, place).has_value());
  }
  std::vector<std::string> names;
  std::optional<project_position> after;
  do {
    run([&]() -> awaitable<void> {
      auto take = [&](const project& p) {
        names.push_back(p.name);
        return true;
      };
      after = co_await projects->list_projects(ada, std::nullopt, after, 2, take);
    });
  } while (after);
  EXPECT_THAT(names, ElementsAre("c", "a", "B"));
}

CUMULO_ON_EACH_ENGINE(storage);

}  // namespace
}  // namespace cumulo::tasks::test
