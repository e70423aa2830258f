#pragma once
// What a coroutine leaves behind while another thread or a connection works for it.
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "platform/core/async.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/io_threads.hpp"

namespace cumulo::sql {

/// The calling I/O thread. Throws if it is none: a call from the body of a transaction, or from a thread of the
/// program's own.
inline std::size_t calling_thread() {
  if (!io_threads::on_one())
    throw std::logic_error("the database is asked outside of an I/O thread (in a transaction's body?)");
  return io_threads::current();
}

/// Base of every request. Lives in the awaiting coroutine's frame, so it is gone once `resume` has been called.
/// Completed exactly once: by `resume` on its own I/O thread.
class waiter {
 public:
  using handler = asio::async_result<asio::use_awaitable_t<io_executor>, void()>::handler_type;

  waiter() : thread_(calling_thread()) {}
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() = default;

  /// Index of the I/O thread that waits.
  [[nodiscard]] std::size_t thread() const { return thread_; }
  void hold(handler h) { handler_.emplace(std::move(h)); }
  /// Continues the coroutine. On its own thread, and outside any other coroutine.
  void resume() {
    auto h = std::move(*handler_);
    handler_.reset();
    h();
  }
  /// Gives the coroutine up (its loop has ended): its frames are destroyed through their executor.
  void abandon() {
    auto h = std::move(*handler_);
    handler_.reset();
  }
  /// Null: it has not failed after all.
  void fail(std::exception_ptr e) { error_ = std::move(e); }
  [[nodiscard]] bool failed() const { return error_ != nullptr; }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::size_t thread_;
  std::optional<handler> handler_;
  std::exception_ptr error_;
};

/// Suspends the calling coroutine until `w.resume()`. `start` hands `w` to whoever will complete it; it runs once,
/// after the coroutine has been suspended, and must outlive the await (name it).
inline awaitable<void> suspend(waiter& w, function_ref<void()> start) {
  auto initiation = [&w, start](waiter::handler h) {
    w.hold(std::move(h));
    start();
  };
  return asio::async_initiate<const asio::use_awaitable_t<io_executor>, void()>(std::move(initiation), use_awaitable);
}

/// Finished requests of one I/O thread, resumed by one post. If the loop ends before the post runs, they are abandoned.
class finished_requests {
 public:
  finished_requests() = default;
  explicit finished_requests(std::vector<waiter*> list) : list_(std::move(list)) {}
  finished_requests(finished_requests&& other) noexcept : list_(std::exchange(other.list_, {})) {}
  finished_requests& operator=(finished_requests&&) = delete;
  ~finished_requests() {
    for (auto* w : list_) w->abandon();
  }
  void operator()() {
    const auto list = std::exchange(list_, {});
    for (auto* w : list) w->resume();
  }

 private:
  std::vector<waiter*> list_;
};

/// Resumes all of `done`, with one post per I/O thread. They may be gone before it returns.
inline void resume_on_own_threads(std::span<waiter* const> done, io_threads& threads) {
  std::vector<std::vector<waiter*>> of_thread(threads.size());
  for (auto* w : done) of_thread[w->thread()].push_back(w);
  // Only now: what has been posted is another thread's.
  for (std::size_t i = 0; i < of_thread.size(); ++i) {
    if (!of_thread[i].empty()) asio::post(threads.context(i), finished_requests{std::move(of_thread[i])});
  }
}

}  // namespace cumulo::sql
