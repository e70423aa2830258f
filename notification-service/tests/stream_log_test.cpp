#include "notification-service/storage/stream_log.hpp"

#include <random>

#include "notification-service/events/consumed.hpp"
#include "notification-service/events/published.hpp"
#include "notification-service/tests/storage_fixture.hpp"

namespace cumulo::notifications {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr instant noon = from_millis(1'800'000'000'000);
constexpr std::chrono::minutes minute{1};

const sql::statement pause{"test.pause", "SELECT 1", "SELECT CAST(pg_sleep(0.002) AS TEXT)"};
const sql::statement insert_of_the_future{
    "test.insert_of_the_future", "SELECT 1",
    "INSERT INTO stream_events (xact, account_id, type, data, created_at) VALUES (4000000000000, 'a', 't', '{}', 1)"};
const sql::statement edge_of_the_future{"test.edge_of_the_future", "SELECT 1",
                                        "UPDATE stream_edge SET xact = 4000000000000, position = 9"};

class stream_log_storage : public storage_test {
 protected:
  void append(const std::string& account, const std::string& data, instant at = noon) {
    const stream_row row{account, "test.made", data, at};
    const std::array commands{row.command()};
    run([&]() -> awaitable<void> { co_await database->write(commands); });
  }
  std::vector<stream_entry> after(stream_position from, int limit = 1'000) {
    return run([&]() -> awaitable<std::vector<stream_entry>> { co_return co_await log.read_after(from, limit); });
  }
  std::vector<std::string> data_after(stream_position from, int limit = 1'000) { return data_of(after(from, limit)); }
  static std::vector<std::string> data_of(const std::vector<stream_entry>& entries) {
    std::vector<std::string> out;
    for (const stream_entry& e : entries) out.push_back(e.data);
    return out;
  }
  stream_extent extent() {
    return run([&]() -> awaitable<stream_extent> { co_return co_await log.extent(); });
  }
  std::uint64_t delete_before(instant limit, int batch) {
    return run([&]() -> awaitable<std::uint64_t> { co_return co_await log.delete_before(limit, batch); });
  }
  [[nodiscard]] bool is_sqlite() const { return GetParam() == sql::engine::sqlite; }

  const std::string ann = new_id();
  const std::string bob = new_id();
  stream_log log{*database};
};

CUMULO_ON_EACH_ENGINE(stream_log_storage);

TEST_P(stream_log_storage, an_empty_log_begins_at_zero) {
  EXPECT_EQ(extent().settled, stream_position{});
  EXPECT_EQ(extent().written, stream_position{});
  EXPECT_THAT(after({}), IsEmpty());
}

TEST_P(stream_log_storage, rows_come_back_whole_and_in_order) {
  append(ann, R"({"n":1})");
  append(bob, "{\"n\":\n 2}\r\n", noon + minute);
  const auto all = after({});
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].account_id, ann);
  EXPECT_EQ(all[0].type, "test.made");
  EXPECT_EQ(all[0].data, R"({"n":1})");
  EXPECT_EQ(all[0].created_at, noon);
  EXPECT_EQ(all[1].data, "{\"n\":  2}  ") << "on one line";
  EXPECT_LT(all[0].at, all[1].at);
  EXPECT_EQ(extent().settled, all[1].at);
  EXPECT_EQ(extent().written, all[1].at);
  EXPECT_THAT(data_after(all[0].at), ElementsAre(all[1].data));
  EXPECT_THAT(after(all[1].at), IsEmpty());
  EXPECT_THAT(data_after({}, 1), ElementsAre(R"({"n":1})"));
}

TEST_P(stream_log_storage, one_account_s_rows_within_bounds) {
  for (int n = 0; n < 6; ++n) append(n % 2 == 0 ? ann : bob, std::to_string(n));
  const auto all = after({});
  const auto of = [&](const std::string& who, stream_position from, stream_position to, int limit = 10) {
    return data_of(
        run([&]() -> awaitable<std::vector<stream_entry>> { co_return co_await log.read_of(who, from, to, limit); }));
  };
  EXPECT_THAT(of(ann, {}, all[5].at), ElementsAre("0", "2", "4"));
  EXPECT_THAT(of(ann, all[0].at, all[4].at), ElementsAre("2", "4"));
  EXPECT_THAT(of(ann, all[0].at, all[3].at), ElementsAre("2"));
  EXPECT_THAT(of(bob, {}, all[5].at, 2), ElementsAre("1", "3"));
  EXPECT_THAT(of(new_id(), {}, all[5].at), IsEmpty());
}

