// What is gathered for SQLite's log beside another process that writes to it.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>

#include "platform/sql/sqlite_connection.hpp"
#include "platform/testing/temporary_folder.hpp"

namespace cumulo::sql::test {
namespace {

using cumulo::test::temporary_folder;

/// A program that uses the database as SQLite comes.
class other_program {
 public:
  explicit other_program(const std::string& file) {
    EXPECT_EQ(sqlite3_open(file.c_str(), &handle_), SQLITE_OK);
    ask("PRAGMA synchronous=FULL");
  }
  ~other_program() { sqlite3_close(handle_); }
  other_program(const other_program&) = delete;
  other_program& operator=(const other_program&) = delete;

  /// The first column of the last row; empty without one.
  std::string ask(const char* sql) {
    std::string out;
    const auto take = [](void* text, int, char** values, char**) {
      *static_cast<std::string*>(text) = values[0];
      return 0;
    };
    EXPECT_EQ(sqlite3_exec(handle_, sql, take, &out, nullptr), SQLITE_OK) << sql << ": " << sqlite3_errmsg(handle_);
    return out;
  }

 private:
  sqlite3* handle_{nullptr};
};

TEST(sqlite_log_writer, what_was_rolled_back_is_not_written_over_what_others_commit) {
  const temporary_folder folder;
  const std::string file = folder.file("test.db");
  sqlite_connection writer{file, sqlite_connection::access::read_write, std::chrono::minutes{5}, nullptr, {}};
  writer.run_script(
      "CREATE TABLE large (content BLOB); CREATE TABLE kept (content BLOB); PRAGMA wal_checkpoint(TRUNCATE)",
      "test.create");
  // What the cache had no room for would be the first to be written, and some of it still to be written.
  writer.run_script("BEGIN IMMEDIATE", "test.begin");
  int spilled = 0;
  for (int row = 0; row < 25'000 && spilled < 5; ++row) {
    int highest = 0;
    writer.run_script("INSERT INTO large VALUES (zeroblob(3000))", "test.insert");
    sqlite3_db_status(writer.handle(), SQLITE_DBSTATUS_CACHE_SPILL, &spilled, &highest, 0);
  }
  writer.run_script("ROLLBACK", "test.rollback");

  other_program other{file};
  for (int i = 0; i < 8; ++i) other.ask("INSERT INTO kept VALUES (zeroblob(3000))");
  writer.run_script("BEGIN IMMEDIATE; INSERT INTO kept VALUES (zeroblob(3000)); COMMIT", "test.write");
  EXPECT_EQ(other.ask("SELECT count(*) FROM kept"), "9");
  EXPECT_EQ(other.ask("PRAGMA integrity_check"), "ok");
}

}  // namespace
}  // namespace cumulo::sql::test
