#pragma once
#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

#include "platform/sql/database.hpp"
#include "platform/sql/instruments.hpp"

namespace cumulo::sql {

/// One SQLite connection with its prepared statements. Used by one thread at a time; blocks. All throw database_error.
class sqlite_connection {
 public:
  enum class access { read_only, read_write, copy_log };

  /// Opens the file, which exists if `read_only`; otherwise it is created, readable by its owner alone.
  /// `timeout` bounds each statement; `meter` may be null; `predicates` outlive the connection.
  sqlite_connection(const std::string& file, access how, std::chrono::milliseconds timeout, const instruments* meter,
                    std::span<const predicate> predicates = {});
  ~sqlite_connection();
  sqlite_connection(const sqlite_connection&) = delete;
  sqlite_connection& operator=(const sqlite_connection&) = delete;

  /// Runs a statement; returns how many rows it changed or returned.
  std::uint64_t execute(const statement& what, std::span<const param> values, row_sink sink);
  /// Runs SQL without values or rows ("BEGIN IMMEDIATE", a migration).
  void run_script(const char* sql, std::string_view name);

  /// Is a transaction open? False after an error that made SQLite roll back by itself.
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  /// Do deferred foreign keys wait for the commit to be checked?
  [[nodiscard]] bool has_unresolved_foreign_keys() const;

  [[nodiscard]] sqlite3* handle() { return db_; }
  [[noreturn]] void throw_error(int code, std::string_view name) const;

 private:
  struct prepared {
    sqlite3_stmt* handle{nullptr};
    int parameters{0};
    int columns{0};
    const char* text{nullptr};
    prometheus::Histogram* duration{nullptr};
  };
  void turn_log_on();
  void grow_by_steps(const std::string& file);
  prepared& prepare(const statement& what);
  void bind(const prepared& p, const statement& what, std::span<const param> values);
  static int on_progress(void* self);

  sqlite3* db_{nullptr};
  std::chrono::milliseconds timeout_;
  std::chrono::steady_clock::time_point deadline_{std::chrono::steady_clock::time_point::max()};
  const instruments* meter_;
  std::unordered_map<const statement*, prepared> statements_;
};

/// What an (extended) SQLite result code means to a caller.
[[nodiscard]] failure sqlite_failure(int extended_code);

}  // namespace cumulo::sql
