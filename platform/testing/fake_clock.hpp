#pragma once
#include <atomic>

#include "platform/core/clock.hpp"

namespace cumulo::test {

/// A clock that stands until the test moves it. Any thread.
class fake_clock final : public clock {
 public:
  explicit fake_clock(instant start = *parse_rfc3339("2026-12-01T16:00:00Z")) : now_(to_millis(start)) {}
  [[nodiscard]] instant now() const override { return from_millis(now_.load()); }
  void set(instant t) { now_ = to_millis(t); }
  void advance(std::chrono::milliseconds by) { now_ += by.count(); }

 private:
  std::atomic<std::int64_t> now_;
};

}  // namespace cumulo::test
