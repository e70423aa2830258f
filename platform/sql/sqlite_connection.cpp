#include "platform/sql/sqlite_connection.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "platform/sql/sqlite_even_copy.hpp"
#include "platform/sql/sqlite_log_writer.hpp"
#include "platform/sql/sqlite_steady_map.hpp"

namespace cumulo::sql {
namespace {

constexpr int busy_timeout_ms = 5'000;
constexpr std::int64_t least_growth = 1 << 20;
constexpr std::int64_t most_growth = 1 << 26;
constexpr int progress_steps = 10'000;  // virtual machine instructions between two looks at the clock

/// SQLite gives the log and its index the mode of the database file, so creating that one is enough. A file that exists
/// is not touched: closing any descriptor of it would drop the POSIX locks of this process's other connections, and the
/// next process to leave the database would take the log away under them.
void create_private(const std::string& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST) return;
  if (descriptor < 0) {
    throw database_error(errno == ENOSPC ? failure::full : failure::unavailable, "sqlite.open",
                         "cannot open " + file + ": " + std::strerror(errno));
  }
  ::close(descriptor);
}

class sqlite_row final : public row {
 public:
  explicit sqlite_row(sqlite3_stmt* handle) : handle_(handle) {}
  [[nodiscard]] bool is_null(int column) const override { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
  [[nodiscard]] std::string_view text(int column) const override {
    // Through the value, because each look at a column checks the connection anew: a list has some 400 texts.
    sqlite3_value* value = sqlite3_column_value(handle_, column);
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(value));
    if (bytes == nullptr) return {};
    return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
  }
  [[nodiscard]] std::int64_t integer(int column) const override { return sqlite3_column_int64(handle_, column); }

 private:
  sqlite3_stmt* handle_;
};

/// SQLite's call of a predicate.
void answer(sqlite3_context* call, int count, sqlite3_value** values) {
  std::array<std::string_view, predicate::most_texts> texts;
  if (static_cast<std::size_t>(count) > texts.size()) return sqlite3_result_error(call, "too many texts", -1);
  for (int i = 0; i < count; ++i) {
    if (sqlite3_value_type(values[i]) == SQLITE_NULL) return sqlite3_result_null(call);
    const auto* bytes = static_cast<const char*>(sqlite3_value_blob(values[i]));  // null if it is empty
    const auto size = static_cast<std::size_t>(sqlite3_value_bytes(values[i]));
    texts[static_cast<std::size_t>(i)] = bytes == nullptr ? "" : std::string_view{bytes, size};
  }
  const auto& asked = *static_cast<const predicate*>(sqlite3_user_data(call));
  sqlite3_result_int(call, asked.holds({texts.data(), static_cast<std::size_t>(count)}) ? 1 : 0);
}

const char* file_system_for(sqlite_connection::access how) {
  switch (how) {
    case sqlite_connection::access::read_only: return steady_map_vfs();
    case sqlite_connection::access::read_write: return log_gathering_vfs();
    case sqlite_connection::access::copy_log: return even_copy_vfs();
  }
  return nullptr;
}

}  // namespace

failure sqlite_failure(int extended_code) {
  switch (extended_code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return failure::unique_violation;
    case SQLITE_CONSTRAINT_FOREIGNKEY: return failure::foreign_key_violation;
    case SQLITE_CONSTRAINT_CHECK:
    case SQLITE_CONSTRAINT_NOTNULL:
    case SQLITE_CONSTRAINT_DATATYPE: return failure::check_violation;
    case SQLITE_IOERR_SHMSIZE: return failure::full;
    case SQLITE_BUSY_SNAPSHOT: return failure::serialization;
    default: break;
  }
  switch (extended_code & 0xff) {
    case SQLITE_FULL: return failure::full;
    case SQLITE_INTERRUPT: return failure::timeout;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM: return failure::unavailable;
    default: return failure::other;
  }
}

sqlite_connection::sqlite_connection(const std::string& file, access how, std::chrono::milliseconds timeout,
                                     const instruments* meter, std::span<const predicate> predicates)
    : timeout_(timeout), meter_(meter) {
  // Without its statistics SQLite's allocator takes no lock that all connections share.
  static const int once = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)once;
  if (how != access::read_only) create_private(file);
  const int code = sqlite3_open_v2(
      file.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, file_system_for(how));
  try {
    if (code != SQLITE_OK) throw_error(code, "sqlite.open");
    // First of all: several connections that turn WAL on at once fail without it.
    sqlite3_busy_timeout(db_, busy_timeout_ms);
    for (const predicate& each : predicates) {
      const int made = sqlite3_create_function(db_, each.name, -1, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
                                               const_cast<predicate*>(&each), answer, nullptr, nullptr);
      if (made != SQLITE_OK) throw_error(made, "sqlite.open");
    }
    turn_log_on();
    run_script("PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=2147418112",
               "sqlite.open");
    run_script(how == access::read_only ? "PRAGMA query_only=ON" : "PRAGMA wal_autocheckpoint=0", "sqlite.open");
    if (how != access::read_only) grow_by_steps(file);
    // A transaction of many members changes more pages than the 2 MB that are usual, and would write them twice.
    // Nothing of it is written before it commits: after a rollback its pages would still wait to be written to the log,
    // where another process may have written meanwhile.
    if (how == access::read_write) run_script("PRAGMA cache_size=-65536; PRAGMA cache_spill=OFF", "sqlite.open");
  } catch (...) {
    sqlite3_close(db_);
    throw;
  }
  sqlite3_progress_handler(db_, progress_steps, &sqlite_connection::on_progress, this);
}