/// SQLite's index of accounts is made of blocks of 1,024 rows.
TEST_P(stream_log_storage, an_account_s_rows_are_found_and_erased_wherever_they_lie) {
  constexpr int count = 5'000;
  run([&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> {
      for (int n = 0; n < count; ++n) {
        co_await stream_log::append(tx, n % 500 == 7 || n == 2'000 ? ann : bob, "test.made", std::to_string(n), noon);
      }
    };
    co_await database->transact(body);
  });
  const auto all = after({}, count);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(count));
  const auto of_ann = [&](stream_position from, stream_position to, int limit) {
    return data_of(
        run([&]() -> awaitable<std::vector<stream_entry>> { co_return co_await log.read_of(ann, from, to, limit); }));
  };
  EXPECT_THAT(of_ann({}, all[count - 1].at, 100),
              ElementsAre("7", "507", "1007", "1507", "2000", "2007", "2507", "3007", "3507", "4007", "4507"));
  EXPECT_THAT(of_ann(all[1'007].at, all[4'007].at, 4), ElementsAre("1507", "2000", "2007", "2507"));
  EXPECT_THAT(of_ann(all[3'507].at, all[4'007].at, 4), ElementsAre("4007"));
  run([&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await stream_log::erase(tx, ann, 1000); };
    co_await database->transact(body);
  });
  EXPECT_THAT(of_ann({}, all[count - 1].at, 100), IsEmpty());
  EXPECT_EQ(after({}, count).size(), static_cast<std::size_t>(count - 11));
}

TEST_P(stream_log_storage, what_is_rolled_back_was_never_there) {
  append(ann, "1");
  EXPECT_THROW(run([&]() -> awaitable<void> {
                 auto body = [&](sql::transaction& tx) -> awaitable<void> {
                   co_await stream_log::append(tx, ann, "test.made", "2", noon);
                   throw std::runtime_error("no");
                 };
                 co_await database->transact(body);
               }),
               std::runtime_error);
  append(ann, "3");
  EXPECT_THAT(data_after({}), ElementsAre("1", "3"));
}

/// A transaction that has written row `data` and stays open until `release`.
TEST_P(stream_log_storage, nothing_is_handed_out_that_an_open_transaction_could_come_before) {
  if (is_sqlite()) GTEST_SKIP() << "there is one writer";
  append(ann, "first");
  std::atomic<bool> has_written{false}, release{false};
  auto held = test::start(
      threads,
      [&]() -> awaitable<void> {
        auto body = [&](sql::transaction& tx) -> awaitable<void> {
          co_await stream_log::append(tx, ann, "test.made", "slow", noon);
          has_written = true;
          while (!release) co_await tx.execute(pause);
        };
        co_await database->transact(body);
      },
      1);
  while (!has_written) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  append(ann, "quick");
  const stream_extent meanwhile = extent();
  EXPECT_THAT(data_after({}), ElementsAre("first"))
      << "\"quick\" has a later position than \"slow\", which may still come";
  EXPECT_LT(meanwhile.settled, meanwhile.written);
  release = true;
  test::wait_for(std::move(held));
  EXPECT_THAT(data_after(meanwhile.settled), ElementsAre("slow", "quick"));
}

