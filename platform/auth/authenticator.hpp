#pragma once
#include <memory>
#include <string_view>

#include "platform/auth/principal.hpp"
#include "platform/core/result.hpp"

namespace cumulo::auth {

/// Turns a bearer token into a principal. Any I/O thread; never blocks (keys and revocations are fetched elsewhere).
class authenticator {
 public:
  virtual ~authenticator() = default;
  /// errc::unauthenticated with one and the same detail for every kind of bad token;
  /// errc::unavailable while no key has ever been fetched.
  [[nodiscard]] virtual result<std::shared_ptr<const principal>> authenticate(std::string_view bearer_token) = 0;
};

}  // namespace cumulo::auth
