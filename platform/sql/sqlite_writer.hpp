#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/sql/sqlite_checkpointer.hpp"
#include "platform/sql/sqlite_connection.hpp"
#include "platform/sql/waiter.hpp"

namespace cumulo::sql {

/// A change that waits for the writer. Either `commands` (write) or `body` (transact) is given.
struct sqlite_change : waiter {
  std::span<const command> commands{};
  std::span<std::uint64_t> changed{};
  std::optional<function_ref<awaitable<bool>(transaction&)>> body{};
  std::chrono::steady_clock::time_point asked{std::chrono::steady_clock::now()};
};

/// The one thread that writes. It takes all changes that wait, runs them in one transaction, commits (one fsync), and
/// only then resumes those that asked. So groups form by themselves while the previous fsync runs. A savepoint copies
/// every page that is changed after it, so none gets one at first; if one that has written something fails or takes it
/// back, the group is rolled back and run again with a savepoint for each, and that one fails alone.
class sqlite_writer {
 public:
  sqlite_writer(const std::string& file, io_threads& threads, const pool_settings& settings, const instruments& meter);
  ~sqlite_writer();

  /// From an I/O thread; returns when the change is durable, or throws database_error and nothing of it remains.
  awaitable<void> run(sqlite_change& change);

  /// Commits what was accepted, then ends the thread. Idempotent.
  void close();

  /// Counts commits; counted before those that asked are resumed. Any thread.
  [[nodiscard]] std::uint64_t commits() const { return commits_; }
  /// How long the oldest change under way has been waiting.
  [[nodiscard]] std::chrono::milliseconds oldest_wait() const;

 private:
  void submit(sqlite_change& change);
  void work();
  /// Runs and commits a group from the front of `taken`.
  void commit_group(std::deque<sqlite_change*>& taken);
  void report(const std::exception_ptr& why);
  /// Returns whether all that it wrote is to be kept. `alone`: in a savepoint, so that otherwise nothing of it remains.
  bool run_member(sqlite_change& change, bool alone);
  void run_commands(sqlite_change& change);
  /// False if the body wants nothing kept.
  bool run_body(sqlite_change& change);

  io_threads& threads_;
  pool_settings settings_;
  const instruments& meter_;
  prometheus::Gauge* waiting_gauge_;
  sqlite_connection connection_;
  asio::io_context body_context_{1};
  std::chrono::steady_clock::time_point reported_{};
  sqlite_checkpointer checkpointer_;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<sqlite_change*> queue_;
  bool closing_{false};
  std::atomic<std::size_t> waiting_{0};
  std::atomic<std::uint64_t> commits_{0};
  std::atomic<std::int64_t> busy_since_{0};  ///< steady clock's ticks when the group under way began; 0 when idle
  std::thread thread_;
};

}  // namespace cumulo::sql
