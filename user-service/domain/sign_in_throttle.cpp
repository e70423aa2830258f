#include "user-service/domain/sign_in_throttle.hpp"

#include <algorithm>

namespace cumulo::users {

namespace {

std::string pair_key(std::string_view account, std::string_view address) {
  return std::string{account} + '\n' + std::string{address};
}

}  // namespace

result<> sign_in_throttle::admit(std::string_view account, std::string_view address) {
  const std::string pair = pair_key(account, address);
  auto decision = limiter_.take(pair, rates_.from_one_address);
  const bool is_known = known_.take(pair, {1, rates_.known_for}, 0).remaining == 0;
  if (decision.allowed && !is_known) decision = limiter_.take(account, rates_.from_anywhere);
  if (decision.allowed) return {};
  return error{.code = errc::too_many_requests,
               .detail = "Too many attempts to sign in. Try again later.",
               .retry_after = std::max(decision.reset, std::chrono::seconds{1})};
}

void sign_in_throttle::succeeded(std::string_view account, std::string_view address) {
  const std::string pair = pair_key(account, address);
  limiter_.forget(pair);
  known_.forget(pair);  // the time runs anew
  (void)known_.take(pair, {1, rates_.known_for});
}

}  // namespace cumulo::users
