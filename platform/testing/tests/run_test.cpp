#include "platform/testing/run.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "platform/testing/fake_clock.hpp"
#include "platform/testing/temporary_folder.hpp"

namespace cumulo::test {
namespace {

awaitable<std::string> repeat(std::string text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) {
    co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
    all += text;
  }
  co_return all;
}

TEST(run, returns_the_value_of_a_coroutine_or_of_a_callable) {
  io_threads threads{2};
  threads.start();
  EXPECT_EQ(run(threads, repeat("ab", 3)), "ababab");
  const std::string captured = "x";
  EXPECT_EQ(run(threads, [&captured]() -> awaitable<std::string> { co_return co_await repeat(captured, 2); }), "xx");
  EXPECT_EQ(run(threads, []() -> awaitable<std::size_t> { co_return io_threads::current(); }, 1), 1U);
  run(threads, []() -> awaitable<void> { co_return; });
}

TEST(run, throws_what_the_coroutine_throws) {
  io_threads threads{1};
  threads.start();
  auto fail = []() -> awaitable<int> {
    co_await asio::post(co_await asio::this_coro::executor, use_awaitable);
    throw std::out_of_range("here");
  };
  EXPECT_THROW(run(threads, fail), std::out_of_range);
}

TEST(start, lets_coroutines_run_side_by_side) {
  io_threads threads{1};
  threads.start();
  auto first = start(threads, [] { return repeat("a", 100); });
  auto second = start(threads, [] { return repeat("b", 100); });
  EXPECT_EQ(wait_for(std::move(second)), std::string(100, 'b'));
  EXPECT_EQ(wait_for(std::move(first)), std::string(100, 'a'));
}

TEST(temporary_folder, is_new_and_gone_afterwards) {
  std::string path;
  {
    const temporary_folder one, other;
    path = one.path();
    EXPECT_NE(one.path(), other.path());
    EXPECT_TRUE(std::filesystem::is_empty(path));
    std::ofstream{one.file("x")} << "content";
    std::filesystem::create_directory(one.file("folder"));
    EXPECT_FALSE(std::filesystem::is_empty(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(fake_clock, stands_until_it_is_moved) {
  fake_clock time;
  const clock& seen = time;
  EXPECT_EQ(to_rfc3339(seen.now()), "2026-12-01T16:00:00.000Z");
  time.advance(std::chrono::hours{9});
  EXPECT_EQ(to_rfc3339(seen.now()), "2026-12-02T01:00:00.000Z");
  time.set(from_millis(0));
  EXPECT_EQ(to_millis(seen.now()), 0);
}

}  // namespace
}  // namespace cumulo::test
