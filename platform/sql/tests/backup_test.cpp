#include "platform/sql/backup.hpp"

#include <sys/resource.h>

#include <fstream>
#include <iostream>
#include <thread>

#include "platform/sql/tests/sql_fixture.hpp"

namespace cumulo::sql::test {
namespace {

const statement insert_row{"backup.insert", "INSERT INTO counter (id, value) VALUES (?1, 1)"};
const statement count_rows{"backup.count", "SELECT count(*) FROM counter"};

class backups : public testing::Test {
 protected:
  std::string make(std::string_view which) {
    const std::string url = "sqlite:" + folder.file(which);
    migrate(url, schema);
    return url;
  }
  std::int64_t count(const std::string& url) {
    io_threads threads{1};
    const auto db = open(url, threads, {}, nullptr);
    threads.start();
    const std::int64_t rows =
        run(threads, [&]() -> awaitable<std::int64_t> { co_return co_await number(*db, count_rows, {}); });
    db->close();
    threads.stop();
    return rows;
  }

  temporary_folder folder;
};

/// The writer commits to one database, and only then to the other: at each instant the first is ahead by at most one.
TEST_F(backups, are_of_one_instant_while_writes_go_on) {
  const std::string first = make("first.db");
  const std::string second = make("second.db");
  io_threads threads{1};
  const auto a = open(first, threads, {}, nullptr);
  const auto b = open(second, threads, {}, nullptr);
  threads.start();
  std::atomic<bool> enough{false};
  std::atomic<std::int64_t> acknowledged{0};
  auto writing = start(threads, [&]() -> awaitable<void> {
    for (std::int64_t n = 0; !enough; ++n) {
      const std::string id = std::to_string(n);
      const std::array values{param{id}};
      co_await change(*a, insert_row, values);
      co_await change(*b, insert_row, values);
      acknowledged = n + 1;
    }
  });

  for (int round = 0; round < 20; ++round) {
    const std::int64_t before = acknowledged;
    while (acknowledged < before + 5) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    const std::string suffix = std::to_string(round) + ".copy";
    const std::array orders{copy_order{first, folder.file("first" + suffix)},
                            copy_order{second, folder.file("second" + suffix)}};
    const std::int64_t acknowledged_before = acknowledged;
    copy_together(orders);
    for (const copy_order& each : orders) check_integrity(each.file);
    const std::int64_t in_first = count("sqlite:" + orders[0].file);
    const std::int64_t in_second = count("sqlite:" + orders[1].file);
    EXPECT_GE(in_second, acknowledged_before);
    EXPECT_GE(in_first - in_second, 0);
    EXPECT_LE(in_first - in_second, 1);
  }
  enough = true;
  writing.get();
  a->close();
  b->close();
  threads.stop();
}

// A copy is one transaction, whose pages were all kept until its end: whoever runs in a small container was killed.
TEST_F(backups, of_a_large_database_take_little_memory) {
  static const statement fill{"backup.fill",
                              "INSERT INTO folder (id, name) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                              "FROM n WHERE i < 40) SELECT i, CAST(zeroblob(4000000) AS TEXT) || i FROM n"};
  const std::string url = make("large.db");
  {
    io_threads threads{1};
    const auto db = open(url, threads, {}, nullptr);
    threads.start();
    run(threads, [&]() -> awaitable<void> { co_await change(*db, fill, {}); });
    db->close();
    threads.stop();
  }
  ASSERT_GT(std::filesystem::file_size(folder.file("large.db")), 150'000'000U);
  const auto copy_in_little = [&] {
    std::ifstream status{"/proc/self/status"};
    std::string word;
    rlim_t kilobytes = 0;
    while (status >> word && word != "VmData:") {
    }
    status >> kilobytes;
    const rlimit limit{(kilobytes + 64 * 1024) * 1024, (kilobytes + 64 * 1024) * 1024};
    setrlimit(RLIMIT_DATA, &limit);
    try {
      const std::array orders{copy_order{url, folder.file("copy")}};
      copy_together(orders);
      check_integrity(orders[0].file);
    } catch (const std::exception& e) {
      std::cerr << e.what();
      std::_Exit(1);
    }
    std::_Exit(0);
  };
  EXPECT_EXIT(copy_in_little(), testing::ExitedWithCode(0), "");
  EXPECT_EQ(std::filesystem::file_size(folder.file("copy")), std::filesystem::file_size(folder.file("large.db")));
}

TEST_F(backups, stand_alone_and_are_private) {
  const std::string url = make("one.db");
  const std::array orders{copy_order{url, folder.file("copy")}};
  copy_together(orders);
  EXPECT_FALSE(std::filesystem::exists(folder.file("copy-wal")));
  EXPECT_EQ(std::filesystem::status(folder.file("copy")).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(backups, overwrite_nothing_and_leave_nothing_half_done) {
  const std::string url = make("one.db");
  std::ofstream{folder.file("taken")} << "precious";
  const std::array orders{copy_order{url, folder.file("free")}, copy_order{url, folder.file("taken")}};
  EXPECT_THROW(copy_together(orders), database_error);
  EXPECT_FALSE(std::filesystem::exists(folder.file("free")));
  EXPECT_EQ(std::filesystem::file_size(folder.file("taken")), 8U);
  const std::array missing{copy_order{"sqlite:" + folder.file("no.db"), folder.file("copy")}};
  EXPECT_THROW(copy_together(missing), database_error);
  EXPECT_FALSE(std::filesystem::exists(folder.file("no.db")));
}

TEST_F(backups, that_are_damaged_are_found_out) {
  const std::string url = make("one.db");
  const std::array orders{copy_order{url, folder.file("copy")}};
  copy_together(orders);
  check_integrity(folder.file("copy"));
  {
    std::fstream file{folder.file("copy"), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(4096 + 8);
    file << std::string(2048, '\x7f');
  }
  EXPECT_THROW(check_integrity(folder.file("copy")), database_error);
  std::ofstream{folder.file("text")} << std::string(5000, 'x');
  EXPECT_THROW(check_integrity(folder.file("text")), database_error);
}

}  // namespace
}  // namespace cumulo::sql::test
