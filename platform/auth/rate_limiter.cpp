#include "platform/auth/rate_limiter.hpp"

#include <algorithm>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace cumulo::auth {

namespace {

using std::chrono::microseconds;

struct entry {
  std::string key;
  microseconds full_again{};  ///< the theoretical arrival time of GCRA: when the bucket is full again
};

/// One lock, one map, one list from the most to the least recently used.
struct shard {
  std::mutex lock;
  std::list<entry> used;
  std::unordered_map<std::string_view, std::list<entry>::iterator> by_key;  ///< views into `used`
};

std::chrono::seconds round_up(microseconds t) { return std::chrono::ceil<std::chrono::seconds>(t); }

}  // namespace

struct rate_limiter::state {
  state(std::size_t max_keys, const clock& source) : time(source), shards(max_keys >= 4'096 ? 16 : 1) {
    keys_per_shard = std::max<std::size_t>(1, max_keys / shards.size());
  }

  shard& of(std::string_view key) { return shards[std::hash<std::string_view>{}(key) % shards.size()]; }

  const clock& time;
  std::vector<shard> shards;
  std::size_t keys_per_shard;
};

rate_limiter::rate_limiter(std::size_t max_keys, const clock& source)
    : state_(std::make_unique<state>(max_keys, source)) {}

rate_limiter::~rate_limiter() = default;

rate_decision rate_limiter::take(std::string_view key, const rate& allowed, std::uint32_t cost) {
  const microseconds window = allowed.window;
  if (allowed.burst == 0) return {.allowed = false, .remaining = 0, .reset = round_up(window)};
  const microseconds each = std::max(window / allowed.burst, microseconds{1});
  const microseconds capacity = each * allowed.burst;
  const microseconds now = state_->time.now().time_since_epoch();

  shard& s = state_->of(key);
  const std::scoped_lock guard{s.lock};
  const auto found = s.by_key.find(key);
  // A clock set back must not lock anyone out for longer than the window, so what was recorded is cut to it for good.
  microseconds before = now;
  if (found != s.by_key.end()) {
    before = std::clamp(found->second->full_again, now, now + capacity);
    found->second->full_again = before;
  }
  const microseconds after = before + each * cost;
  if (after > now + capacity) {
    const auto left = static_cast<std::uint32_t>((now + capacity - before) / each);
    const microseconds wait = std::min(after - now - capacity, capacity);
    return {.allowed = false, .remaining = left, .reset = round_up(wait)};
  }
  const auto left = static_cast<std::uint32_t>((now + capacity - after) / each);
  const rate_decision yes{.allowed = true, .remaining = left, .reset = round_up(after - now)};
  if (cost == 0) return yes;

  if (found != s.by_key.end()) {
    found->second->full_again = after;
    s.used.splice(s.used.begin(), s.used, found->second);
    return yes;
  }
  if (s.by_key.size() >= state_->keys_per_shard) {
    s.by_key.erase(s.used.back().key);
    s.used.pop_back();
  }
  s.used.push_front({std::string{key}, after});
  s.by_key.emplace(s.used.front().key, s.used.begin());
  return yes;
}

void rate_limiter::forget(std::string_view key) {
  shard& s = state_->of(key);
  const std::scoped_lock guard{s.lock};
  const auto found = s.by_key.find(key);
  if (found == s.by_key.end()) return;
  const auto position = found->second;
  s.by_key.erase(found);
  s.used.erase(position);
}

}  // namespace cumulo::auth
