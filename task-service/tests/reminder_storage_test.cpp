#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "task-service/events/published.hpp"
#include "task-service/storage/reminder_queue.hpp"
#include "task-service/tests/storage_fixture.hpp"

namespace cumulo::tasks::test {
namespace {

using namespace std::chrono_literals;

class reminders_stored : public storage {
 protected:
  void SetUp() override {
    storage::SetUp();
    queue.emplace(*database);
  }

  task due(std::string when) {
    task_changes wanted;
    wanted.title = std::string{"x"};
    wanted.due = std::move(when);
    return add(ada, wanted);
  }
  result<reminder> remind(const std::string& account, const std::string& task_id, const reminder_creation& wanted) {
    const reminder made = make_reminder(wanted, task_id, as(account)).value();
    return run([&]() -> awaitable<result<reminder>> {
      auto beside = [](const reminder&) { return std::vector<sql::command>{}; };
      co_return co_await reminders->add_reminder(made, "Europe/Berlin", now, beside);
    });
  }
  reminder before(const std::string& task_id, std::string duration) {
    reminder_creation wanted;
    wanted.before = std::move(duration);
    return remind(ada, task_id, wanted).value();
  }
  reminder at(const std::string& task_id, std::string moment) {
    reminder_creation wanted;
    wanted.at = std::move(moment);
    return remind(ada, task_id, wanted).value();
  }
  std::optional<reminder> find_reminder(const std::string& account, const reminder& r) {
    return run([&]() -> awaitable<std::optional<reminder>> {
      co_return co_await reminders->find_reminder(account, r.task_id, r.id);
    });
  }
  std::string next_at(const reminder& r) {
    const std::optional<reminder> found = find_reminder(ada, r);
    return found && found->next_at ? to_rfc3339(*found->next_at) : "never";
  }

  std::vector<std::string> fire(int limit = 100) {
    std::vector<std::string> ids;
    run([&]() -> awaitable<void> {
      auto say = [&](const fired_reminder& one) {
        ids.emplace_back(one.id);
        return reminder_due_event(one, "{}");
      };
      co_await queue->fire_reminders(now, limit, say);
    });
    return ids;
  }
  std::size_t tell(int limit = 100) {
    return run([&]() -> awaitable<std::size_t> {
      auto say = [](const task_due_soon& one) { return due_soon_event(one, "{}"); };
      const std::vector<instant> told = co_await queue->tell_due_soon(now, limit, say);
      co_return told.size();
    });
  }
  void hear_zone(std::string_view zone, instant heard) {
    run([&]() -> awaitable<void> {
      auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await remember_zone(tx, ada, zone, heard, now); };
      co_await database->transact(body);
    });
  }
  std::int64_t events(std::string_view type) {
    static constexpr sql::statement due_events{"test.due_events",
                                               "SELECT COUNT(*) FROM outbox WHERE type = 'io.cumulo.reminder.due.v1'"};
    static constexpr sql::statement soon_events{
        "test.soon_events", "SELECT COUNT(*) FROM outbox WHERE type = 'io.cumulo.task.due_soon.v1'"};
    return count(type == "reminder.due" ? due_events : soon_events);
  }

