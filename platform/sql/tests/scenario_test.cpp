// What holds on both engines.
#include "platform/sql/tests/engines.hpp"

namespace cumulo::sql::test {
namespace {

const statement insert_item{"item.insert", "INSERT INTO item (id, folder_id, title, place) VALUES (?1, ?2, ?3, ?4)"};
const statement insert_folder{"folder.insert", "INSERT INTO folder (id, name) VALUES (?1, ?2)"};
const statement count_items{"item.count", "SELECT count(*) FROM item"};
const statement count_folders{"folder.count", "SELECT count(*) FROM folder"};
const statement find_item{"item.find", "SELECT id, folder_id, title, place, done FROM item WHERE id = ?1"};

class scenario : public on_each_engine {
 protected:
  std::uint64_t insert(std::string id, param folder, std::string_view title, param place) {
    return run(threads, [&, id]() -> awaitable<std::uint64_t> {
      const std::array values{param{id}, folder, param{title}, place};
      co_return co_await change(*db, insert_item, values);
    });
  }
  std::int64_t count(const statement& what = count_items) {
    return run(threads, [&]() -> awaitable<std::int64_t> { co_return co_await number(*db, what, {}); });
  }
  std::optional<failure> insert_fails(std::string_view id, param folder, param title) {
    return failure_of(threads, [&]() -> awaitable<void> {
      const std::array values{param{id}, folder, title, param{nullptr}};
      co_await change(*db, insert_item, values);
    });
  }
};

TEST_P(scenario, values_come_back_as_they_went_in) {
  open();
  const std::string odd = "quotes ' \" \\ ? ?1 $1 :: -- /* ünïcödé 🎉 \n\t";
  EXPECT_EQ(insert("a", nullptr, odd, std::int64_t{-9'223'372'036'854'775'807} - 1), 1U);
  EXPECT_EQ(insert("b", nullptr, "t", nullptr), 1U);
  run(threads, [&]() -> awaitable<void> {
    int seen = 0;
    auto check_a = [&](const row& r) {
      ++seen;
      EXPECT_EQ(r.text(0), "a");
      EXPECT_TRUE(r.is_null(1));
      EXPECT_EQ(r.text(1), "");
      EXPECT_EQ(r.optional_text(1), std::nullopt);
      EXPECT_EQ(r.text(2), odd);
      EXPECT_EQ(r.integer(3), std::numeric_limits<std::int64_t>::min());
      EXPECT_EQ(r.text(3), "-9223372036854775808");
      EXPECT_EQ(r.integer(4), 0);
    };
    const row_sink sink_a{check_a};
    const std::array key_a{param{"a"}};
    EXPECT_EQ(co_await db->query(find_item, key_a, sink_a), 1U);
    auto check_b = [&](const row& r) {
      ++seen;
      EXPECT_EQ(r.optional_integer(3), std::nullopt);
      EXPECT_EQ(r.integer(3), 0);
    };
    const row_sink sink_b{check_b};
    const std::array key_b{param{"b"}};
    EXPECT_EQ(co_await db->query(find_item, key_b, sink_b), 1U);
    const std::array key_c{param{"c"}};
    EXPECT_EQ(co_await select(*db, find_item, key_c), 0U);
    EXPECT_EQ(seen, 2);
  });
}

TEST_P(scenario, an_empty_text_is_not_null) {
  open();
  static const statement ask{"ask", "SELECT CASE WHEN CAST(?1 AS TEXT) IS NULL THEN 'null' ELSE 'text' END"};
  run(threads, [&]() -> awaitable<void> {
    std::string answer;
    auto take = [&](const row& r) { answer = r.text(0); };
    const row_sink sink{take};
    const std::array empty{param{std::string_view{}}};
    co_await db->query(ask, empty, sink);
    EXPECT_EQ(answer, "text");
    const std::array null{param{nullptr}};
    co_await db->query(ask, null, sink);
    EXPECT_EQ(answer, "null");
  });
}

// SQLite numbers `$n` by first appearance: `SET a = $2 … id = $1` would swap the values without a word.
TEST_P(scenario, placeholders_are_bound_by_their_number) {
  open();
  static const statement swapped{"order", "SELECT CAST(?2 AS TEXT), CAST(?1 AS TEXT), CAST(?2 AS TEXT), '?1'"};
  static const statement named{"dollar", "SELECT CAST($2 AS TEXT), CAST($1 AS TEXT)"};
  run(threads, [&]() -> awaitable<void> {
    std::string seen;
    auto take = [&](const row& r) {
      for (int i = 0; i < 4; ++i) seen += std::string{r.text(i)} + ",";
    };
    const row_sink sink{take};
    const std::array values{param{"one"}, param{"two"}};
    co_await db->query(swapped, values, sink);
    EXPECT_EQ(seen, "two,one,two,?1,");
  });
  if (GetParam() == engine::sqlite) {
    EXPECT_EQ(failure_of(threads,
                         [&]() -> awaitable<void> {
                           const std::array values{param{"one"}, param{"two"}};
                           co_await select(*db, named, values);
                         }),
              failure::other);
  }
}

TEST_P(scenario, a_wrong_number_of_values_is_an_error) {
  open();
  EXPECT_EQ(failure_of(threads, [&]() -> awaitable<void> { co_await select(*db, find_item, {}); }), failure::other);
  EXPECT_EQ(failure_of(threads,
                       [&]() -> awaitable<void> {
                         const std::array values{param{"a"}, param{"b"}};
                         co_await select(*db, find_item, values);
                       }),
            failure::other);
}

TEST_P(scenario, a_nul_character_is_refused) {
  open();
  using namespace std::string_view_literals;
  EXPECT_EQ(insert_fails("x\0y"sv, nullptr, "t"), failure::other);
  EXPECT_EQ(count(), 0);
}

TEST_P(scenario, constraint_violations_have_kinds) {
  open();
  EXPECT_EQ(insert_fails("a", nullptr, "t"), std::nullopt);
  EXPECT_EQ(insert_fails("a", nullptr, "t"), failure::unique_violation);
  EXPECT_EQ(insert_fails("b", "no such folder", "t"), failure::foreign_key_violation);
  EXPECT_EQ(insert_fails("c", nullptr, ""), failure::check_violation);
  EXPECT_EQ(insert_fails("d", nullptr, nullptr), failure::check_violation);
  static const statement wrong{"wrong", "SELECT nothing FROM nowhere"};
  EXPECT_EQ(failure_of(threads, [&]() -> awaitable<void> { co_await select(*db, wrong, {}); }), failure::other);
  EXPECT_EQ(failure_of(threads, [&]() -> awaitable<void> { co_await change(*db, wrong, {}); }), failure::other);
  EXPECT_EQ(count(), 1);
}

TEST_P(scenario, a_write_is_seen_by_the_read_after_it_on_every_thread) {
  open();
  for (int i = 0; i < 100; ++i) {
    const auto id = std::to_string(i);
    insert(id, nullptr, "t", i);
    for (std::size_t thread = 0; thread < 2; ++thread) {
      const auto rows = run(
          threads,
          [&]() -> awaitable<std::uint64_t> {
            const std::array key{param{id}};
            co_return co_await select(*db, find_item, key);
          },
          thread);
      ASSERT_EQ(rows, 1U) << i;
    }
  }
}

TEST_P(scenario, commands_of_one_write_succeed_or_fail_together) {
  open();
  const auto write_both = [&](std::string_view title) -> awaitable<void> {
    const std::array folder{param{"f"}, param{"n"}};
    const std::array item{param{"i"}, param{"f"}, param{title}, param{1}};
    const std::array commands{command{&insert_folder, folder}, command{&insert_item, item}};
    std::array<std::uint64_t, 2> changed{};
    co_await db->write(commands, changed);
    EXPECT_EQ(changed, (std::array<std::uint64_t, 2>{1, 1}));
  };
  EXPECT_EQ(failure_of(threads, [&] { return write_both(""); }), failure::check_violation);
  EXPECT_EQ(count(count_folders), 0);
  EXPECT_EQ(failure_of(threads, [&] { return write_both("t"); }), std::nullopt);
  EXPECT_EQ(count(count_folders), 1);
  EXPECT_EQ(count(), 1);
}

TEST_P(scenario, write_reports_how_many_rows_were_changed_or_returned) {
  open();
  static const statement upsert{
      "item.upsert", "INSERT INTO item (id, title) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING RETURNING id"};
  static const statement finish_all{"item.finish_all", "UPDATE item SET done = 1 WHERE done = 0"};
  run(threads, [&]() -> awaitable<void> {
    const std::array a{param{"a"}, param{"t"}};
    const std::array b{param{"b"}, param{"t"}};
    const std::array commands{command{&upsert, a}, command{&upsert, a}, command{&upsert, b}, command{&finish_all, {}},
                              command{&finish_all, {}}};
    std::array<std::uint64_t, 5> changed{};
    co_await db->write(commands, changed);
    EXPECT_EQ(changed, (std::array<std::uint64_t, 5>{1, 0, 1, 2, 0}));
  });
}

// Many at once form groups (SQLite) or batches (PostgreSQL); every third breaks a rule and must fail alone.
TEST_P(scenario, a_failing_member_takes_no_neighbour_along) {
  open();
  insert("taken", nullptr, "t", 0);
  const int members = 300;
  std::vector<std::future<void>> running;
  for (int i = 0; i < members; ++i) {
    running.push_back(start(
        threads,
        [this, i]() -> awaitable<void> {
          const auto id = i % 3 == 0 ? std::string{"taken"} : std::to_string(i);
          const std::array values{param{id}, param{nullptr}, param{"t"}, param{i}};
          co_await change(*db, insert_item, values);
        },
        static_cast<std::size_t>(i) % 2));
  }
  int failed = 0;
  for (int i = 0; i < members; ++i) {
    try {
      running[static_cast<std::size_t>(i)].get();
      EXPECT_NE(i % 3, 0) << i;
    } catch (const database_error& e) {
      ++failed;
      EXPECT_EQ(e.kind(), failure::unique_violation);
      EXPECT_EQ(i % 3, 0) << i;
    }
  }
  EXPECT_EQ(failed, members / 3);
  EXPECT_EQ(count(), 1 + members - members / 3);
}

// In a pipeline a failed prepare and its execute are two errors; counting one per request would give every later
// request its neighbour's answer.
TEST_P(scenario, errors_reach_the_request_that_caused_them) {
  open();
  for (int i = 0; i < 50; ++i) insert(std::to_string(i), nullptr, "title " + std::to_string(i), i);
  static const std::array wrong{statement{"wrong.table", "SELECT id FROM nowhere WHERE id = ?1"},
                                statement{"wrong.syntax", "SELECT FROM WHERE ?1"},
                                statement{"wrong.column", "SELECT nothing FROM item WHERE id = ?1"}};
  static const std::array right{statement{"right.one", "SELECT title FROM item WHERE id = ?1"},
                                statement{"right.two", "SELECT title, place FROM item WHERE id = ?1"}};
  std::vector<std::future<std::string>> running;
  for (int i = 0; i < 200; ++i) {
    running.push_back(start(threads, [this, i]() -> awaitable<std::string> {
      const auto id = std::to_string(i % 50);
      const std::array key{param{id}};
      const auto& what =
          i % 4 == 0 ? wrong[static_cast<std::size_t>(i / 4) % 3] : right[static_cast<std::size_t>(i) % 2];
      std::string answer;
      auto take = [&](const row& r) { answer = r.text(0); };
      const row_sink sink{take};
      co_await db->query(what, key, sink);
      co_return answer;
    }));
  }
  for (int i = 0; i < 200; ++i) {
    try {
      const auto answer = running[static_cast<std::size_t>(i)].get();
      EXPECT_NE(i % 4, 0) << i;
      EXPECT_EQ(answer, "title " + std::to_string(i % 50));
    } catch (const database_error& e) {
      EXPECT_EQ(i % 4, 0) << i << ": " << e.what();
      EXPECT_EQ(e.kind(), failure::other);
      EXPECT_EQ(e.statement(), wrong[static_cast<std::size_t>(i / 4) % 3].name);
    }
  }
}

TEST_P(scenario, what_a_sink_throws_reaches_the_caller_and_undoes_a_transaction) {
  open();
  static const statement inserting{"item.insert_returning",
                                   "INSERT INTO item (id, title) VALUES (?1, 't') RETURNING id"};
  const auto writes = [&]() -> awaitable<void> {
    const auto body = [](transaction& tx) -> awaitable<void> {
      const std::array values{param{"a"}};
      auto refuse = [](const row&) { throw std::domain_error("no"); };
      co_await tx.execute(inserting, values, refuse);
    };
    co_await db->transact(body);
  };
  EXPECT_THROW(run(threads, writes), std::domain_error);
  EXPECT_EQ(count(), 0);
  insert("b", nullptr, "t", 1);
  const auto reads = [&]() -> awaitable<void> {
    auto refuse = [](const row&) { throw std::domain_error("no"); };
    const row_sink sink{refuse};
    co_await db->query(count_items, {}, sink);
  };
  EXPECT_THROW(run(threads, reads), std::domain_error);
  const auto slow = [&]() -> awaitable<void> {
    auto refuse = [](const row&) { throw std::domain_error("no"); };
    const row_sink sink{refuse};
    co_await db->query_slow(count_items, {}, sink);
  };
  EXPECT_THROW(run(threads, slow), std::domain_error);
}

TEST_P(scenario, slow_queries_answer_too) {
  open();
  insert("a", nullptr, "t", 7);
  std::vector<std::future<std::string>> running;
  for (std::size_t i = 0; i < 20; ++i) {
    running.push_back(start(
        threads,
        [this]() -> awaitable<std::string> {
          std::string out;
          auto take = [&out](const row& r) { out = r.text(3); };
          const row_sink sink{take};
          const std::array key{param{"a"}};
          const auto rows = co_await db->query_slow(find_item, key, sink);
          co_return out + "/" + std::to_string(rows);
        },
        i % 2));
  }
  for (auto& answer : running) EXPECT_EQ(answer.get(), "7/1");
}

TEST_P(scenario, transactions_commit_and_roll_back) {
  open();
  const auto insert_two = [&](bool good, auto ending) {
    return run(threads, [this, good, ending]() -> awaitable<int> {
      auto body = [good, ending](transaction& tx) -> awaitable<int> {
        const std::array first{param{"1"}, param{nullptr}, param{"t"}, param{1}};
        const std::array second{param{good ? "2" : "1"}, param{nullptr}, param{"t"}, param{1}};
        EXPECT_EQ(co_await tx.execute(insert_item, first), 1U);
        EXPECT_EQ(co_await tx.execute(insert_item, second), 1U);
        std::int64_t rows = 0;
        auto take = [&rows](const row& r) { rows = r.integer(0); };
        const row_sink sink{take};
        co_await tx.execute(count_items, {}, sink);
        EXPECT_EQ(rows, 2);
        co_return ending();
      };
      co_return co_await db->transact(body);
    });
  };
  EXPECT_THROW(insert_two(false, [] { return 1; }), database_error);
  EXPECT_EQ(count(), 0);
  EXPECT_THROW(insert_two(true, []() -> int { throw std::domain_error("no"); }), std::domain_error);
  EXPECT_EQ(count(), 0);
  EXPECT_EQ(insert_two(true, [] { return 42; }), 42);
  EXPECT_EQ(count(), 2);
}

TEST_P(scenario, a_transaction_whose_result_is_an_error_rolls_back) {
  open();
  const auto attempt = [&](bool good) {
    return run(threads, [this, good]() -> awaitable<result<int>> {
      auto body = [good](transaction& tx) -> awaitable<result<int>> {
        const std::array values{param{"1"}, param{nullptr}, param{"t"}, param{1}};
        co_await tx.execute(insert_item, values);
        if (!good) co_return error{errc::conflict, "changed meanwhile"};
        co_return 7;
      };
      co_return co_await db->transact(body);
    });
  };
  const auto refused = attempt(false);
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code, errc::conflict);
  EXPECT_EQ(count(), 0);
  EXPECT_EQ(attempt(true).value(), 7);
  EXPECT_EQ(count(), 1);
}

// PostgreSQL refuses everything after a failed statement, so SQLite does too: nothing half done is ever committed.
TEST_P(scenario, a_transaction_that_swallows_an_error_does_not_commit) {
  open();
  const auto swallow = [&]() -> awaitable<void> {
    auto body = [](transaction& tx) -> awaitable<void> {
      const std::array values{param{"1"}, param{nullptr}, param{"t"}, param{1}};
      co_await tx.execute(insert_item, values);
      try {
        co_await tx.execute(insert_item, values);
      } catch (const database_error&) {
      }
    };
    co_await db->transact(body);
  };
  EXPECT_EQ(failure_of(threads, swallow), failure::unique_violation);
  EXPECT_EQ(count(), 0);
}

TEST_P(scenario, several_statements_of_a_transaction_count_each_and_fail_together) {
  open();
  const auto insert_all = [&](const char* last) -> awaitable<void> {
    auto body = [last](transaction& tx) -> awaitable<void> {
      const std::array first{param{"1"}, param{nullptr}, param{"t"}, param{1}};
      const std::array second{param{last}, param{nullptr}, param{"t"}, param{1}};
      const std::array commands{command{&insert_item, first}, command{&count_items, {}}, command{&insert_item, second},
                                command{&count_items, {}}};
      std::vector<std::int64_t> rows;
      auto take = [&rows](const row& r) { rows.push_back(r.integer(0)); };
      std::array<std::uint64_t, 4> changed{};
      co_await tx.execute_all(commands, take, changed);
      EXPECT_EQ(rows, (std::vector<std::int64_t>{1, 2}));
      EXPECT_EQ(changed, (std::array<std::uint64_t, 4>{1, 1, 1, 1}));
      co_await tx.execute_all({});
    };
    co_await db->transact(body);
  };
  EXPECT_EQ(failure_of(threads, [&] { return insert_all("1"); }), failure::unique_violation);
  EXPECT_EQ(count(), 0);
  run(threads, [&] { return insert_all("2"); });
  EXPECT_EQ(count(), 2);
}

const statement make_counter{"counter.make", "INSERT INTO counter (id, value) VALUES ('c', 0)"};
const statement set_counter{"counter.set", "UPDATE counter SET value = ?1 WHERE id = 'c'"};

TEST_P(scenario, transactions_that_wait_for_locks_all_come_through) {
  open();
  static const statement lock{"counter.lock", "SELECT value FROM counter WHERE id = 'c'",
                              "SELECT value FROM counter WHERE id = 'c' FOR UPDATE"};
  run(threads, [&]() -> awaitable<void> { co_await change(*db, make_counter, {}); });
  constexpr int each = 40;
  std::vector<std::future<void>> running;
  for (std::size_t i = 0; i < 4; ++i) {
    running.push_back(start(
        threads,
        [this]() -> awaitable<void> {
          for (int n = 0; n < each; ++n) {
            int times = 0;
            auto body = [&times](transaction& tx) -> awaitable<void> {
              ++times;
              tx.wait_for_locks();
              std::int64_t value = -1;
              auto take = [&value](const row& r) { value = r.integer(0); };
              co_await tx.execute(lock, {}, take);
              const std::array values{param{value + 1}};
              co_await tx.execute(set_counter, values);
            };
            co_await db->transact(body);
            EXPECT_EQ(times, 1) << "it was run again instead of waiting";
          }
        },
        i % 2));
  }
  for (auto& r : running) r.get();
  EXPECT_EQ(run(threads, [&]() -> awaitable<std::int64_t> { co_return co_await number(*db, lock, {}); }), 4 * each);
}

TEST_P(scenario, transactions_see_each_other_whole) {
  open();
  static const statement read{"counter.read", "SELECT value FROM counter WHERE id = 'c'"};
  run(threads, [&]() -> awaitable<void> { co_await change(*db, make_counter, {}); });
  const int each = 40;
  std::vector<std::future<int>> running;
  for (std::size_t i = 0; i < 4; ++i) {
    running.push_back(start(
        threads,
        [this]() -> awaitable<int> {
          int done = 0;
          for (int n = 0; n < each; ++n) {
            auto body = [](transaction& tx) -> awaitable<void> {
              std::int64_t value = -1;
              auto take = [&value](const row& r) { value = r.integer(0); };
              const row_sink sink{take};
              co_await tx.execute(read, {}, sink);
              const std::array values{param{value + 1}};
              co_await tx.execute(set_counter, values);
            };
            try {
              co_await db->transact(body);
              ++done;
            } catch (const database_error& e) {
              EXPECT_EQ(e.kind(), failure::serialization);  // after all of its retries
            }
          }
          co_return done;
        },
        i % 2));
  }
  int done = 0;
  for (auto& r : running) done += r.get();
  EXPECT_GE(done, each);
  EXPECT_EQ(run(threads, [&]() -> awaitable<std::int64_t> { co_return co_await number(*db, read, {}); }), done);
}

TEST_P(scenario, statements_that_take_too_long_end_with_timeout) {
  open({.statement_timeout = std::chrono::milliseconds{300}});
  static const statement endless{"endless",
                                 "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n "
                                 "WHERE i < 100000000000) SELECT count(*) FROM n"};
  const auto begun = std::chrono::steady_clock::now();
  const auto slow = [&]() -> awaitable<void> {
    auto ignore = [](const row&) {};
    const row_sink sink{ignore};
    co_await db->query_slow(endless, {}, sink);
  };
  EXPECT_EQ(failure_of(threads, slow), failure::timeout);
  EXPECT_EQ(failure_of(threads, [&]() -> awaitable<void> { co_await select(*db, endless, {}); }), failure::timeout);
  EXPECT_EQ(failure_of(threads, [&]() -> awaitable<void> { co_await change(*db, endless, {}); }), failure::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds{5});
  EXPECT_EQ(insert("a", nullptr, "t", 1), 1U);
}

TEST_P(scenario, a_closed_database_says_so) {
  open();
  insert("a", nullptr, "t", 1);
  EXPECT_TRUE(becomes_healthy(*db, std::chrono::seconds{5})) << db->check().detail;
  db->close();
  EXPECT_FALSE(db->check().ok);
  EXPECT_EQ(failure_of(threads, [&]() -> awaitable<void> { co_await select(*db, count_items, {}); }),
            failure::unavailable);
  EXPECT_EQ(insert_fails("b", nullptr, "t"), failure::unavailable);
}

TEST_P(scenario, closing_finishes_what_was_accepted) {
  open();
  std::vector<std::future<void>> running;
  std::atomic<int> begun{0};
  for (int i = 0; i < 100; ++i) {
    running.push_back(start(threads, [this, i, &begun]() -> awaitable<void> {
      ++begun;
      const auto id = std::to_string(i);
      const std::array values{param{id}, param{nullptr}, param{"t"}, param{i}};
      co_await change(*db, insert_item, values);
    }));
  }
  while (begun < 100) std::this_thread::yield();
  db->close();
  int done = 0;
  for (auto& r : running) {
    try {
      r.get();
      ++done;
    } catch (const database_error& e) {
      EXPECT_EQ(e.kind(), failure::unavailable);
    }
  }
  db = sql::open(server.url(), threads, {}, nullptr);
  EXPECT_EQ(count(), done);
}

CUMULO_ON_EACH_ENGINE(scenario);

}  // namespace
}  // namespace cumulo::sql::test
