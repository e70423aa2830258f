#pragma once
// How often a password may be tried: per account and address, and per account from anywhere. What is counted is the
// name that was asked for, whether it has an account or not. Any thread; per process.
#include <string>
#include <string_view>

#include "platform/auth/rate_limiter.hpp"
#include "platform/core/result.hpp"

namespace cumulo::users {

struct throttle_rates {
  auth::rate from_one_address{10, std::chrono::minutes{10}};
  auth::rate from_anywhere{
      100, std::chrono::hours{1}};  ///< bounds a distributed guess, from networks that are not known for the account
  std::chrono::milliseconds known_for{std::chrono::hours{24 * 30}};  ///< since it was last signed in to from there
};

class sign_in_throttle {
 public:
  explicit sign_in_throttle(throttle_rates rates, const clock& time)
      : rates_(rates), limiter_(100'000, time), known_(100'000, time) {}

  /// Counts an attempt; errc::too_many_requests with the time to wait.
  [[nodiscard]] result<> admit(std::string_view account, std::string_view address);
  /// The password was right: its owner starts afresh, and strangers' attempts do not count against that address.
  void succeeded(std::string_view account, std::string_view address);

 private:
  throttle_rates rates_;
  auth::rate_limiter limiter_;
  auth::rate_limiter known_;  ///< an account and address that it was signed in to from: one attempt, used up
};

}  // namespace cumulo::users
