#include "user-service/domain/sign_in_throttle.hpp"

#include <gtest/gtest.h>

namespace cumulo::users {
namespace {

using namespace std::chrono_literals;

class moved_clock final : public clock {
 public:
  [[nodiscard]] instant now() const override { return at; }
  instant at = from_millis(1'800'000'000'000);
};

const throttle_rates rates{.from_one_address = {3, 10min}, .from_anywhere = {5, 1h}};

TEST(sign_in_throttle, refuses_after_the_burst_and_says_when_to_come_back) {
  moved_clock time;
  sign_in_throttle throttle{rates, time};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(throttle.admit("ada", "10.0.0.1"));
  const auto refused = throttle.admit("ada", "10.0.0.1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::too_many_requests);
  ASSERT_TRUE(refused.error().retry_after);
  EXPECT_TRUE(throttle.admit("bob", "10.0.0.1")) << "another account";
  EXPECT_TRUE(throttle.admit("ada", "10.0.0.2")) << "another address";
  time.at += *refused.error().retry_after;
  EXPECT_TRUE(throttle.admit("ada", "10.0.0.1"));
}

TEST(sign_in_throttle, bounds_a_guess_from_many_addresses) {
  moved_clock time;
  sign_in_throttle throttle{rates, time};
  int admitted = 0;
  for (int i = 0; i < 100; ++i) admitted += throttle.admit("ada", "10.0.0." + std::to_string(i)) ? 1 : 0;
  EXPECT_EQ(admitted, 5);
}

TEST(sign_in_throttle, strangers_do_not_lock_out_a_network_that_the_account_was_signed_in_to_from) {
  moved_clock time;
  sign_in_throttle throttle{rates, time};
  const auto guess_from_everywhere = [&](const std::string& account) {
    for (int i = 0; i < 100; ++i) (void)throttle.admit(account, "192.0.2." + std::to_string(i));
  };
  throttle.succeeded("ada", "10.0.0.1");
  time.at += rates.known_for - 1h;
  throttle.succeeded("ada", "10.0.0.1");
  time.at += rates.known_for - 1h;
  guess_from_everywhere("ada");
  EXPECT_FALSE(throttle.admit("ada", "10.0.0.2")) << "another network";
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(throttle.admit("ada", "10.0.0.1"));
  EXPECT_FALSE(throttle.admit("ada", "10.0.0.1")) << "its own bound stays";
  guess_from_everywhere("bob");
  EXPECT_FALSE(throttle.admit("bob", "10.0.0.1")) << "known for another account";
  time.at += 1h;
  guess_from_everywhere("ada");
  EXPECT_FALSE(throttle.admit("ada", "10.0.0.1")) << "too long ago";
}

TEST(sign_in_throttle, forgets_the_failures_of_who_knows_the_password) {
  moved_clock time;
  sign_in_throttle throttle{{.from_one_address = {3, 10min}, .from_anywhere = {100, 1h}}, time};
  for (int round = 0; round < 5; ++round) {
    ASSERT_TRUE(throttle.admit("ada", "10.0.0.1"));
    ASSERT_TRUE(throttle.admit("ada", "10.0.0.1"));
    throttle.succeeded("ada", "10.0.0.1");
  }
}

}  // namespace
}  // namespace cumulo::users
