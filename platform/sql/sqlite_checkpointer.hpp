#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "platform/sql/sqlite_connection.hpp"

namespace cumulo::sql {

/// Moves SQLite's log into the database without stalling commits: when the log has grown, a thread of its own copies
/// it (PASSIVE), and then what came meanwhile, until little is left, and then the writer copies that between two
/// groups, so that the log starts over. (PASSIVE beside a busy writer alone never reaches its end; RESTART from another
/// thread stalled commits for 130 ms; the file is never truncated, because growing it makes each commit slower.)
class sqlite_checkpointer {
 public:
  /// `wake_writer` is called, from the checkpointer's thread, when `finish` should be.
  sqlite_checkpointer(const std::string& file, const instruments& meter, std::function<void()> wake_writer);
  ~sqlite_checkpointer();

  /// Writer's thread, after each commit: the log has this many pages.
  void log_has(int pages);
  [[nodiscard]] bool wants_finish() const { return state_ == state::finish; }
  /// Writer's thread, outside a transaction, over its own connection.
  void finish(sqlite_connection& writer);
  void close();

 private:
  enum class state { idle, copying, finish };
  void work();

  sqlite_connection connection_;
  const instruments& meter_;
  std::function<void()> wake_writer_;
  int threshold_;
  std::atomic<int> pages_{0};
  std::atomic<state> state_{state::idle};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool closing_{false};
  std::thread thread_;
};

}  // namespace cumulo::sql
