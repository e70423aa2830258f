#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "platform/sql/sqlite_connection.hpp"

namespace cumulo::sql {

/// Moves SQLite's log into the database without stalling commits (ADR 29). A thread of its own copies it (PASSIVE)
/// while the writer adds to it, again and again. A disk that takes scattered pages more slowly than the log grows sets
/// the writer's pace: it then waits a little after each group. When the log is long, it is slowed down until so little
/// is left that it can copy that itself between two groups, and the log starts over. (PASSIVE beside a busy writer
/// alone never reaches its end; RESTART from another thread stalled commits for 130 ms; the file is never truncated,
/// because growing it makes each commit slower.)
class sqlite_checkpointer {
 public:
  using clock = std::chrono::steady_clock;

  /// `wake_writer` is called, from the checkpointer's thread, when `finish` should be.
  sqlite_checkpointer(const std::string& file, const instruments& meter, std::function<void()> wake_writer);
  ~sqlite_checkpointer();

  /// Writer's thread, after each commit: the log has this many pages.
  void log_has(int pages);
  /// Writer's thread: no group is to begin before.
  [[nodiscard]] clock::time_point next_group() const { return next_group_; }
  [[nodiscard]] bool wants_finish() const { return state_ == state::finish; }
  /// Writer's thread, outside a transaction, over its own connection.
  void finish(sqlite_connection& writer);
  void close();

 private:
  enum class state { idle, copying, finish };
  void work();
  void begin_copy();
  /// Copies what is in the log now, as far as readers allow; returns how many pages more than before are copied.
  int copy(sqlite_connection& over);
  [[nodiscard]] int left() const { return pages_ - copied_; }
  /// How many pages a second the log may grow by.
  [[nodiscard]] double bearable_growth(int pages) const;

  sqlite_connection connection_;
  const instruments& meter_;
  std::function<void()> wake_writer_;
  clock::time_point next_group_{};  // the writer's
  std::atomic<int> threshold_;      ///< when the log has as many pages, they are copied
  std::atomic<int> pages_{0};       ///< in the log
  std::atomic<int> copied_{0};      ///< of these
  std::atomic<int> in_copy_{0};     ///< what is being copied
  std::atomic<double> speed_{0};    ///< pages copied a second; 0: not known yet
  std::atomic<state> state_{state::idle};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool closing_{false};
  std::thread thread_;
};

}  // namespace cumulo::sql
