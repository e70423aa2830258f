#include "task-service/api/slow_turns.hpp"

#include <gtest/gtest.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "platform/testing/run.hpp"

namespace cumulo::tasks::test {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

class turns : public testing::Test {
 protected:
  void SetUp() override { threads.start(); }

  /// A read that takes so long, on one of the threads in turn.
  std::future<result<>> start(std::string account, std::chrono::milliseconds length) {
    auto work = [this, account, length]() -> awaitable<result<>> {
      auto read = [&]() -> awaitable<void> {
        most = std::max<int>(most, ++running);
        asio::basic_waitable_timer<steady, asio::wait_traits<steady>, io_executor> pause{
            co_await asio::this_coro::executor, length};
        co_await pause.async_wait(use_awaitable);
        --running;
      };
      co_return co_await all.run(account, read);
    };
    return cumulo::test::start(threads, std::move(work), ++started % threads.size());
  }
  void wait_until_running(int count) const {
    while (running < count) std::this_thread::sleep_for(1ms);
  }

  slow_turns all;
  std::atomic<int> running{0};
  std::atomic<int> most{0};
  std::size_t started{0};
  io_threads threads{2};
};

TEST_F(turns, are_one_at_a_time_of_an_account) {
  std::vector<std::future<result<>>> reads;
  for (int n = 0; n < 20; ++n) reads.push_back(start("ada", 2ms));
  for (auto& each : reads) EXPECT_TRUE(cumulo::test::wait_for(std::move(each)));
  EXPECT_EQ(most, 1);
}

TEST_F(turns, of_one_account_hold_up_no_other) {
  std::future<result<>> long_one = start("ada", 2s);
  wait_until_running(1);
  const auto begun = steady::now();
  EXPECT_TRUE(cumulo::test::wait_for(start("eve", 1ms)));
  EXPECT_LT(steady::now() - begun, 1s);
  EXPECT_TRUE(cumulo::test::wait_for(std::move(long_one)));
  EXPECT_EQ(most, 2);
}

TEST_F(turns, are_refused_when_too_many_wait) {
  std::vector<std::future<result<>>> reads;
  reads.push_back(start("ada", 500ms));
  wait_until_running(1);
  for (std::size_t n = 0; n < slow_turns::most_waiting + 5; ++n) reads.push_back(start("ada", 0ms));
  std::size_t refused = 0;
  for (auto& each : reads) {
    const result<> outcome = cumulo::test::wait_for(std::move(each));
    if (outcome.has_value()) continue;
    ++refused;
    EXPECT_EQ(outcome.error().code, errc::too_many_requests);
    EXPECT_EQ(outcome.error().retry_after, 1s);
  }
  EXPECT_EQ(refused, 5U);
}

TEST_F(turns, are_refused_after_too_long_a_wait) {
  std::future<result<>> long_one = start("ada", slow_turns::longest_wait + 500ms);
  wait_until_running(1);
  std::future<result<>> impatient = start("ada", 0ms);
  EXPECT_EQ(cumulo::test::wait_for(std::move(impatient)).error().code, errc::too_many_requests);
  EXPECT_TRUE(cumulo::test::wait_for(std::move(long_one)));
  EXPECT_TRUE(cumulo::test::wait_for(start("ada", 0ms)));
}

TEST_F(turns, end_with_what_is_thrown) {
  auto fail = [this]() -> awaitable<void> {
    auto read = []() -> awaitable<void> {
      throw std::runtime_error("the disk is gone");
      co_return;
    };
    co_await all.run("ada", read);
  };
  EXPECT_THROW(cumulo::test::run(threads, fail), std::runtime_error);
  EXPECT_TRUE(cumulo::test::wait_for(start("ada", 0ms)));
}

}  // namespace
}  // namespace cumulo::tasks::test
