#include <chrono>

#include "platform/sql/migration_files.hpp"
#include "platform/sql/postgres_database.hpp"
#include "platform/sql/sqlite_connection.hpp"
#include "platform/sql/sqlite_database.hpp"

namespace cumulo::sql {
namespace {

const statement select_history{"migrate.read_history", read_history};
const statement insert_history{
    "migrate.record",
    "INSERT INTO schema_history (version, name, checksum, contracts, applied_at) VALUES (?1, ?2, ?3, ?4, ?5)"};
const statement check_foreign_keys{"migrate.foreign_key_check",
                                   "SELECT \"table\" FROM pragma_foreign_key_check() LIMIT 1"};

std::int64_t now_in_millis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Applies the next one in a transaction of its own, under the write lock, so that of two processes each finds what the
/// other has done. False if there is none.
bool apply_next(sqlite_connection& db, std::span<const migration> known) {
  std::vector<applied_migration> history;
  auto remember = [&history](const row& r) {
    history.push_back({r.integer(0), std::string{r.text(1)}, std::string{r.text(2)}, r.integer(3) != 0});
  };
  db.execute(select_history, {}, remember);
  const auto* next = next_migration(known, history);
  if (next == nullptr) return false;

  const std::string text{next->text};
  const auto label = "migration " + std::to_string(next->version) + " (" + next->name + ")";
  db.run_script(text.c_str(), label);
  if (!db.in_transaction()) throw std::runtime_error(label + " ends the transaction it is run in");
  const std::array values{param{next->version}, param{next->name}, param{next->checksum}, param{next->contracts},
                          param{now_in_millis()}};
  auto ignore = [](const row&) {};
  db.execute(insert_history, values, ignore);
  auto refuse = [&label](const row& r) {
    throw std::runtime_error(label + " leaves a row of " + std::string{r.text(0)} +
                             " whose foreign key matches nothing");
  };
  db.execute(check_foreign_keys, {}, refuse);
  return true;
}

}  // namespace

int migrate_sqlite(const std::string& file, std::span<const migration> known) {
  sqlite_connection db{file, sqlite_connection::access::read_write, std::chrono::hours{1}, nullptr};
  sqlite3_busy_timeout(db.handle(), 60'000);
  // Rebuilding a table needs them off (SQLite's own advice); they are checked before each commit instead.
  db.run_script("PRAGMA foreign_keys=OFF", "migrate");
  for (int count = 0;; ++count) {
    db.run_script("BEGIN IMMEDIATE", "migrate");
    try {
      db.run_script(create_history, "migrate");
      const bool applied = apply_next(db, known);
      db.run_script("COMMIT", "migrate");
      if (!applied) return count;
    } catch (...) {
      if (db.in_transaction()) db.run_script("ROLLBACK", "migrate");
      throw;
    }
  }
}

int migrate(const std::string& url, std::span<const embedded_file> migrations) {
  if (is_postgres(url)) return migrate_postgres(url, migrations_for(engine::postgres, migrations));
  return migrate_sqlite(sqlite_file(url), migrations_for(engine::sqlite, migrations));
}

}  // namespace cumulo::sql