  std::optional<reminder_queue> queue;
};

TEST_P(reminders_stored, are_their_owners_alone) {
  const project shared = add_project(ada, "Shared");
  share(shared, eve, "viewer");
  task_changes wanted;
  wanted.title = std::string{"x"};
  wanted.project_id = shared.id;
  const task t = add(ada, wanted);
  const reminder mine = at(t.id, "2026-12-01T10:00:00Z");
  EXPECT_FALSE(find_reminder(eve, mine)) << "she sees the task, but not another's reminder";
  reminder_creation hers;
  hers.at = std::string{"2026-12-01T10:00:00Z"};
  const reminder of_eve = remind(eve, t.id, hers).value();
  EXPECT_FALSE(find_reminder(ada, of_eve));
  EXPECT_TRUE(find_reminder(eve, of_eve));

  const task hidden = add(ada, "hidden");
  EXPECT_EQ(remind(eve, hidden.id, hers).error().code, errc::not_found);
  auto decide = [](reminder&, const reminded_task&) -> result<std::vector<sql::command>> {
    return std::vector<sql::command>{};
  };
  run([&]() -> awaitable<void> {
    const auto list = co_await reminders->list_reminders(eve, hidden.id);
    EXPECT_FALSE(list);
    const result<> deleted = co_await reminders->delete_reminder(eve, t.id, mine.id, decide);
    EXPECT_EQ(deleted.error().code, errc::not_found);
    const result<reminder> changed = co_await reminders->change_reminder(eve, t.id, mine.id, decide);
    EXPECT_EQ(changed.error().code, errc::not_found);
  });
  EXPECT_TRUE(find_reminder(ada, mine));
}

TEST_P(reminders_stored, fire_once_when_their_time_has_come) {
  const task t = add(ada, "x");
  const reminder first = at(t.id, "2026-11-22T13:00:00Z");
  const reminder second = at(t.id, "2026-11-22T14:00:00Z");
  EXPECT_THAT(fire(), testing::IsEmpty());
  now = *parse_rfc3339("2026-11-22T13:00:00Z");
  EXPECT_THAT(fire(), testing::ElementsAre(first.id));
  EXPECT_THAT(fire(), testing::IsEmpty());
  now -= 1h;  // the clock is set back
  EXPECT_THAT(fire(), testing::IsEmpty());
  now += 48h;  // nobody was there
  EXPECT_THAT(fire(), testing::ElementsAre(second.id));
  EXPECT_EQ(events("reminder.due"), 2);
  EXPECT_EQ(state_of(*find_reminder(ada, first), now), reminder_state::fired);
}

TEST_P(reminders_stored, fire_in_batches_and_each_once_however_many_take_from_them) {
  for (int n = 0; n < 60; ++n) {
    const task t = add(ada, "x");
    at(t.id, "2026-11-22T13:00:00Z");
  }
  now += 5h;
  run([&]() -> awaitable<void> {
    int running = 6;
    auto take = [&]() -> awaitable<void> {
      for (int round = 0; round < 20; ++round) {
        auto say = [](const fired_reminder& one) { return reminder_due_event(one, "{}"); };
        co_await queue->fire_reminders(now, 7, say);
      }
      --running;
    };
    const auto executor = co_await asio::this_coro::executor;
    for (int n = 0; n < 6; ++n) asio::co_spawn(executor, take(), asio::detached);
    while (running > 0) co_await asio::post(executor, use_awaitable);
  });
  static constexpr sql::statement told{
      "test.told", "SELECT COUNT(DISTINCT data) FROM outbox WHERE type = 'io.cumulo.reminder.due.v1'"};
  EXPECT_EQ(events("reminder.due"), 60);
  EXPECT_EQ(count(told), 60);
}

TEST_P(reminders_stored, changed_while_they_fire_have_a_state_of_their_own) {
  const task t = add(ada, "x");
  const reminder r = at(t.id, "2026-11-22T13:00:00Z");
  now += 2h;
  std::promise<void> claimed;
  std::future<void> firing = cumulo::test::start(threads, [&]() -> awaitable<void> {
    auto say = [&](const fired_reminder& one) {
      claimed.set_value();
      std::this_thread::sleep_for(500ms);
      return reminder_due_event(one, "{}");
    };
    co_await queue->fire_reminders(now, 100, say);
  });
  claimed.get_future().wait();
  auto put_off = [&](reminder& current, const reminded_task& about) -> result<std::vector<sql::command>> {
    reminder_snooze wanted;
    wanted.minutes = 10;
    const result<> fine = snooze(current, wanted, about, now);
    if (fine.has_error()) return fine.error();
    return std::vector<sql::command>{};
  };
  auto change = [&]() -> awaitable<result<reminder>> {
    co_return co_await reminders->change_reminder(ada, t.id, r.id, put_off);
  };
  const result<reminder> changed = cumulo::test::run(threads, change, 1);
  cumulo::test::wait_for(std::move(firing));
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->version, 3) << "made, fired, put off";
  EXPECT_TRUE(find_reminder(ada, r) == *changed);
}

