// What is SQLite's alone: durability, groups, a full disk, files.
#include <fcntl.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

#include "platform/sql/sqlite_steady_map.hpp"
#include "platform/sql/tests/engines.hpp"

namespace cumulo::sql::test {
namespace {

const statement insert_counter{"counter.insert", "INSERT INTO counter (id, value) VALUES (?1, ?2)"};
const statement count_counters{"counter.count", "SELECT count(*) FROM counter"};

class sqlite_test : public testing::Test {
 protected:
  void open(pool_settings settings = {}, prometheus::Registry* registry = nullptr) {
    migrate(url, schema);
    db = sql::open(url, threads, settings, registry);
    threads.start();
  }
  void TearDown() override {
    if (db) db->close();
    threads.stop();
  }
  awaitable<void> insert(std::string id) {
    const std::array values{param{id}, param{1}};
    co_await change(*db, insert_counter, values);
  }
  std::int64_t count(database& which) {
    return run(threads,
               [&which]() -> awaitable<std::int64_t> { co_return co_await number(which, count_counters, {}); });
  }

  temporary_folder folder;
  std::string file = folder.file("test.db");
  std::string url = "sqlite:" + file;
  io_threads threads{2};
  std::unique_ptr<database> db;
};

std::string integrity(const std::string& file) {
  sqlite3* handle = nullptr;
  std::string out = "cannot be opened";
  if (sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK) {
    const auto take = [](void* text, int, char** values, char**) {
      *static_cast<std::string*>(text) = values[0];
      return 0;
    };
    sqlite3_exec(handle, "PRAGMA integrity_check", take, &out, nullptr);
  }
  sqlite3_close(handle);
  return out;
}

/// Does this process hold a shared lock on the database file, as others see it? That lock keeps another process from
/// taking the log away when it leaves the database.
bool others_see_our_lock(const std::string& file) {
  const pid_t other = ::fork();
  if (other == 0) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_start = 0x40000002;  // SQLite's bytes of shared locks
    lock.l_len = 510;
    const bool asked = descriptor >= 0 && ::fcntl(descriptor, F_GETLK, &lock) == 0;
    ::_exit(asked && lock.l_type == F_RDLCK ? 0 : 1);
  }
  int status = -1;
  ::waitpid(other, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(sqlite_test, keeps_its_lock_on_the_file_so_that_nobody_takes_the_log_away) {
  open();
  run(threads, [this]() -> awaitable<void> { return insert("one"); });
  EXPECT_TRUE(others_see_our_lock(file));
  migrate(url, schema);  // opens and closes connections of its own in this process
  EXPECT_TRUE(others_see_our_lock(file));
}

TEST_F(sqlite_test, a_killed_process_loses_no_acknowledged_write) {
  migrate(url, schema);
  for (int round = 0; round < 3; ++round) {
    std::array<int, 2> out{};
    ASSERT_EQ(::pipe2(out.data(), O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    std::string program = CRASH_WRITER;
    std::array<char*, 3> arguments{program.data(), url.data(), nullptr};
    pid_t child = 0;
    ASSERT_EQ(::posix_spawn(&child, program.c_str(), &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    ::close(out[1]);

    std::string printed;
    std::array<char, 65'536> buffer{};
    while (printed.size() < 20'000U) {
      const auto got = ::read(out[0], buffer.data(), buffer.size());
      ASSERT_GT(got, 0) << "the writer ended by itself";
      printed.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::kill(child, SIGKILL);
    for (ssize_t got = 0; (got = ::read(out[0], buffer.data(), buffer.size())) > 0;) {
      printed.append(buffer.data(), static_cast<std::size_t>(got));
    }
    ::close(out[0]);
    ::waitpid(child, nullptr, 0);

    printed.resize(printed.rfind('\n') + 1);
    std::set<std::string> acknowledged;
    for (std::size_t at = 0; at < printed.size();) {
      const auto end = printed.find('\n', at);
      acknowledged.insert(printed.substr(at, end - at));
      at = end + 1;
    }
    ASSERT_GT(acknowledged.size(), 1'000U);

    static const statement all{"counter.all", "SELECT id FROM counter"};
    static const statement half{"counter.half",
                                "SELECT (SELECT count(*) FROM counter WHERE id NOT IN (SELECT id FROM folder)) + "
                                "(SELECT count(*) FROM folder WHERE id NOT IN (SELECT id FROM counter))"};
    static const statement clear_counter{"clear.counter", "DELETE FROM counter"};
    static const statement clear_folder{"clear.folder", "DELETE FROM folder"};
    io_threads loops{1};
    auto again = sql::open(url, loops, {}, nullptr);
    loops.start();
    run(loops, [&]() -> awaitable<void> {
      auto cross_out = [&](const row& r) { acknowledged.erase(std::string{r.text(0)}); };
      const row_sink sink{cross_out};
      co_await again->query(all, {}, sink);
      EXPECT_EQ(co_await number(*again, half, {}), 0) << "half a transaction";
      co_await change(*again, clear_counter, {});
      co_await change(*again, clear_folder, {});
    });
    EXPECT_TRUE(acknowledged.empty()) << acknowledged.size() << " acknowledged writes are lost";
    again->close();
    again.reset();
    EXPECT_EQ(integrity(file), "ok");
  }
}

TEST_F(sqlite_test, writes_that_come_together_share_a_commit) {
  prometheus::Registry registry;
  open({}, &registry);
  std::vector<std::future<void>> running;
  for (std::size_t i = 0; i < 200; ++i) {
    running.push_back(start(threads, [this, i]() -> awaitable<void> { co_await insert(std::to_string(i)); }, i % 2));
  }
  for (auto& r : running) r.get();
  EXPECT_EQ(count(*db), 200);
  const auto text = prometheus::TextSerializer().Serialize(registry.Collect());
  const std::string name = "cumulo_sql_group_members_count{database=\"test\",engine=\"sqlite\"} ";
  const auto at = text.find(name);
  ASSERT_NE(at, std::string::npos) << text;
  EXPECT_LT(std::stoi(text.substr(at + name.size())), 100);
  EXPECT_NE(text.find("cumulo_sql_group_members_sum{database=\"test\",engine=\"sqlite\"} 200"), std::string::npos);
  EXPECT_NE(text.find("statement=\"counter.insert\""), std::string::npos);
  db->close();
  threads.stop();
  db.reset();  // before its registry
}

TEST_F(sqlite_test, failures_are_counted_from_zero_on) {
  prometheus::Registry registry;
  open({}, &registry);
  const auto text = prometheus::TextSerializer().Serialize(registry.Collect());
  for (const char* kind : {"unavailable", "timeout", "full", "unique_violation", "foreign_key_violation",
                           "check_violation", "serialization", "other"}) {
    const std::string line =
        std::string{R"(cumulo_sql_errors_total{database="test",engine="sqlite",failure=")"} + kind + "\"} 0\n";
    EXPECT_NE(text.find(line), std::string::npos) << kind << '\n' << text;
  }
  db->close();
  threads.stop();
  db.reset();  // before its registry
}

TEST_F(sqlite_test, only_the_owner_may_read_the_files) {
  const auto before = ::umask(0);
  open();
  run(threads, [this]() -> awaitable<void> { co_await insert("a"); });
  db->backup_to(folder.file("copy.db"));
  ::umask(before);
  for (const auto* name : {"test.db", "test.db-wal", "test.db-shm", "copy.db"}) {
    struct stat about{};
    ASSERT_EQ(::stat(folder.file(name).c_str(), &about), 0) << name;
    EXPECT_EQ(about.st_mode & 0777U, 0600U) << name;
  }
}

TEST_F(sqlite_test, a_backup_is_whole_while_others_write) {
  open();
  std::atomic<bool> stop{false};
  auto writing = start(threads, [&]() -> awaitable<void> {
    for (int n = 0; !stop; ++n) co_await insert(std::to_string(n));
  });
  while (count(*db) < 200) std::this_thread::yield();
  const auto before = count(*db);
  db->backup_to(folder.file("copy.db"));
  EXPECT_THROW(db->backup_to(folder.file("copy.db")), database_error);
  stop = true;
  writing.get();
  EXPECT_EQ(integrity(folder.file("copy.db")), "ok");
  EXPECT_FALSE(std::filesystem::exists(folder.file("copy.db-wal")));
  auto copy = sql::open("sqlite:" + folder.file("copy.db"), threads, {}, nullptr);
  EXPECT_GE(count(*copy), before);
  copy->close();
}

TEST_F(sqlite_test, a_full_disk_is_told_apart_and_passes) {
  const auto disk = folder.file("disk");
  std::filesystem::create_directory(disk);
  if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=3m") != 0) {
    GTEST_SKIP() << "mounting a small disk needs root: " << std::strerror(errno);
  }
  struct unmounting {
    std::string where;
    ~unmounting() { ::umount2(where.c_str(), MNT_DETACH); }
  } const at_end{disk};
  url = "sqlite:" + disk + "/test.db";
  open();
  EXPECT_TRUE(db->check().ok);
  const std::string long_text(50'000, 'x');
  const auto write_long = [&](std::string id) -> awaitable<void> {
    static const statement insert_folder{"folder.insert", "INSERT INTO folder (id, name) VALUES (?1, ?2)"};
    const std::array values{param{id}, param{long_text}};
    co_await change(*db, insert_folder, values);
  };
  int stored = 0;
  std::optional<failure> refused;
  while (!refused && stored < 1'000) {
    refused = failure_of(threads, [&] { return write_long(std::to_string(stored)); });
    if (!refused) ++stored;
  }
  EXPECT_EQ(refused, failure::full);
  EXPECT_FALSE(db->check().ok);
  static const statement count_folders{"folder.count", "SELECT count(*) FROM folder"};
  const auto folders = [&] {
    return run(threads, [&]() -> awaitable<std::int64_t> { co_return co_await number(*db, count_folders, {}); });
  };
  EXPECT_EQ(folders(), stored);

  // Several at once: each is told.
  std::vector<std::future<void>> running;
  for (int i = 0; i < 8; ++i)
    running.push_back(start(threads, [&, i] { return write_long("late " + std::to_string(i)); }));
  int full = 0;
  int late = 0;
  for (auto& r : running) {
    try {
      r.get();
      ++late;
    } catch (const database_error& e) {
      full += e.kind() == failure::full ? 1 : 0;
    }
  }
  EXPECT_EQ(full + late, 8);
  EXPECT_EQ(folders(), stored + late);

  ASSERT_EQ(::mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=30m"), 0);
  EXPECT_EQ(failure_of(threads, [&] { return write_long("after"); }), std::nullopt);
  EXPECT_TRUE(db->check().ok);
  EXPECT_EQ(folders(), stored + late + 1);
  db->close();
  EXPECT_EQ(integrity(disk + "/test.db"), "ok");
  db.reset();
}

TEST_F(sqlite_test, a_full_queue_refuses_at_once_and_a_late_turn_is_refused) {
  open({.client_deadline = std::chrono::milliseconds{150}, .max_waiting = 3});
  std::atomic<bool> entered{false};
  auto blocking = start(threads, [&]() -> awaitable<void> {
    auto body = [&entered](transaction&) -> awaitable<void> {
      entered = true;
      std::this_thread::sleep_for(std::chrono::milliseconds{400});
      co_return;
    };
    co_await db->transact(body);
  });
  while (!entered) std::this_thread::yield();
  std::vector<std::future<void>> waiting;
  for (int i = 0; i < 2; ++i) waiting.push_back(start(threads, [this, i] { return insert(std::to_string(i)); }));
  EXPECT_EQ(failure_of(threads, [this] { return insert("one too many"); }), failure::unavailable);
  blocking.get();
  for (auto& w : waiting) {
    try {
      w.get();
      ADD_FAILURE() << "waited longer than the deadline";
    } catch (const database_error& e) {
      EXPECT_EQ(e.kind(), failure::unavailable);
    }
  }
  EXPECT_EQ(failure_of(threads, [this] { return insert("later"); }), std::nullopt);
  EXPECT_EQ(count(*db), 1);
}

// It would wait for the writer that waits for it.
TEST_F(sqlite_test, a_transaction_body_that_asks_the_database_itself_is_refused) {
  open();
  const auto nested = [&](bool reads) {
    run(threads, [&, reads]() -> awaitable<void> {
      auto body = [&, reads](transaction&) -> awaitable<void> {
        if (reads) {
          co_await select(*db, count_counters, {});
        } else {
          co_await insert("inner");
        }
      };
      co_await db->transact(body);
    });
  };
  EXPECT_THROW(nested(true), std::logic_error);
  EXPECT_THROW(nested(false), std::logic_error);
  EXPECT_EQ(count(*db), 0);
}

TEST_F(sqlite_test, a_read_cannot_write) {
  open();
  static const statement sly{"sly", "INSERT INTO counter (id, value) VALUES ('x', 1) RETURNING id"};
  EXPECT_EQ(failure_of(threads, [this]() -> awaitable<void> { co_await select(*db, sly, {}); }), failure::other);
  EXPECT_EQ(count(*db), 0);
}

TEST_F(sqlite_test, asks_the_predicates_that_it_was_given) {
  static constexpr std::array predicates{
      predicate{"equal", [](std::span<const std::string_view> texts) { return texts[0] == texts[1]; }},
      predicate{"longest_is", [](std::span<const std::string_view> texts) {
                  return std::ranges::max(texts, {}, &std::string_view::size) == texts[0];
                }}};
  open({.predicates = predicates});
  static constexpr statement equal{"test.equal", "SELECT coalesce(equal(?1, ?2), -1)"};
  static constexpr statement longest{"test.longest", "SELECT longest_is(?1, ?2, 'of these')"};
  struct question {
    const statement& what;
    std::array<sql::param, 2> values;
    int expected;
  };
  for (const question& each :
       {question{equal, {"ä b", "ä b"}, 1}, question{equal, {"a", "b"}, 0}, question{equal, {"", ""}, 1},
        question{equal, {12, "12"}, 1}, question{equal, {nullptr, "a"}, -1}, question{equal, {"a", nullptr}, -1},
        question{longest, {"the longest", ""}, 1}, question{longest, {"", "the longest"}, 0}}) {
    const auto asked = [&]() -> awaitable<std::int64_t> { co_return co_await number(*db, each.what, each.values); };
    const auto asked_aside = [&]() -> awaitable<std::int64_t> {
      std::int64_t answer = 0;
      auto take = [&](const row& row) { answer = row.integer(0); };
      co_await db->query_slow(each.what, each.values, take);
      co_return answer;
    };
    EXPECT_EQ(run(threads, asked), each.expected);
    EXPECT_EQ(run(threads, asked_aside), each.expected);
  }
  const statement too_many{"test.too_many", "SELECT equal(1, 2, 3, 4, 5, 6, 7, 8, 9)"};
  EXPECT_EQ(failure_of(threads, [&]() -> awaitable<void> { co_await select(*db, too_many, {}); }), failure::other);
}

TEST_F(sqlite_test, a_deferred_foreign_key_fails_its_member_alone) {
  static constexpr std::array deferred{embedded_file{
      "V001__d.sql",
      "CREATE TABLE counter (id TEXT PRIMARY KEY, value BIGINT);"
      "CREATE TABLE child (id TEXT PRIMARY KEY, parent TEXT REFERENCES counter (id) DEFERRABLE INITIALLY DEFERRED)"}};
  migrate(url, deferred);
  db = sql::open(url, threads, {}, nullptr);
  static const statement insert_child{"child.insert", "INSERT INTO child (id, parent) VALUES (?1, 'nobody')"};
  std::vector<std::future<std::optional<failure>>> running;
  for (int i = 0; i < 20; ++i) {
    running.push_back(start(threads, [this, i]() -> awaitable<std::optional<failure>> {
      const auto id = std::to_string(i);
      const std::array both{param{id}, param{1}};
      try {
        co_await change(*db, i % 5 == 0 ? insert_child : insert_counter, std::span{both}.first(i % 5 == 0 ? 1 : 2));
      } catch (const database_error& e) {
        co_return e.kind();
      }
      co_return std::nullopt;
    }));
  }
  threads.start();
  for (int i = 0; i < 20; ++i) {
    const auto got = running[static_cast<std::size_t>(i)].get();
    EXPECT_EQ(got, i % 5 == 0 ? std::optional{failure::foreign_key_violation} : std::nullopt) << i;
  }
  EXPECT_EQ(count(*db), 16);
}

// Connections that turn WAL on at once fail unless each has set its busy timeout before.
TEST_F(sqlite_test, many_may_open_a_new_file_at_once) {
  std::vector<std::thread> opening;
  std::atomic<int> opened{0};
  for (int i = 0; i < 8; ++i) {
    opening.emplace_back([&] {
      io_threads own{2};
      const auto mine = sql::open(url, own, {}, nullptr);
      ++opened;
      mine->close();
    });
  }
  for (auto& o : opening) o.join();
  EXPECT_EQ(opened, 8);
}

/// Readers keep the file mapped (sqlite_steady_map.hpp).
TEST_F(sqlite_test, readers_see_a_file_that_grows_and_shrinks) {
  open();
  const auto by_another = [this](const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
    sqlite3_busy_timeout(handle, 5'000);
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  };
  const auto fill = [](int from, int count) {
    return "WITH RECURSIVE n (i) AS (VALUES (" + std::to_string(from) + ") UNION ALL SELECT i + 1 FROM n LIMIT " +
           std::to_string(count) + ") INSERT INTO counter (id, value) SELECT printf('%0200d', i), i FROM n";
  };
  const statement sum{"counter.sum", "SELECT sum(value) FROM counter"};
  const auto total = [&] {
    return run(threads, [&]() -> awaitable<std::int64_t> { co_return co_await number(*db, sum, {}); });
  };
  int rows = 0;
  for (int round = 0; round < 4; ++round) {
    by_another(fill(rows, 10'000));
    rows += 10'000;
    EXPECT_EQ(total(), std::int64_t{rows} * (rows - 1) / 2);
    by_another("PRAGMA wal_checkpoint(TRUNCATE)");
    EXPECT_EQ(total(), std::int64_t{rows} * (rows - 1) / 2);
  }
  const auto full = std::filesystem::file_size(file);
  by_another("DELETE FROM counter WHERE value >= 100; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_LT(std::filesystem::file_size(file), full / 4);
  EXPECT_EQ(total(), 100 * 99 / 2);
  by_another(fill(100, 10'000));
  EXPECT_EQ(total(), std::int64_t{10'100} * 10'099 / 2);
  EXPECT_EQ(integrity(file), "ok");
}

/// SQLite itself maps 2 GB at most. The file is one hole, with a word at its far end.
TEST_F(sqlite_test, readers_map_what_lies_beyond_two_gigabytes_and_what_is_added) {
  constexpr std::uint64_t far = 5ULL << 30U;
  const auto write_at = [this](std::uint64_t at, std::string_view bytes) {
    std::filesystem::resize_file(file, at + 2 * 4'096);
    std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
    out.seekp(static_cast<std::streamoff>(at)).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(out.flush());
  };
  std::ofstream{file}.close();
  write_at(far, "far");

  sqlite3_vfs* vfs = sqlite3_vfs_find(steady_map_vfs());
  std::vector<std::max_align_t> memory(static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1);
  auto* opened = reinterpret_cast<sqlite3_file*>(memory.data());
  const std::string name = file + std::string(2, '\0');  // SQLite's names end with two
  ASSERT_EQ(vfs->xOpen(vfs, name.c_str(), opened, SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  sqlite3_int64 most = 1 << 30;
  ASSERT_EQ(opened->pMethods->xFileControl(opened, SQLITE_FCNTL_MMAP_SIZE, &most), SQLITE_OK);
  const auto at = [opened](std::uint64_t offset) -> std::optional<std::string> {
    void* page = nullptr;
    EXPECT_EQ(opened->pMethods->xFetch(opened, static_cast<sqlite3_int64>(offset), 4'096, &page), SQLITE_OK);
    if (page == nullptr) return std::nullopt;
    std::string text{static_cast<const char*>(page)};
    opened->pMethods->xUnfetch(opened, static_cast<sqlite3_int64>(offset), page);
    return text;
  };
  const auto may_have_changed = [opened] { opened->pMethods->xUnfetch(opened, 0, nullptr); };
  EXPECT_EQ(at(far), "far");

  constexpr std::uint64_t within_room = 6ULL << 30U;
  constexpr std::uint64_t beyond_room = 40ULL << 30U;
  for (const std::uint64_t added : {within_room, beyond_room}) {
    write_at(added, "added");
    EXPECT_EQ(at(added), std::nullopt) << "not before it was asked how long the file is";
    may_have_changed();
    EXPECT_EQ(at(added), "added");
    EXPECT_EQ(at(far), "far");
  }
  std::filesystem::resize_file(file, far);
  may_have_changed();
  EXPECT_EQ(at(far), std::nullopt);
  EXPECT_EQ(at(far - 2 * 4'096), "");
  opened->pMethods->xClose(opened);
}

TEST_F(sqlite_test, the_log_starts_over_under_load) {
  open();
  static const statement put_folder{
      "folder.put", "INSERT INTO folder (id, name) VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET name = ?2"};
  std::vector<std::future<void>> running;
  for (int w = 0; w < 8; ++w) {
    running.push_back(start(threads, [this, w]() -> awaitable<void> {
      for (int n = 0; n < 1'200; ++n) {
        const auto id = std::to_string(w) + "-" + std::to_string(n % 50);
        const std::string ten_pages(39'000, n / 50 % 2 == 0 ? 'x' : 'y');  // what is the same, SQLite does not write
        const std::array values{param{id}, param{ten_pages}};
        co_await change(*db, put_folder, values);
      }
    }));
  }
  for (auto& r : running) r.get();
  // 96,000 pages, 400 MB, went through it; it holds 32,000 and those that come until little is left to copy.
  EXPECT_LT(std::filesystem::file_size(file + "-wal"), 200U << 20U);
  EXPECT_EQ(std::filesystem::file_size(file) % (1U << 20U), 0U) << "the file grows by steps";
}

}  // namespace
}  // namespace cumulo::sql::test
