#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

#include "platform/core/clock.hpp"

namespace cumulo::auth {

struct rate {
  std::uint32_t burst{};               ///< how many at once
  std::chrono::milliseconds window{};  ///< in which `burst` are refilled, evenly
};

struct rate_decision {
  bool allowed{true};
  std::uint32_t remaining{};
  std::chrono::seconds reset{};  ///< until the bucket is full again; when refused, until one more is allowed
};

/// GCRA (the leaky bucket as a meter) over string keys, in bounded memory: the least recently used keys are forgotten.
/// Per process: replicas each allow the rate. Any thread (sharded locks).
class rate_limiter {
 public:
  explicit rate_limiter(std::size_t max_keys = 100'000, const clock& source = system_clock());
  ~rate_limiter();
  /// `cost` 0 asks without taking.
  [[nodiscard]] rate_decision take(std::string_view key, const rate& allowed, std::uint32_t cost = 1);
  /// Forgets a key (after a successful sign-in).
  void forget(std::string_view key);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace cumulo::auth
