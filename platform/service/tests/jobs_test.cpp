#include "platform/service/jobs.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <thread>

namespace cumulo::service {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

bool soon(const std::function<bool()>& holds) {
  for (const auto until = steady::now() + 20s; !holds();) {
    if (steady::now() > until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

TEST(jobs, of_a_program_that_runs_shortly_run_too) {
  io_threads threads{1};
  threads.start();
  job_runner jobs{threads, 20ms};
  std::atomic<int> runs{0};
  auto count = [&]() -> awaitable<void> {
    ++runs;
    co_return;
  };
  jobs.every("hourly", 1h, count);
  EXPECT_TRUE(soon([&] { return runs == 1; }));
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(runs, 1);
  jobs.stop();
  threads.stop();
}

TEST(jobs, that_work_in_pieces_end_at_a_stop) {
  io_threads threads{1};
  threads.start();
  job_runner jobs{threads};
  std::atomic<int> pieces{0};
  auto work = [&]() -> awaitable<void> {
    while (!jobs.stopping()) {
      ++pieces;
      asio::steady_timer piece{co_await asio::this_coro::executor, 1ms};
      boost::system::error_code ec;
      co_await piece.async_wait(asio::redirect_error(use_awaitable, ec));
    }
  };
  jobs.every("endless", 5ms, work);
  EXPECT_TRUE(soon([&] { return pieces > 3; }));
  const auto begun = steady::now();
  jobs.stop();
  EXPECT_LT(steady::now() - begun, 5s);
  threads.stop();
}

}  // namespace
}  // namespace cumulo::service
