#include "platform/core/io_threads.hpp"

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <future>
#include <set>

namespace cumulo {
namespace {

TEST(io_threads, runs_what_is_posted_to_each_context_on_its_own_thread) {
  io_threads threads{3};
  EXPECT_FALSE(io_threads::on_one());
  threads.start();
  std::set<std::thread::id> seen;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    std::promise<std::pair<std::size_t, std::thread::id>> where;
    asio::post(threads.context(i), [&where] {
      where.set_value({io_threads::on_one() ? io_threads::current() : 99, std::this_thread::get_id()});
    });
    const auto [index, thread] = where.get_future().get();
    EXPECT_EQ(index, i);
    seen.insert(thread);
  }
  EXPECT_EQ(seen.size(), 3U);
}

TEST(io_threads, takes_posts_from_many_threads_at_once) {
  io_threads threads{2};
  threads.start();
  std::array<std::size_t, 2> handled{};  // each written by its own I/O thread only
  std::promise<void> all;
  std::atomic<int> left{8'000};
  {
    std::vector<std::jthread> posters;
    for (int p = 0; p < 4; ++p) {
      posters.emplace_back([&] {
        for (int i = 0; i < 2'000; ++i) {
          asio::post(threads.context(static_cast<std::size_t>(i % 2)), [&] {
            ++handled[io_threads::current()];
            if (--left == 0) all.set_value();
          });
        }
      });
    }
  }
  all.get_future().wait();
  threads.stop();
  EXPECT_EQ(handled[0], 4'000U);
  EXPECT_EQ(handled[1], 4'000U);
}

TEST(io_threads, stops_with_work_still_waiting_and_may_be_stopped_twice) {
  io_threads threads{1};
  threads.start();
  std::atomic<bool> ran{false};
  asio::post(threads.context(0), [&] { ran = true; });
  while (!ran) std::this_thread::yield();
  threads.stop();
  threads.stop();
  asio::post(threads.context(0), [] { FAIL() << "ran after stop"; });
}

TEST(io_threads, has_at_least_one_thread_by_default) {
  const io_threads threads;
  EXPECT_GE(threads.size(), 1U);
  EXPECT_LE(threads.size(), std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace
}  // namespace cumulo