TEST_P(stream_log_storage, a_tail_sees_each_row_once_however_commits_interleave) {
  constexpr int writers = 6;
  constexpr int per_writer = 40;
  std::vector<std::future<void>> all;
  std::atomic<int> at_work{writers};
  for (int w = 0; w < writers; ++w) {
    auto work = [&, w]() -> awaitable<void> {
      std::minstd_rand random{static_cast<unsigned>(w + 1)};
      for (int n = 0; n < per_writer; ++n) {
        const bool fails = random() % 8 == 0;
        const int pauses = static_cast<int>(random() % 4);
        const std::string data = std::to_string(w) + "." + std::to_string(n);
        auto body = [&](sql::transaction& tx) -> awaitable<void> {
          co_await stream_log::append(tx, ann, "test.made", data, noon);
          for (int i = 0; i < pauses; ++i) co_await tx.execute(pause);
          if (fails) throw std::runtime_error("rolled back");
        };
        try {
          co_await database->transact(body);
        } catch (const std::runtime_error&) {
          if (!fails) throw;
        }
      }
      --at_work;
    };
    all.push_back(test::start(threads, std::move(work), static_cast<std::size_t>(w) % 2));
  }
  std::vector<std::string> seen;
  stream_position reached{};
  const auto look = [&] {
    for (const stream_entry& e : after(reached, 7)) {
      EXPECT_LT(reached, e.at);
      reached = e.at;
      seen.push_back(e.data);
    }
  };
  while (at_work > 0) look();
  for (auto& each : all) test::wait_for(std::move(each));
  for (int i = 0; i < writers * per_writer; ++i) look();
  const auto whole = data_after({}, 10'000);
  EXPECT_EQ(seen, whole) << "the same rows in the same order as when nobody writes";
  EXPECT_GT(whole.size(), std::size_t{writers * per_writer / 2});
}

TEST_P(stream_log_storage, retention_takes_the_oldest_in_batches_and_remembers_how_far) {
  for (int n = 0; n < 5; ++n) append(ann, std::to_string(n), noon + n * minute);
  append(ann, "late clock", noon);
  const auto all = after({});
  EXPECT_EQ(delete_before(noon, 10), 0U);
  EXPECT_EQ(extent().taken, stream_position{});
  EXPECT_EQ(delete_before(noon + 4 * minute, 3), 3U);
  EXPECT_EQ(extent().taken, all[2].at);
  EXPECT_EQ(delete_before(noon + 4 * minute, 3), 1U);
  EXPECT_EQ(extent().taken, all[3].at);
  EXPECT_EQ(delete_before(noon + 4 * minute, 3), 0U) << "one piece: what is behind a newer row stays";
  EXPECT_THAT(data_after({}), ElementsAre("4", "late clock"));
  EXPECT_EQ(delete_before(noon + 5 * minute, 3), 2U);
  EXPECT_THAT(after({}), IsEmpty());
  EXPECT_EQ(extent().settled, all[5].at) << "an emptied log has not gone back to its beginning";
  EXPECT_EQ(extent().written, all[5].at);
  append(ann, "new");
  EXPECT_LT(all[5].at, after({})[0].at);
}

TEST_P(stream_log_storage, the_age_of_the_row_that_has_so_many_after_it) {
  for (int n = 0; n < 4; ++n) append(ann, std::to_string(n), noon + n * minute);
  const auto time_before = [&](std::int64_t newer) {
    return run([&]() -> awaitable<std::optional<instant>> { co_return co_await log.time_of_row_before(newer); });
  };
  EXPECT_EQ(time_before(0), noon + 3 * minute);
  EXPECT_EQ(time_before(3), noon);
  EXPECT_EQ(time_before(4), std::nullopt);
}

TEST_P(stream_log_storage, rows_of_another_server_s_future_go) {
  append(ann, "1");
  const std::array commands{sql::command{&insert_of_the_future, {}}, sql::command{&edge_of_the_future, {}}};
  run([&]() -> awaitable<void> {
    co_await database->write(commands);
    co_await log.drop_foreign_rows();
  });
  append(ann, "2");
  EXPECT_THAT(data_after({}), ElementsAre("1", "2"));
  EXPECT_EQ(extent().taken, stream_position{});
}

TEST_P(stream_log_storage, an_erased_account_leaves_nothing) {
  append(ann, "1");
  append(bob, "2");
  run([&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await recipient_repository::erase(tx, ann, noon); };
    co_await database->transact(body);
  });
  EXPECT_THAT(data_after({}), ElementsAre("2"));
}

struct event_case {
  const char* type;
  std::string data;
  std::vector<std::string> told;  ///< "type data" for each row, "ann" and "bob" standing for their ids
};

TEST_P(stream_log_storage, changes_of_tasks_reach_their_audience) {
  const std::string both = R"("audience":[")" + ann + R"(",")" + bob + R"("])";
  const std::string by_ann = R"("actor_id":")" + ann + R"(")";
  const std::vector<event_case> cases{
      {"io.cumulo.task.created.v1",
       R"({"task":{"id":"t","n":[1,null]},)" + by_ann + "," + both + R"(,"due_at":5})",
       {"task.created {\"task\":{\"id\":\"t\",\"n\":[1,null]},\"actor_id\":\"ann\"} ann",
        "task.created {\"task\":{\"id\":\"t\",\"n\":[1,null]},\"actor_id\":\"ann\"} bob"}},
      {"io.cumulo.task.updated.v1",
       R"({"task":{},"actor_id":null,"changed":["title","due"],"audience":[")" + bob + R"("]})",
       {R"(task.updated {"task":{},"changed":["title","due"],"actor_id":null} bob)"}},
      {"io.cumulo.project.trashed.v1",
       R"({"project":{"id":"p"},)" + by_ann + "}",
       {R"(project.trashed {"project":{"id":"p"},"actor_id":"ann"} ann)"}},
      {"io.cumulo.task.erased.v1",
       R"({"id":"t","actor_id":null,"audience":[")" + ann + R"("]})",
       {R"(task.erased {"id":"t","actor_id":null} ann)"}},
      {"io.cumulo.task.erased.v1", R"({"id":"t","actor_id":null})", {}},
      {"io.cumulo.task.created.v1", R"({"task":{},"actor_id":null,"audience":[]})", {}},
      {"io.cumulo.task.due_soon.v1", R"({"task":{},)" + both + R"(,"due_at":5})", {}},
  };
  const auto subscription = streamed_events(*database);
  stream_position reached{};
  for (const event_case& each : cases) {
    const bus::event e{.id = new_id(),
                       .type = each.type,
                       .source = "/task-service",
                       .subject = "t",
                       .time = noon,
                       .data = each.data,
                       .traceparent = {}};
    run([&]() -> awaitable<void> {
      auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await subscription.handle(e, tx); };
      co_await database->transact(body);
    });
    std::vector<std::string> told;
    for (const stream_entry& row : after(reached)) {
      reached = row.at;
      std::string text = row.type + " " + row.data + " " + row.account_id;
      for (const auto& [id, name] : {std::pair{ann, "ann"}, std::pair{bob, "bob"}}) {
        for (auto at = text.find(id); at != std::string::npos; at = text.find(id)) text.replace(at, id.size(), name);
      }
      told.push_back(text);
    }
    EXPECT_EQ(told, each.told) << each.type << " " << each.data;
  }
}

