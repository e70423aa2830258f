// What is PostgreSQL's alone: lost connections, pipelines, statements that go out of date.
#include <signal.h>

#include <fstream>
#include <set>

#include "platform/sql/tests/engines.hpp"

namespace cumulo::sql::test {
namespace {

using namespace std::chrono_literals;

const statement insert_counter{"counter.insert", "INSERT INTO counter (id, value) VALUES (?1, ?2)"};
const statement count_counters{"counter.count", "SELECT count(*) FROM counter"};
const statement find_counter{"counter.find", "SELECT * FROM counter WHERE id = ?1"};

class postgres_test : public testing::Test {
 protected:
  void open(pool_settings settings = {}) {
    migrate(url, schema);
    db = sql::open(url, threads, settings, nullptr);
    threads.start();
    ASSERT_TRUE(becomes_healthy(*db, 5s)) << db->check().detail;
  }
  void TearDown() override {
    if (db) db->close();
    threads.stop();
  }
  awaitable<void> insert(std::string id) {
    const std::array values{param{id}, param{1}};
    co_await change(*db, insert_counter, values);
  }
  /// A statement without values on an exclusive connection.
  awaitable<void> slow(const statement& what) {
    auto ignore = [](const row&) {};
    const row_sink sink{ignore};
    co_await db->query_slow(what, {}, sink);
  }
  std::int64_t count() {
    return run(threads, [this]() -> awaitable<std::int64_t> { co_return co_await number(*db, count_counters, {}); });
  }

  io_threads threads{2};
  /// To the server and all of its sessions.
  void signal_all(int signal) const {
    const auto parent = std::to_string(server.pid());
    for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
      std::ifstream in{entry.path() / "stat"};
      std::string pid, skipped, state, of;
      if (in >> pid && std::getline(in, skipped, ')') && in >> state >> of && of == parent)
        ::kill(std::stoi(pid), signal);
    }
    ::kill(server.pid(), signal);
  }

