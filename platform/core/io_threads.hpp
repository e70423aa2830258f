#pragma once
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include "platform/core/async.hpp"

namespace cumulo {

/// The I/O threads: one io_context each (concurrency hint 1), so that what runs on one needs no lock.
/// Things that exist once per thread (acceptors, database connections, token caches) are indexed by `current()`.
class io_threads {
 public:
  /// `count` contexts; 0 means cores − 1, at least 1. No thread runs before `start()`.
  explicit io_threads(std::size_t count = 0);
  ~io_threads();  ///< stops and joins
  io_threads(const io_threads&) = delete;
  io_threads& operator=(const io_threads&) = delete;

  void start();
  /// Ends every loop at once and joins; work still queued is dropped. Graceful endings are the servers' business.
  void stop();

  [[nodiscard]] std::size_t size() const { return contexts_.size(); }
  [[nodiscard]] asio::io_context& context(std::size_t index) { return *contexts_[index]; }

  /// Index of the calling I/O thread. Precondition: called on one.
  [[nodiscard]] static std::size_t current();
  /// Is the caller on an I/O thread?
  [[nodiscard]] static bool on_one();

 private:
  std::vector<std::unique_ptr<asio::io_context>> contexts_;
  std::vector<std::thread> threads_;
};

}  // namespace cumulo