TEST_P(stream_log_storage, an_event_that_cannot_be_read_is_not_passed_over) {
  const auto subscription = streamed_events(*database);
  for (const char* data : {"{", R"({"audience":["x"],"task":{}})", R"({"audience":7})"}) {
    const bus::event e{.id = new_id(),
                       .type = "io.cumulo.task.created.v1",
                       .source = "/task-service",
                       .subject = "t",
                       .time = noon,
                       .data = data,
                       .traceparent = {}};
    EXPECT_THROW(run([&]() -> awaitable<void> {
                   auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await subscription.handle(e, tx); };
                   co_await database->transact(body);
                 }),
                 std::runtime_error)
        << data;
  }
  EXPECT_THAT(after({}), IsEmpty());
}

TEST_P(stream_log_storage, the_inbox_tells_of_its_changes) {
  notification_repository notifications{*database};
  const auto types = [&] {
    std::vector<std::string> out;
    for (const stream_entry& e : after({})) out.push_back(e.type);
    return out;
  };
  acceptance what{message{new_id(), bob, ann, content{"t"}, noon}};
  what.in_inbox = true;
  what.deliveries = {{channel_name::inbox, delivery_status::delivered}};
  const std::string id = what.accepted.id;
  acceptance mail{message{new_id(), bob, ann, content{"t"}, noon}};
  mail.deliveries = {{channel_name::email, delivery_status::pending}};
  run([&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> {
      co_await notification_repository::accept(tx, what);
      co_await notification_repository::accept(tx, what);  // a repeat
    };
    co_await database->transact(body);
    const std::array all{mail};
    co_await notifications.accept(all, {});
  });
  EXPECT_THAT(types(), ElementsAre("notification.created"));
  const auto mark = [&](instant now) {
    run([&]() -> awaitable<void> {
      auto nothing = []() -> std::optional<sql::command> { return std::nullopt; };
      auto take = [](const inbox_item&) {};
      co_await notifications.mark_read(ann, id, now, take, nothing);
    });
  };
  mark(noon + minute);
  mark(noon + 2 * minute);  // no news
  EXPECT_THAT(types(), ElementsAre("notification.created", "notification.read"));
  const auto remove_if = [&](std::optional<instant> seen) {
    run([&]() -> awaitable<void> { co_await notifications.remove_from_inbox_if(ann, id, seen, noon); });
  };
  remove_if(std::nullopt);  // it has been read meanwhile
  EXPECT_EQ(types().size(), 2U);
  remove_if(noon + minute);
  remove_if(noon + minute);
  EXPECT_THAT(types(), ElementsAre("notification.created", "notification.read", "notification.deleted"));
  for (const stream_entry& e : after({})) EXPECT_EQ(e.account_id, ann);
}

TEST(stream_position_text, round_trips_and_nothing_else_is_read) {
  for (const stream_position p : {stream_position{}, stream_position{0, 42}, stream_position{9'000'000'000, 1}}) {
    EXPECT_EQ(parse_stream_position(to_text(p)), p);
  }
  for (const char* text : {"", "-", "1", "1-", "-1", "-1-1", "1--1", "01-1", "1-01", "1-1 ", " 1-1", "+1-1", "1-1-1",
                           "99999999999999999999-1", "1-99999999999999999999", "a-b", "1x-1"}) {
    EXPECT_EQ(parse_stream_position(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace cumulo::notifications