  postgres_cluster server{{.durable = true, .settings = {"deadlock_timeout = 200ms"}}};  // its own: it gets killed
  std::string url = server.create_database();
  std::unique_ptr<database> db;
};

TEST_F(postgres_test, a_killed_server_costs_only_unavailable_and_no_acknowledged_write) {
  open();
  std::set<std::string> acknowledged;
  std::mutex mutex;
  std::atomic<bool> stop{false};
  std::atomic<int> other_failures{0};
  std::atomic<int> unavailable{0};
  std::atomic<std::int64_t> last_success{0};
  std::vector<std::future<void>> running;
  const auto now = [] { return std::chrono::steady_clock::now().time_since_epoch().count(); };
  for (std::size_t w = 0; w < 24; ++w) {
    auto work = [&, w]() -> awaitable<void> {
      for (int n = 0; !stop; ++n) {
        const auto id = std::to_string(w) + "-" + std::to_string(n);
        const std::array key{param{id}};
        bool failed = false;
        try {
          if (w % 3 == 0) {
            co_await insert(id);
          } else if (w % 3 == 1) {
            auto body = [&id](transaction& tx) -> awaitable<void> {
              const std::array values{param{id}, param{2}};
              co_await tx.execute(insert_counter, values);
            };
            co_await db->transact(body);
          } else {
            co_await select(*db, find_counter, key);
          }
          last_success = now();
          if (w % 3 != 2) {
            const std::lock_guard lock(mutex);
            acknowledged.insert(id);
          }
        } catch (const database_error& e) {
          failed = true;
          if (e.kind() == failure::unavailable) {
            ++unavailable;
          } else if (e.kind() != failure::serialization) {
            ++other_failures;
            ADD_FAILURE() << e.what();
          }
        }
        if (failed) {
          co_await pause(threads.context(w % 2), 20ms);
        }
      }
    };
    running.push_back(start(threads, work, w % 2));
  }
  for (int round = 0; round < 2; ++round) {
    std::this_thread::sleep_for(500ms);
    server.stop(postgres_cluster::stop_mode::immediate);
    EXPECT_TRUE(becomes(false, *db, 5s));
    std::this_thread::sleep_for(300ms);
    server.start();
    const auto back = now();
    EXPECT_TRUE(becomes(true, *db, 5s));
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    while (last_success < back && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(5ms);
    EXPECT_GT(last_success, back);
  }
  std::this_thread::sleep_for(300ms);
  stop = true;
  for (auto& r : running) r.get();
  EXPECT_GT(unavailable, 0);
  EXPECT_EQ(other_failures, 0);
  EXPECT_GT(acknowledged.size(), 100U);
  static const statement all{"counter.all", "SELECT id FROM counter"};
  run(threads, [&]() -> awaitable<void> {
    auto cross_out = [&](const row& r) { acknowledged.erase(std::string{r.text(0)}); };
    const row_sink sink{cross_out};
    co_await db->query(all, {}, sink);
  });
  EXPECT_TRUE(acknowledged.empty()) << acknowledged.size() << " acknowledged writes are lost";
}

TEST_F(postgres_test, while_it_is_down_calls_fail_at_once) {
  open();
  server.stop(postgres_cluster::stop_mode::fast);
  ASSERT_TRUE(becomes(false, *db, 5s));
  const auto begun = std::chrono::steady_clock::now();
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(failure_of(threads, [&] { return insert("x"); }), failure::unavailable);
    EXPECT_EQ(failure_of(threads, [&]() -> awaitable<void> { co_await select(*db, count_counters, {}); }),
              failure::unavailable);
    EXPECT_EQ(failure_of(threads, [&] { return slow(count_counters); }), failure::unavailable);
    EXPECT_EQ(failure_of(threads,
                         [&]() -> awaitable<void> {
                           auto body = [](transaction& tx) -> awaitable<void> { co_await tx.execute(count_counters); };
                           co_await db->transact(body);
                         }),
              failure::unavailable);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 1s);
}

TEST_F(postgres_test, that_is_down_at_the_start_is_waited_for) {
  migrate(url, schema);
  server.stop(postgres_cluster::stop_mode::fast);
  db = sql::open(url, threads, {}, nullptr);
  threads.start();
  EXPECT_EQ(failure_of(threads, [&] { return insert("a"); }), failure::unavailable);
  EXPECT_FALSE(db->check().ok);
  server.start();
  ASSERT_TRUE(becomes_healthy(*db, 5s));
  EXPECT_EQ(failure_of(threads, [&] { return insert("a"); }), std::nullopt);
}

// A server that neither answers nor hangs up, as when packets are dropped.
TEST_F(postgres_test, a_server_that_says_nothing_is_noticed) {
  open({.statement_timeout = 3s, .client_deadline = 3s});
  signal_all(SIGSTOP);
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::future<void>> running;
  running.push_back(start(threads, [&] { return insert("write"); }));
  running.push_back(start(threads, [&]() -> awaitable<void> { co_await select(*db, count_counters, {}); }, 1));
  for (auto& r : running) EXPECT_THROW(r.get(), database_error);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  EXPECT_TRUE(becomes(false, *db, 5s));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 6s);
  signal_all(SIGCONT);
  EXPECT_TRUE(becomes_healthy(*db, 5s));
  EXPECT_EQ(failure_of(threads, [&] { return insert("after"); }), std::nullopt);
}

TEST_F(postgres_test, an_idle_connection_that_is_dead_is_noticed) {
  open();
  signal_all(SIGSTOP);
  EXPECT_TRUE(becomes(false, *db, 7s));
  signal_all(SIGCONT);
  EXPECT_TRUE(becomes_healthy(*db, 5s));
}

TEST_F(postgres_test, statements_out_of_date_are_prepared_again) {
  open();
  static const statement drop_all{"drop", "DEALLOCATE ALL"};
  static const statement add{"alter", "ALTER TABLE counter ADD COLUMN IF NOT EXISTS note TEXT DEFAULT 'n'"};
  run(threads, [&]() -> awaitable<void> {
    co_await insert("a");
    const std::array key{param{"a"}};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(co_await select(*db, find_counter, key), 1U);
    co_await change(*db, add, {});  // "cached plan must not change result type"
    EXPECT_EQ(co_await select(*db, find_counter, key), 1U);
    co_await change(*db, drop_all, {});  // the write connection's are gone
    co_await insert("b");
    co_await select(*db, drop_all, {});
    EXPECT_EQ(co_await select(*db, find_counter, key), 1U);
  });
  EXPECT_EQ(count(), 2);
}

