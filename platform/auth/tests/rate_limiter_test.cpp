#include "platform/auth/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace cumulo::auth {
namespace {

using namespace std::chrono_literals;

class moved_clock final : public clock {
 public:
  [[nodiscard]] instant now() const override { return from_millis(at_.load()); }
  void advance(std::chrono::milliseconds by) { at_ += by.count(); }

 private:
  std::atomic<std::int64_t> at_{1'800'000'000'000};
};

constexpr rate five_a_minute{.burst = 5, .window = 60s};

TEST(rate_limiter, allows_the_burst_and_then_refuses) {
  moved_clock time;
  rate_limiter limiter{1'000, time};
  for (std::uint32_t left = 4;; --left) {
    const auto decision = limiter.take("ann", five_a_minute);
    ASSERT_TRUE(decision.allowed);
    EXPECT_EQ(decision.remaining, left);
    EXPECT_EQ(decision.reset, 12s * (5 - left));
    if (left == 0) break;
  }
  const auto refused = limiter.take("ann", five_a_minute);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 0U);
  EXPECT_EQ(refused.reset, 12s);
  EXPECT_TRUE(limiter.take("bob", five_a_minute).allowed) << "another key has its own bucket";
}

TEST(rate_limiter, refills_evenly) {
  moved_clock time;
  rate_limiter limiter{1'000, time};
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(limiter.take("ann", five_a_minute).allowed);
  time.advance(11'999ms);
  EXPECT_FALSE(limiter.take("ann", five_a_minute).allowed);
  time.advance(1ms);
  EXPECT_TRUE(limiter.take("ann", five_a_minute).allowed);
  EXPECT_FALSE(limiter.take("ann", five_a_minute).allowed);
  time.advance(60s);
  EXPECT_EQ(limiter.take("ann", five_a_minute, 0).remaining, 5U);
}

TEST(rate_limiter, a_refusal_costs_nothing) {
  moved_clock time;
  rate_limiter limiter{1'000, time};
  for (int i = 0; i < 100; ++i) (void)limiter.take("ann", five_a_minute);
  time.advance(12s);
  EXPECT_TRUE(limiter.take("ann", five_a_minute).allowed);
}

TEST(rate_limiter, cost_zero_asks_without_taking) {
  moved_clock time;
  rate_limiter limiter{1'000, time};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(limiter.take("ann", five_a_minute, 0).remaining, 5U);
  EXPECT_FALSE(limiter.take("ann", five_a_minute, 6).allowed) << "more than the burst is never allowed";
  EXPECT_TRUE(limiter.take("ann", five_a_minute, 5).allowed);
  EXPECT_TRUE(limiter.take("ann", five_a_minute, 0).allowed);
  EXPECT_FALSE(limiter.take("ann", five_a_minute, 1).allowed);
}

TEST(rate_limiter, forgets_a_key) {
  moved_clock time;
  rate_limiter limiter{1'000, time};
  EXPECT_TRUE(limiter.take("ann", five_a_minute, 5).allowed);
  limiter.forget("ann");
  limiter.forget("nobody");
  EXPECT_TRUE(limiter.take("ann", five_a_minute, 5).allowed);
}

TEST(rate_limiter, a_burst_of_nothing_refuses_all) {
  moved_clock time;
  rate_limiter limiter{1'000, time};
  EXPECT_FALSE(limiter.take("ann", {.burst = 0, .window = 1s}).allowed);
}

TEST(rate_limiter, a_clock_set_back_locks_nobody_out) {
  moved_clock time;
  rate_limiter limiter{1'000, time};
  EXPECT_TRUE(limiter.take("ann", five_a_minute, 5).allowed);
  time.advance(-24h);
  EXPECT_LE(limiter.take("ann", five_a_minute).reset, 60s);
  time.advance(60s);
  EXPECT_TRUE(limiter.take("ann", five_a_minute).allowed);
}

TEST(rate_limiter, forgets_the_least_recently_used_key_first) {
  moved_clock time;
  rate_limiter limiter{3, time};
  for (const auto* key : {"a", "b", "c"}) ASSERT_TRUE(limiter.take(key, five_a_minute, 4).allowed);
  ASSERT_TRUE(limiter.take("a", five_a_minute).allowed);  // "b" is now the oldest
  ASSERT_TRUE(limiter.take("d", five_a_minute).allowed);
  EXPECT_FALSE(limiter.take("a", five_a_minute).allowed);
  EXPECT_EQ(limiter.take("c", five_a_minute, 0).remaining, 1U);
  EXPECT_EQ(limiter.take("b", five_a_minute, 0).remaining, 5U);
}

TEST(rate_limiter_concurrency, never_allows_more_than_the_burst) {
  moved_clock time;
  rate_limiter limiter{100'000, time};
  const rate thousand{.burst = 1'000, .window = 60s};
  std::atomic<int> allowed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1'000; ++i) {
        if (limiter.take("shared", thousand).allowed) ++allowed;
        (void)limiter.take(std::to_string(t) + "/" + std::to_string(i), thousand);
        if (i % 100 == 0) limiter.forget(std::to_string(t) + "/" + std::to_string(i));
      }
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(allowed, 1'000);
}

}  // namespace
}  // namespace cumulo::auth