sqlite_connection::~sqlite_connection() {
  for (const auto& [what, p] : statements_) sqlite3_finalize(p.handle);
  sqlite3_close(db_);
}

int sqlite_connection::on_progress(void* self) {
  return std::chrono::steady_clock::now() > static_cast<sqlite_connection*>(self)->deadline_ ? 1 : 0;
}

void sqlite_connection::throw_error(int code, std::string_view name) const {
  const auto kind = sqlite_failure(code);
  if (meter_ != nullptr) meter_->failed(kind);
  throw database_error(kind, name,
                       std::string{name} + ": " + (db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code)) +
                           " (SQLite " + std::to_string(code) + ")");
}

void sqlite_connection::run_script(const char* sql, std::string_view name) {
  deadline_ = std::chrono::steady_clock::time_point::max();
  const int code = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw_error(code, name);
}

/// SQLite does not wait where waiting could end in a deadlock, and several that open a new file at once are such a
/// case.
void sqlite_connection::turn_log_on() {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::milliseconds{busy_timeout_ms};
  for (;;) {
    const int code = sqlite3_exec(db_, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    if ((code & 0xff) != SQLITE_BUSY || std::chrono::steady_clock::now() > patience) throw_error(code, "sqlite.open");
    sqlite3_sleep(1);
  }
}

/// Each change of the file's size is one more thing that the disk has to keep.
void sqlite_connection::grow_by_steps(const std::string& file) {
  std::error_code unknown;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file, unknown));
  int step = static_cast<int>(unknown ? least_growth : std::clamp(size / 64, least_growth, most_growth));
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_CHUNK_SIZE, &step);
}

bool sqlite_connection::has_unresolved_foreign_keys() const {
  int current = 0;
  int highest = 0;
  sqlite3_db_status(db_, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, 0);
  return current != 0;
}

sqlite_connection::prepared& sqlite_connection::prepare(const statement& what) {
  auto& p = statements_[&what];
  if (p.handle != nullptr && p.text == what.text.data()) return p;
  sqlite3_finalize(p.handle);
  p = {};
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(db_, what.text.data(), static_cast<int>(what.text.size()),
                                      SQLITE_PREPARE_PERSISTENT, &p.handle, &rest);
  if (code != SQLITE_OK) throw_error(code, what.name);
  if (p.handle == nullptr) throw database_error(failure::other, what.name, "the statement is empty");
  p.parameters = sqlite3_bind_parameter_count(p.handle);
  // `$1`, `:name` and bare `?` are numbered by first appearance, which would swap values silently; a number that is
  // left out has no type in PostgreSQL.
  for (int i = 1; i <= p.parameters; ++i) {
    const char* given = sqlite3_bind_parameter_name(p.handle, i);
    if (given == nullptr || '?' + std::to_string(i) != given) {
      sqlite3_finalize(std::exchange(p.handle, nullptr));
      throw database_error(failure::other, what.name,
                           std::string{what.name} + ": placeholders are ?1 ?2 … without gaps");
    }
  }
  p.columns = sqlite3_column_count(p.handle);
  p.text = what.text.data();
  if (meter_ != nullptr) p.duration = meter_->statement(what.name);
  return p;
}

void sqlite_connection::bind(const prepared& p, const statement& what, std::span<const param> values) {
  if (values.size() != static_cast<std::size_t>(p.parameters)) {
    throw database_error(failure::other, what.name,
                         std::string{what.name} + ": takes " + std::to_string(p.parameters) + " values, got " +
                             std::to_string(values.size()));
  }
  int index = 0;
  for (const auto& v : values) {
    ++index;
    int code = SQLITE_OK;
    if (const auto* number = std::get_if<std::int64_t>(&v.value())) {
      code = sqlite3_bind_int64(p.handle, index, *number);
    } else if (const auto* text = std::get_if<std::string_view>(&v.value())) {
      if (text->find('\0') != std::string_view::npos) {
        throw database_error(failure::other, what.name, std::string{what.name} + ": a value holds a NUL character");
      }
      // An empty view may have a null pointer, which would bind NULL.
      code = sqlite3_bind_text64(p.handle, index, text->empty() ? "" : text->data(), text->size(), SQLITE_STATIC,
                                 SQLITE_UTF8);
    } else {
      code = sqlite3_bind_null(p.handle, index);
    }
    if (code != SQLITE_OK) throw_error(code, what.name);
  }
}

std::uint64_t sqlite_connection::execute(const statement& what, std::span<const param> values, row_sink sink) {
  const auto begun = std::chrono::steady_clock::now();
  deadline_ = begun + timeout_;
  auto& p = prepare(what);
  bind(p, what, values);
  struct resetting {
    sqlite3_stmt* handle;
    ~resetting() { sqlite3_reset(handle); }
  } const reset_at_end{p.handle};

  const auto changes_before = sqlite3_total_changes64(db_);
  const sqlite_row current{p.handle};
  std::uint64_t rows = 0;
  int code = sqlite3_step(p.handle);
  while (code == SQLITE_ROW) {
    ++rows;
    sink(current);
    code = sqlite3_step(p.handle);
  }
  if (code != SQLITE_DONE) throw_error(code, what.name);
  if (p.duration != nullptr) instruments::observe(p.duration, begun, std::chrono::steady_clock::now());
  if (p.columns > 0) return rows;
  return sqlite3_total_changes64(db_) == changes_before ? 0 : static_cast<std::uint64_t>(sqlite3_changes64(db_));
}

}  // namespace cumulo::sql