// The error comes with the Sync, when every statement has answered well.
TEST_F(postgres_test, a_member_whose_commit_fails_takes_no_neighbour_along) {
  static constexpr std::array deferred{embedded_file{
      "V002__d.sql",
      "CREATE TABLE child (id TEXT PRIMARY KEY, parent TEXT REFERENCES counter (id) DEFERRABLE INITIALLY DEFERRED)"}};
  const std::array both_files{schema[0], deferred[0]};
  migrate(url, both_files);
  db = sql::open(url, threads, {}, nullptr);
  static const statement insert_child{"child.insert", "INSERT INTO child (id, parent) VALUES (?1, 'nobody')"};
  std::vector<std::future<std::optional<failure>>> running;
  for (int i = 0; i < 40; ++i) {
    running.push_back(start(threads, [this, i]() -> awaitable<std::optional<failure>> {
      const auto id = std::to_string(i);
      const std::array both{param{id}, param{1}};
      try {
        co_await change(*db, i % 8 == 3 ? insert_child : insert_counter, std::span{both}.first(i % 8 == 3 ? 1 : 2));
      } catch (const database_error& e) {
        co_return e.kind();
      }
      co_return std::nullopt;
    }));
  }
  threads.start();
  for (int i = 0; i < 40; ++i) {
    const auto got = running[static_cast<std::size_t>(i)].get();
    EXPECT_EQ(got, i % 8 == 3 ? std::optional{failure::foreign_key_violation} : std::nullopt) << i;
  }
  EXPECT_EQ(count(), 35);
}

TEST_F(postgres_test, a_transaction_body_runs_again_after_a_serialization_failure) {
  open();
  run(threads, [this]() -> awaitable<void> { co_await insert("c"); });
  static const statement read{"counter.read", "SELECT value FROM counter WHERE id = 'c'"};
  static const statement set{"counter.set", "UPDATE counter SET value = ?1 WHERE id = 'c'"};
  static const statement add_one{"counter.add", "UPDATE counter SET value = value + 1 WHERE id = 'c'"};
  int runs = 0;
  run(threads, [&]() -> awaitable<void> {
    auto body = [&](transaction& tx) -> awaitable<void> {
      ++runs;
      std::int64_t value = 0;
      auto take = [&value](const row& r) { value = r.integer(0); };
      const row_sink sink{take};
      co_await tx.execute(read, {}, sink);
      if (runs <= 2) co_await change(*db, add_one, {});  // somebody else, meanwhile
      const std::array values{param{value + 100}};
      co_await tx.execute(set, values);
    };
    co_await db->transact(body);
    EXPECT_EQ(co_await number(*db, read, {}), 103);
  });
  EXPECT_EQ(runs, 3);
  runs = 0;
  EXPECT_EQ(failure_of(threads,
                       [&]() -> awaitable<void> {
                         auto body = [&](transaction& tx) -> awaitable<void> {
                           ++runs;
                           co_await tx.execute(read);
                           co_await change(*db, add_one, {});
                           const std::array values{param{0}};
                           co_await tx.execute(set, values);
                         };
                         co_await db->transact(body);
                       }),
            failure::serialization);
  EXPECT_EQ(runs, 9);
}

TEST_F(postgres_test, transactions_beyond_the_pool_wait_their_turn_or_are_refused) {
  open({.client_deadline = 600ms, .exclusive_connections = 2});
  static const statement nap{"nap", "SELECT pg_sleep(0.4)"};
  std::vector<std::future<void>> running;
  for (int i = 0; i < 8; ++i) running.push_back(start(threads, [&] { return slow(nap); }));
  int done = 0;
  int late = 0;
  for (auto& r : running) {
    try {
      r.get();
      ++done;
    } catch (const database_error& e) {
      EXPECT_EQ(e.kind(), failure::unavailable) << e.what();
      ++late;
    }
  }
  EXPECT_GE(done, 1);
  EXPECT_GE(late, 1);
  EXPECT_EQ(failure_of(threads, [&] { return slow(count_counters); }), std::nullopt);
}

TEST_F(postgres_test, a_full_queue_refuses_at_once) {
  open({.max_waiting = 10});
  auto all = [&]() -> awaitable<int> {
    std::vector<std::future<void>> asked;
    for (int i = 0; i < 30; ++i) {
      asked.push_back(start(threads, [&]() -> awaitable<void> { co_await select(*db, count_counters, {}); }));
    }
    // They run when this coroutine lets go of the thread, one after the other, before the loop sends anything.
    co_await pause(threads.context(0), 500ms);
    int refused = 0;
    for (auto& a : asked) {
      try {
        a.get();
      } catch (const database_error& e) {
        EXPECT_EQ(e.kind(), failure::unavailable);
        ++refused;
      }
    }
    co_return refused;
  };
  EXPECT_EQ(run(threads, all), 20);
}

}  // namespace
}  // namespace cumulo::sql::test
