#include "platform/sql/backup.hpp"

#include <filesystem>
#include <memory>
#include <thread>
#include <vector>

#include "platform/sql/sqlite_connection.hpp"
#include "platform/sql/sqlite_database.hpp"

namespace cumulo::sql {

namespace {

constexpr const char* name = "sqlite.backup";
constexpr std::chrono::hours no_limit{24};

const statement read_data_version{name, "PRAGMA data_version"};
const statement touch_schema{name, "SELECT count(*) FROM sqlite_schema"};
const statement check_all{name, "PRAGMA integrity_check(1)"};

/// One of the databases that are copied.
class source {
 public:
  explicit source(const copy_order& order)
      : target_(order.file),
        watching_(existing(order.url), sqlite_connection::access::read_only, no_limit, nullptr),
        copying_(sqlite_file(order.url), sqlite_connection::access::read_only, no_limit, nullptr) {
    if (std::filesystem::exists(target_)) throw database_error(failure::other, name, target_ + " exists already");
  }

  /// Changes with every commit of anybody else.
  std::int64_t version() {
    std::int64_t seen = 0;
    auto take = [&](const row& r) { seen = r.integer(0); };
    watching_.execute(read_data_version, {}, take);
    return seen;
  }
  void take_snapshot() {
    auto ignore = [](const row&) {};
    copying_.run_script("BEGIN", name);
    copying_.execute(touch_schema, {}, ignore);  // BEGIN alone takes none
  }
  void drop_snapshot() { copying_.run_script("ROLLBACK", name); }

  /// From the snapshot, into one file that stands alone and has reached the disk.
  void copy() {
    sqlite_connection to{target_, sqlite_connection::access::read_write, no_limit, nullptr};
    // One transaction as large as the database: its pages are written as they come, and not kept until the end.
    to.run_script("PRAGMA cache_spill=ON; PRAGMA cache_size=-4096", name);
    sqlite3_backup* under_way = sqlite3_backup_init(to.handle(), "main", copying_.handle(), "main");
    if (under_way == nullptr) to.throw_error(sqlite3_extended_errcode(to.handle()), name);
    const int step = sqlite3_backup_step(under_way, -1);
    const int code = sqlite3_backup_finish(under_way);
    if (code != SQLITE_OK) to.throw_error(code, name);
    if (step != SQLITE_DONE) to.throw_error(step, name);
    to.run_script("PRAGMA journal_mode=DELETE", name);
  }
  void remove_copy() const {
    std::error_code ignored;
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(target_ + suffix, ignored);
  }

 private:
  static std::string existing(const std::string& url) {
    std::string file = sqlite_file(url);
    if (!std::filesystem::exists(file)) throw database_error(failure::other, name, "there is no database " + file);
    return file;
  }

  std::string target_;
  sqlite_connection watching_;
  sqlite_connection copying_;
};

using sources = std::vector<std::unique_ptr<source>>;

std::vector<std::int64_t> versions(const sources& all) {
  std::vector<std::int64_t> seen;
  for (const auto& each : all) seen.push_back(each->version());
  return seen;
}

/// Snapshots of all, with no commit to any between the first and the last of them.
void take_snapshots(const sources& all, std::chrono::milliseconds patience) {
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto before = versions(all);
    for (const auto& each : all) each->take_snapshot();
    if (versions(all) == before) return;
    for (const auto& each : all) each->drop_snapshot();
    if (std::chrono::steady_clock::now() > give_up) {
      throw database_error(failure::unavailable, name, "too many writes are going on to find an instant between them");
    }
    std::this_thread::sleep_for(std::chrono::microseconds{100});
  }
}

}  // namespace

void copy_together(std::span<const copy_order> what, std::chrono::milliseconds patience) {
  sources all;
  for (const copy_order& each : what) all.push_back(std::make_unique<source>(each));
  take_snapshots(all, patience);
  try {
    for (const auto& each : all) each->copy();
  } catch (...) {
    for (const auto& each : all) each->remove_copy();
    throw;
  }
}

void check_integrity(const std::string& file) {
  if (!std::filesystem::exists(file)) throw database_error(failure::other, name, "there is no database " + file);
  sqlite_connection opened{file, sqlite_connection::access::read_only, no_limit, nullptr};
  std::string verdict;
  auto take = [&](const row& r) { verdict = r.text(0); };
  opened.execute(check_all, {}, take);
  if (verdict != "ok") throw database_error(failure::other, name, file + " is damaged: " + verdict);
}

}  // namespace cumulo::sql
