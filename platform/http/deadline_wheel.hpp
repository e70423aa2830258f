#pragma once
// Deadlines of thousands of connections at the price of storing one number: a wheel of ticks, looked at by one timer.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace cumulo::http {

/// Something with a deadline. Lives in the wheel from `add` to `remove`. One thread.
class timed {
 public:
  timed() = default;
  timed(const timed&) = delete;
  timed& operator=(const timed&) = delete;
  virtual ~timed() = default;
  /// The deadline has passed. May set another one; must not add or remove.
  virtual void on_deadline() = 0;

 private:
  friend class deadline_wheel;
  timed* previous_{nullptr};
  timed* next_{nullptr};
  std::uint64_t due_{std::numeric_limits<std::uint64_t>::max()};
  std::uint64_t looked_at_{0};  // the tick at which the wheel will next look; never after due_, unless due_ is unset
};

class deadline_wheel {
 public:
  /// Deadlines are kept to within one `tick`, never early.
  explicit deadline_wheel(std::chrono::milliseconds tick) : tick_(tick) {}
  [[nodiscard]] std::chrono::milliseconds tick() const { return tick_; }

  void add(timed& t) { link(t, now_ + slots_.size() - 1); }
  void remove(timed& t) { unlink(t); }

  /// Replaces the deadline.
  void set(timed& t, std::chrono::milliseconds from_now) {
    t.due_ = now_ + static_cast<std::uint64_t>((from_now + tick_ - std::chrono::milliseconds{1}) / tick_) + 1;
    if (t.due_ < t.looked_at_) {
      unlink(t);
      link(t, t.due_);
    }
  }
  void clear(timed& t) { t.due_ = std::numeric_limits<std::uint64_t>::max(); }

  /// One tick has passed.
  void advance() {
    ++now_;
    auto* t = slots_[now_ % slots_.size()];
    slots_[now_ % slots_.size()] = nullptr;
    while (t != nullptr) {
      auto* following = t->next_;
      t->previous_ = t->next_ = nullptr;
      const bool passed = t->due_ <= now_;
      if (passed) t->due_ = std::numeric_limits<std::uint64_t>::max();
      link(*t, std::min(t->due_, now_ + slots_.size() - 1));
      if (passed) t->on_deadline();
      t = following;
    }
  }

  /// Calls `f(timed&)` for each; it must not add or remove.
  template <class F>
  void for_each(F f) {
    for (auto* s : slots_) {
      for (auto* t = s; t != nullptr;) {
        auto* following = t->next_;
        f(*t);
        t = following;
      }
    }
  }

 private:
  void link(timed& t, std::uint64_t when) {
    t.looked_at_ = when;
    auto*& first = slots_[when % slots_.size()];
    t.previous_ = nullptr;
    t.next_ = first;
    if (first != nullptr) first->previous_ = &t;
    first = &t;
  }
  void unlink(timed& t) {
    if (t.previous_ != nullptr) {
      t.previous_->next_ = t.next_;
    } else {
      slots_[t.looked_at_ % slots_.size()] = t.next_;
    }
    if (t.next_ != nullptr) t.next_->previous_ = t.previous_;
    t.previous_ = t.next_ = nullptr;
  }

  std::chrono::milliseconds tick_;
  std::uint64_t now_{0};
  std::array<timed*, 128> slots_{};  // heads of lists
};

}  // namespace cumulo::http
