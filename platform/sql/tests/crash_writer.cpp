// Writes rows as fast as it can and prints each id when its write is acknowledged, until it is killed: `crash_writer
// URL`.
#include <cstdio>

#include "platform/sql/tests/sql_fixture.hpp"

using namespace cumulo;
using namespace cumulo::sql;

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  static const statement insert{"crash.insert", "INSERT INTO counter (id, value) VALUES (?1, 1)"};
  static const statement insert_pair{"crash.insert_pair", "INSERT INTO folder (id, name) VALUES (?1, 'pair')"};
  io_threads threads{1};
  const auto db = sql::open(argv[1], threads, {}, nullptr);
  threads.start();
  std::vector<std::future<void>> writers;
  for (int w = 0; w < 16; ++w) {
    auto write = [&db, w]() -> awaitable<void> {
      for (int n = 0;; ++n) {
        const auto id = std::to_string(w) + "-" + std::to_string(n);
        const std::array values{param{id}};
        const std::array both{command{&insert, values}, command{&insert_pair, values}};
        co_await db->write(both);
        std::puts(id.c_str());
        std::fflush(stdout);
      }
    };
    writers.push_back(cumulo::test::start(threads, write));
  }
  for (auto& w : writers) w.get();
}