TEST_P(reminders_stored, follow_the_due_time_completion_and_the_trash) {
  const task t = due("2026-12-01T16:00:00Z");
  const reminder r = before(t.id, "PT1H");
  task_changes wanted;
  wanted.due = std::string{"2026-12-02T16:00:00Z"};
  ASSERT_TRUE(change(ada, t.id, wanted));
  EXPECT_EQ(next_at(r), "2026-12-02T15:00:00.000Z");
  wanted.due = std::nullopt;
  ASSERT_TRUE(change(ada, t.id, wanted));
  EXPECT_EQ(next_at(r), "never");
  wanted.due = std::string{"2026-12-03T16:00:00Z"};
  wanted.status = task_status::done;
  ASSERT_TRUE(change(ada, t.id, wanted));
  EXPECT_EQ(next_at(r), "never");
  task_changes reopened;
  reopened.status = task_status::todo;
  ASSERT_TRUE(change(ada, t.id, reopened));
  EXPECT_EQ(next_at(r), "2026-12-03T15:00:00.000Z");
  ASSERT_TRUE(set_trashed(ada, t.id, true));
  now = *parse_rfc3339("2026-12-04T00:00:00Z");
  EXPECT_THAT(fire(), testing::IsEmpty());
  ASSERT_TRUE(set_trashed(ada, t.id, false));
  EXPECT_EQ(next_at(r), "never") << "its time has passed in the trash";
}

TEST_P(reminders_stored, go_to_the_trash_with_a_project_and_return) {
  const project p = add_project(ada, "P");
  task_changes wanted;
  wanted.title = std::string{"x"};
  wanted.project_id = p.id;
  wanted.due = std::string{"2026-12-01T16:00:00Z"};
  const task t = add(ada, wanted);
  const reminder r = before(t.id, "PT1H");
  ASSERT_TRUE(set_project_trashed(ada, p.id, true));
  now = *parse_rfc3339("2026-12-01T15:30:00Z");
  EXPECT_THAT(fire(), testing::IsEmpty());
  EXPECT_EQ(tell(), 0U);
  ASSERT_TRUE(set_project_trashed(ada, p.id, false));
  EXPECT_EQ(next_at(r), "2026-12-01T15:00:00.000Z") << "the fixture restores at the time of the project's last change";
}

TEST_P(reminders_stored, follow_the_zone_of_whom_they_belong_to) {
  const task t = due("2026-12-01T16:00:00Z");
  const reminder local = at(t.id, "2026-12-01T09:00:00");
  const reminder exact = before(t.id, "PT1H");
  EXPECT_EQ(next_at(local), "2026-12-01T08:00:00.000Z") << "Berlin, as the caller's token said";
  hear_zone("Asia/Tokyo", now);
  EXPECT_EQ(next_at(local), "2026-12-01T00:00:00.000Z");
  hear_zone("America/New_York", now - 1h);
  EXPECT_EQ(next_at(local), "2026-12-01T00:00:00.000Z") << "old news";
  EXPECT_EQ(next_at(exact), "2026-12-01T15:00:00.000Z");
}

class reminders_of_who_moves : public reminders_stored {
 protected:
  static constexpr sql::statement look{"test.look", "SELECT 1"};
  static constexpr sql::statement linger{"test.linger", "SELECT 1", "SELECT pg_sleep(0.5)"};

