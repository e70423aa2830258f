#include "platform/core/id.hpp"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace cumulo {
namespace {

TEST(new_id, has_the_layout_of_rfc_9562_version_7) {
  const auto before = to_millis(system_clock().now());
  const auto id = new_id();
  ASSERT_TRUE(is_id(id)) << id;
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string_view{"89ab"}.find(id[19]), std::string_view::npos);
  const auto stamp = std::stoll(id.substr(0, 8) + id.substr(9, 4), nullptr, 16);
  EXPECT_GE(stamp, before);
  EXPECT_LE(stamp, to_millis(system_clock().now()) + 1'000);  // earlier tests may have run it ahead of the clock
}

TEST(new_id, rises_strictly_on_one_thread_even_within_a_millisecond) {
  std::string last;
  for (int i = 0; i < 50'000; ++i) {
    auto id = new_id();
    ASSERT_GT(id, last);
    last = std::move(id);
  }
}

TEST(new_id, rises_on_every_thread_and_never_repeats_across_threads) {
  constexpr std::size_t threads = 4, each = 10'000;
  std::vector<std::vector<std::string>> made(threads);
  {
    std::vector<std::jthread> running;
    for (auto& mine : made) {
      running.emplace_back([&mine] {
        for (std::size_t i = 0; i < each; ++i) mine.push_back(new_id());
      });
    }
  }
  std::set<std::string> all;
  std::set<std::string> stamps;  // the part before the random bits must be unique by itself
  for (const auto& mine : made) {
    EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
    all.insert(mine.begin(), mine.end());
    for (const auto& id : mine) stamps.insert(id.substr(0, 18));
  }
  EXPECT_EQ(all.size(), threads * each);
  EXPECT_EQ(stamps.size(), threads * each);
}

TEST(new_id, is_random_in_every_bit_after_the_variant) {
  std::uint64_t ever_one = 0, ever_zero = 0;
  for (int i = 0; i < 200; ++i) {
    const auto id = new_id();
    const auto low = std::stoull(id.substr(19, 4) + id.substr(24), nullptr, 16);
    ever_one |= low;
    ever_zero |= ~low;
  }
  constexpr std::uint64_t random_bits = ~std::uint64_t{0} >> 2U;
  EXPECT_EQ(ever_one & random_bits, random_bits);
  EXPECT_EQ(ever_zero & random_bits, random_bits);
}

TEST(is_id, takes_only_canonical_lower_case) {
  EXPECT_TRUE(is_id("0193a5e0-0000-7000-8000-0123456789ab"));
  for (const std::string_view text : {"", "0193A5E0-0000-7000-8000-0123456789ab", "0193a5e000007000800000123456789ab",
                                      "0193a5e0-0000-7000-8000-0123456789a", "0193a5e0-0000-7000-8000-0123456789abc",
                                      "0193a5e0-0000-7000-8000-0123456789ag", "0193a5e0-0000-7000-80000-123456789ab",
                                      "{193a5e0-0000-7000-8000-0123456789a}", "' OR 1=1 --                         "}) {
    EXPECT_FALSE(is_id(text)) << text;
  }
}

TEST(random_secret, is_base64url_of_the_asked_length_and_new_each_time) {
  for (const auto& [bytes, length] :
       {std::pair<std::size_t, std::size_t>{1, 2}, {2, 3}, {3, 4}, {16, 22}, {32, 43}, {33, 44}}) {
    const auto secret = random_secret(bytes);
    EXPECT_EQ(secret.size(), length);
    EXPECT_EQ(secret.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
  }
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(random_secret());
  EXPECT_EQ(seen.size(), 1'000U);
}

}  // namespace
}  // namespace cumulo
