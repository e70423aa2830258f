// What platform/sql reaches without HTTP: `sql_limits sqlite:FILE | postgres://… [ROWS] [CALLERS] [SECONDS]`.
// Prints one line per measurement: name, operations per second, CPU microseconds of this process per operation.
// Fills a table of ROWS tasks first, if it is not there yet.
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdio>
#include <future>
#include <random>

#include "platform/core/id.hpp"
#include "platform/sql/database.hpp"

using namespace cumulo;

namespace {

constexpr std::array schema{embedded_file{"V001__limits.sql",
                                          "CREATE TABLE limit_task (id BIGINT PRIMARY KEY, owner BIGINT NOT NULL, "
                                          "title TEXT NOT NULL, description TEXT NOT NULL,"
                                          " status TEXT NOT NULL, created_at BIGINT NOT NULL);"
                                          "CREATE TABLE limit_outbox (id TEXT PRIMARY KEY, data TEXT NOT NULL)"}};

const sql::statement highest{"limits.highest", "SELECT coalesce(max(id), 0) FROM limit_task"};
const sql::statement insert{"limits.insert",
                            "INSERT INTO limit_task (id, owner, title, description, status, created_at)"
                            " VALUES (?1, ?2, ?3, ?4, 'todo', ?5)"};
const sql::statement insert_event{"limits.insert_event", "INSERT INTO limit_outbox (id, data) VALUES (?1, ?2)"};
const sql::statement find{"limits.find",
                          "SELECT id, owner, title, description, status, created_at FROM limit_task WHERE id = ?1"};

const std::string title = "Write the benchmark that tells the truth";
const std::string description(400, 'd');

struct program {
  io_threads threads{1};
  std::unique_ptr<sql::database> db;
  std::int64_t rows{};
  std::int64_t next{};

  awaitable<void> write_task(std::int64_t id) {
    const std::string event_id = new_id();
    const std::array task{sql::param{id}, sql::param{id % 1'000}, sql::param{title}, sql::param{description},
                          sql::param{id}};
    const std::array event{sql::param{event_id}, sql::param{description}};
    const std::array commands{sql::command{&insert, task}, sql::command{&insert_event, event}};
    co_await db->write(commands);
  }

  awaitable<void> fill() {
    auto take = [this](const sql::row& r) { next = r.integer(0); };
    const sql::row_sink sink{take};
    co_await db->query(highest, {}, sink);
    while (next < rows) {
      auto body = [this](sql::transaction& tx) -> awaitable<void> {
        for (std::int64_t id = next + 1; id <= std::min(next + 1'000, rows); ++id) {
          const std::array task{sql::param{id}, sql::param{id % 1'000}, sql::param{title}, sql::param{description},
                                sql::param{id}};
          co_await tx.execute(insert, task);
        }
      };
      co_await db->transact(body);
      next = std::min(next + 1'000, rows);
    }
  }

  awaitable<std::size_t> read_one(std::minstd_rand& random) {
    std::uniform_int_distribution<std::int64_t> any{1, rows};
    const std::array key{sql::param{any(random)}};
    std::size_t bytes = 0;
    auto take = [&bytes](const sql::row& r) {
      for (int column = 0; column < 6; ++column) bytes += r.text(column).size();
    };
    const sql::row_sink sink{take};
    co_await db->query(find, key, sink);
    co_return bytes;
  }
};

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

template <class Operation>
double measure(program& p, const char* name, int callers, int seconds, Operation operation) {
  std::atomic<bool> stop{false};
  std::atomic<std::int64_t> done{0};
  const auto begun = std::chrono::steady_clock::now();
  const double cpu = cpu_seconds();
  std::vector<std::future<void>> running;
  for (int c = 0; c < callers; ++c) {
    auto caller = [&, c]() -> awaitable<void> {
      std::minstd_rand random{static_cast<unsigned>(c) + 1};
      while (!stop) {
        for (int n = 0; n < 16 && !stop; ++n) {
          co_await operation(random);
          ++done;
        }
        co_await asio::post(p.threads.context(0), use_awaitable);  // an inline read never lets the others run
      }
    };
    running.push_back(asio::co_spawn(p.threads.context(0), std::move(caller), asio::use_future));
  }
  std::this_thread::sleep_for(std::chrono::seconds{seconds});
  stop = true;
  for (auto& r : running) r.get();
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const auto count = static_cast<double>(done.load());
  std::printf("%-28s %10.0f /s %8.1f us\n", name, count / wall, (cpu_seconds() - cpu) / count * 1e6);
  std::fflush(stdout);
  return count / wall;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: sql_limits URL [ROWS] [CALLERS] [SECONDS]\n");
    return 2;
  }
  const auto argument = [&](int index, int otherwise) { return argc > index ? std::atoi(argv[index]) : otherwise; };
  program p;
  p.rows = argument(2, 100'000);
  const int callers = argument(3, 32);
  const int seconds = argument(4, 3);
  sql::migrate(argv[1], schema);
  p.db = sql::open(argv[1], p.threads, {}, nullptr);
  p.threads.start();
  asio::co_spawn(p.threads.context(0), p.fill(), asio::use_future).get();
  const auto read = [&p](std::minstd_rand& random) { return p.read_one(random); };
  const auto write = [&p](std::minstd_rand&) { return p.write_task(++p.next); };
  measure(p, "point read", callers, seconds, read);
  const double alone = measure(p, "write, one caller", 1, seconds, write);
  const double together = measure(p, "write, all callers", callers, seconds, write);
  std::printf("groups of %d callers: %.1f times one commit per write\n", callers, together / alone);
  p.db->close();
}