  /// What a reminder on the day before comes to, when its task gets a due time while `move` is under way.
  std::string next_when_due_meanwhile(function_ref<awaitable<void>(sql::transaction&)> move,
                                      std::promise<void>& begun) {
    const task t = add(ada, "x");
    reminder_creation wanted;
    wanted.before = std::string{"P1D"};
    wanted.time = std::string{"09:00"};
    const reminder r = remind(ada, t.id, wanted).value();
    std::future<void> moving =
        cumulo::test::start(threads, [&]() -> awaitable<void> { co_await database->transact(move); }, 1);
    begun.get_future().wait();
    task_changes due;
    due.due = std::string{"2026-12-02T12:00:00Z"};
    EXPECT_TRUE(change(ada, t.id, due));
    cumulo::test::wait_for(std::move(moving));
    return next_at(r);
  }
};

TEST_P(reminders_of_who_moves, are_armed_by_the_new_zone_if_that_was_learnt_first) {
  std::promise<void> begun;
  auto move = [&](sql::transaction& tx) -> awaitable<void> {
    co_await remember_zone(tx, ada, "Asia/Tokyo", now, now);
    begun.set_value();
    co_await tx.execute(linger);
  };
  EXPECT_EQ(next_when_due_meanwhile(move, begun), "2026-12-01T00:00:00.000Z");
}

TEST_P(reminders_of_who_moves, are_armed_by_the_new_zone_if_that_is_learnt_from_an_older_state) {
  std::promise<void> begun;
  bool again = false;
  auto move = [&](sql::transaction& tx) -> awaitable<void> {
    co_await tx.execute(look);
    if (!std::exchange(again, true)) begun.set_value();
    co_await tx.execute(linger);
    co_await remember_zone(tx, ada, "Asia/Tokyo", now, now);
  };
  EXPECT_EQ(next_when_due_meanwhile(move, begun), "2026-12-01T00:00:00.000Z");
}

CUMULO_ON_EACH_ENGINE(reminders_of_who_moves);

TEST_P(reminders_stored, are_bounded_in_number) {
  const task t = add(ada, "x");
  for (int n = 0; n < most_reminders; ++n) before(t.id, "PT1H");
  reminder_creation wanted;
  wanted.before = std::string{"PT1H"};
  EXPECT_EQ(remind(ada, t.id, wanted).error().code, errc::conflict);
}

TEST_P(reminders_stored, due_soon_is_told_once_and_moves_with_the_due_time) {
  const task t = due("2026-11-23T10:00:00Z");
  add(ada, "not due");
  now = *parse_rfc3339("2026-11-23T08:59:59Z");
  EXPECT_EQ(tell(), 0U);
  task_changes wanted;
  wanted.due = std::string{"2026-11-23T11:00:00Z"};
  ASSERT_TRUE(change(ada, t.id, wanted));
  now += 5min;
  EXPECT_EQ(tell(), 0U);
  now = *parse_rfc3339("2026-11-23T10:00:00Z");
  EXPECT_EQ(tell(), 1U);
  EXPECT_EQ(tell(), 0U);
  wanted.status = task_status::done;
  ASSERT_TRUE(change(ada, t.id, wanted));
  wanted.status = task_status::todo;
  ASSERT_TRUE(change(ada, t.id, wanted));
  EXPECT_EQ(tell(), 0U);
  EXPECT_EQ(events("due_soon"), 1);
}

TEST_P(reminders_stored, go_with_their_account) {
  const task t = add(ada, "x");
  at(t.id, "2026-12-01T09:00:00");
  run([&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await erase_account(database->kind(), tx, ada); };
    co_await database->transact(body);
  });
  static constexpr sql::statement left{"test.left", "SELECT COUNT(*) FROM reminders"};
  static constexpr sql::statement zones{"test.zones", "SELECT COUNT(*) FROM account_zones"};
  EXPECT_EQ(count(left), 0);
  EXPECT_EQ(count(zones), 0);
}

CUMULO_ON_EACH_ENGINE(reminders_stored);

}  // namespace
}  // namespace cumulo::tasks::test
