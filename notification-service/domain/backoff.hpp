#pragma once
// When to try again.
#include <chrono>
#include <cstdint>

namespace cumulo::notifications {

struct backoff {
  std::chrono::milliseconds first{5'000};  ///< the longest pause after the first attempt; it doubles with each
  std::chrono::milliseconds longest{1'800'000};

  /// The longest pause after `attempt` (from 1).
  [[nodiscard]] constexpr std::chrono::milliseconds ceiling(std::int64_t attempt) const {
    std::chrono::milliseconds pause = first;
    for (std::int64_t i = 1; i < attempt && pause < longest; ++i) pause *= 2;
    return pause < longest ? pause : longest;
  }
  /// Full jitter: anywhere up to the ceiling, so that what failed together does not come back together. `random` in
  /// [0, 1).
  [[nodiscard]] constexpr std::chrono::milliseconds pause(std::int64_t attempt, double random) const {
    const double millis = static_cast<double>(ceiling(attempt).count()) * random;
    return std::chrono::milliseconds{static_cast<std::int64_t>(millis)};
  }
};

}  // namespace cumulo::notifications
