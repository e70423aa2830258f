#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "platform/core/io_threads.hpp"

namespace cumulo::service {

/// Periodic jobs on the first I/O thread: each runs every `interval` ± 10 % (so that replicas spread out), never twice
/// at once; what it throws is logged, and it runs again. The first time comes after `first_after` at the latest: a
/// program that runs for less than an hour a day sweeps too.
class job_runner {
 public:
  explicit job_runner(io_threads& threads, std::chrono::milliseconds first_after = std::chrono::minutes{5});
  ~job_runner();
  /// Before or after the threads start; not after stop().
  void every(std::string name, std::chrono::milliseconds interval, std::function<awaitable<void>()> job);
  /// Starts no job any more and returns when those under way have ended (at most 15 s later). Called from outside the
  /// I/O threads, which run.
  void stop();
  /// A stop has been asked for: jobs that work in pieces end before their next one. Any thread.
  [[nodiscard]] bool stopping() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace cumulo::service
