#include "platform/sql/sqlite_database.hpp"

#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "platform/sql/sqlite_reader.hpp"
#include "platform/sql/sqlite_slow_readers.hpp"
#include "platform/sql/sqlite_writer.hpp"

namespace cumulo::sql {
namespace {

constexpr std::uint64_t least_free_bytes = 1'048'576;  // less than this and check() says that the disk is full

/// SQLite in one file: readers on the I/O threads, slow readers beside them, one writer that commits groups.
class sqlite_database final : public database {
 public:
  sqlite_database(const std::string& file, io_threads& threads, const pool_settings& settings,
                  prometheus::Registry* metrics)
      : file_(file),
        settings_(settings),
        meter_(metrics, std::filesystem::path(file).stem().string(), engine::sqlite),
        writer_(file, threads, settings, meter_),
        slow_(file, threads, settings, meter_) {
    for (std::size_t i = 0; i < threads.size(); ++i) {
      readers_.push_back(std::make_shared<sqlite_reader>(file, threads.context(i), settings, meter_));
    }
    instruments::add(meter_.connections("read"), static_cast<double>(readers_.size()));
  }
  ~sqlite_database() override {
    close();
    instruments::add(meter_.connections("read"), -static_cast<double>(readers_.size()));
  }

  [[nodiscard]] engine kind() const override { return engine::sqlite; }

  awaitable<std::uint64_t> query(const statement& what, std::span<const param> values, row_sink sink) override {
    require_open(what.name);
    co_return readers_[calling_thread()]->query(what, values, sink, writer_.commits());
  }

  awaitable<std::uint64_t> query_slow(const statement& what, std::span<const param> values, row_sink sink) override {
    require_open(what.name);
    slow_read read{};
    read.what = &what;
    read.values = values;
    read.sink.emplace(sink);
    co_await slow_.run(read);
    co_return read.rows;
  }

  awaitable<void> write(std::span<const command> commands, std::span<std::uint64_t> changed) override {
    require_open("sqlite.write");
    sqlite_change change{};
    change.commands = commands;
    change.changed = changed;
    co_await writer_.run(change);
  }

  [[nodiscard]] health check() const override {
    if (closed_) return {false, "sqlite: closed"};
    if (writer_.oldest_wait() > settings_.client_deadline) return {false, "sqlite: the writer is stuck"};
    struct statvfs disk{};
    if (::statvfs(file_.c_str(), &disk) != 0) return {false, "sqlite: the file cannot be reached"};
    if (static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize < least_free_bytes)
      return {false, "sqlite: the disk is full"};
    return {true, "sqlite"};
  }

  void backup_to(const std::string& file) override {
    require_open("sqlite.backup");
    if (std::filesystem::exists(file)) throw database_error(failure::other, "sqlite.backup", file + " exists already");
    const auto partial = file + ".partial";
    std::filesystem::remove(partial);
    try {
      copy_into(partial);
      std::filesystem::rename(partial, file);
    } catch (...) {
      std::error_code ignored;
      std::filesystem::remove(partial, ignored);
      throw;
    }
  }

  void close() override {
    closed_ = true;
    writer_.close();
    slow_.close();
  }

 protected:
  awaitable<void> run_transaction(erased_body body) override {
    require_open("sqlite.transact");
    sqlite_change change{};
    change.body.emplace(body);
    co_await writer_.run(change);
  }

 private:
  void require_open(std::string_view name) const {
    if (closed_) throw database_error(failure::unavailable, name, "the database is closed");
  }

  void copy_into(const std::string& file) const {
    sqlite_connection from{file_, sqlite_connection::access::read_only, std::chrono::hours{24}, nullptr};
    sqlite_connection to{file, sqlite_connection::access::read_write, std::chrono::hours{24}, nullptr};
    to.run_script("PRAGMA cache_spill=ON; PRAGMA cache_size=-4096", "sqlite.backup");  // or all stays in memory
    auto* copying = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
    if (copying == nullptr) to.throw_error(sqlite3_extended_errcode(to.handle()), "sqlite.backup");
    const int step = sqlite3_backup_step(copying, -1);
    const int code = sqlite3_backup_finish(copying);
    if (code != SQLITE_OK) to.throw_error(code, "sqlite.backup");
    if (step != SQLITE_DONE) to.throw_error(step, "sqlite.backup");
    to.run_script("PRAGMA journal_mode=DELETE", "sqlite.backup");  // one file that stands alone
  }

  std::string file_;
  pool_settings settings_;
  instruments meter_;
  sqlite_writer writer_;
  slow_readers slow_;
  std::vector<std::shared_ptr<sqlite_reader>> readers_;  ///< one per I/O thread
  std::atomic<bool> closed_{false};
};

}  // namespace

std::string sqlite_file(const std::string& url) {
  constexpr std::string_view scheme = "sqlite:";
  auto file = url.starts_with(scheme) ? url.substr(scheme.size()) : std::string{};
  if (file.starts_with("///")) file.erase(0, 2);
  if (file.empty() || file.starts_with("//") || file.find('?') != std::string::npos) {
    throw database_error(failure::other, "sql.open", "a database URL is sqlite:FILE or postgres://…");
  }
  return file;
}

std::unique_ptr<database> open_sqlite(const std::string& file, io_threads& threads, const pool_settings& settings,
                                      prometheus::Registry* metrics) {
  return std::make_unique<sqlite_database>(file, threads, settings, metrics);
}

}  // namespace cumulo::sql
