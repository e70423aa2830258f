#pragma once
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "platform/sql/sqlite_connection.hpp"
#include "platform/sql/waiter.hpp"

namespace cumulo::sql {

struct slow_read : waiter {
  const statement* what{nullptr};
  std::span<const param> values{};
  std::optional<row_sink> sink{};
  std::uint64_t rows{0};
  std::chrono::steady_clock::time_point asked{std::chrono::steady_clock::now()};
};

/// Two threads with a connection each, for reads that would hold up an I/O thread. They open with the first read.
class slow_readers {
 public:
  slow_readers(const std::string& file, io_threads& threads, const pool_settings& settings, const instruments& meter);
  ~slow_readers();

  /// From an I/O thread; the sink is called on a reader's thread while the caller waits.
  awaitable<void> run(slow_read& read);
  /// Finishes what was accepted. Idempotent.
  void close();

 private:
  void submit(slow_read& read);
  void work();

  std::string file_;
  io_threads& threads_;
  pool_settings settings_;
  const instruments& meter_;
  prometheus::Gauge* waiting_gauge_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<slow_read*> queue_;
  bool closing_{false};
  std::vector<std::thread> workers_;
};

}  // namespace cumulo::sql
