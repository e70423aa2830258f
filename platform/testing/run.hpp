#pragma once
// From a test's thread into coroutines and back.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <type_traits>
#include <utility>

#include "platform/core/async.hpp"
#include "platform/core/io_threads.hpp"

namespace cumulo::test {

/// Waits for a future as long as any test may take; then aborts, so that a hang has a name and a stack.
template <class T>
T wait_for(std::future<T> outcome, std::chrono::seconds patience = std::chrono::seconds{60}) {
  if (outcome.wait_for(patience) != std::future_status::ready) {
    std::fputs("a coroutine under test has not ended in time\n", stderr);
    std::abort();
  }
  return outcome.get();
}

/// Starts `work`, a callable that returns an awaitable, on I/O thread `thread`. The callable is moved to where it lives
/// until the coroutine has ended, so a lambda may capture.
template <class Work>
  requires std::is_invocable_v<Work&>
auto start(io_threads& threads, Work work, std::size_t thread = 0) {
  return asio::co_spawn(threads.context(thread), std::move(work), asio::use_future);
}

/// Runs `work` on I/O thread `thread` to its end: its value, or what it throws. Not called on an I/O thread.
template <class Work>
  requires std::is_invocable_v<Work&>
auto run(io_threads& threads, Work work, std::size_t thread = 0) {
  return wait_for(test::start(threads, std::move(work), thread));
}

/// The same for a coroutine already made: `run(threads, repository.find(id))`. What its parameters refer to outlives
/// the call (temporaries of the call's own expression do).
template <class T>
T run(io_threads& threads, awaitable<T> coroutine, std::size_t thread = 0) {
  return wait_for(asio::co_spawn(threads.context(thread), std::move(coroutine), asio::use_future));
}

}  // namespace cumulo::test
