#include "user-service/domain/sign_in_throttle.hpp"

#include <algorithm>

namespace cumulo::users {

namespace {

std::string pair_key(std::string_view account, std::string_view address) {
  return std::string{account} + '\n' + std::string{address};
}

}  // namespace

result<> sign_in_throttle::admit(std::string_view account, std::string_view address) {
  auto decision = limiter_.take(pair_key(account, address), rates_.from_one_address);
  if (decision.allowed) decision = limiter_.take(account, rates_.from_anywhere);
  if (decision.allowed) return {};
  return error{.code = errc::too_many_requests,
               .detail = "Too many attempts to sign in. Try again later.",
               .retry_after = std::max(decision.reset, std::chrono::seconds{1})};
}

void sign_in_throttle::succeeded(std::string_view account, std::string_view address) {
  limiter_.forget(pair_key(account, address));
}

}  // namespace cumulo::users
