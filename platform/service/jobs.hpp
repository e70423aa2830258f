#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "platform/core/io_threads.hpp"

namespace cumulo::service {

/// Periodic jobs on the first I/O thread: each runs every `interval` ± 10 % (so that replicas spread out), never twice
/// at once; what it throws is logged, and it runs again.
class job_runner {
 public:
  explicit job_runner(io_threads& threads);
  ~job_runner();
  /// Before or after the threads start; not after stop().
  void every(std::string name, std::chrono::milliseconds interval, std::function<awaitable<void>()> job);
  /// Starts no job any more and returns when those under way have ended. Called from outside the I/O threads, which
  /// run.
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace cumulo::service
