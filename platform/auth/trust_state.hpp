#pragma once
// The inside of trust_store, shared with the verifier and the fetcher.
//
// Writers replace immutable objects under a lock and then count a version up. Each reading thread keeps a view of its
// own and takes the lock only when the version has moved (std::atomic<std::shared_ptr> is a lock at every read in g++
// 12).
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

#include "platform/auth/p256.hpp"
#include "platform/auth/token.hpp"

namespace cumulo::auth {

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};
using id_set = std::unordered_set<std::string, text_hash, std::equal_to<>>;

struct trusted_key {
  p256::key key;
  std::string x, y;  ///< to see whether a fetched key is the one we have
};
using key_map = std::map<std::string, trusted_key, std::less<>>;

struct trust_store::state {
  struct single {
    std::string id;
    std::chrono::steady_clock::time_point at;
  };

  std::atomic<std::uint64_t> version{1};  ///< of everything below that `lock` guards
  std::atomic<bool> fresh_keys_wanted{false};
  mutable std::mutex lock;
  std::condition_variable wanted;  ///< fresh_keys_wanted became true
  std::shared_ptr<const key_map> keys;
  std::shared_ptr<const id_set> revoked;
  std::uint64_t list_version{1};     ///< of `revoked`, and of what was dropped from `singles`
  std::deque<single> singles;        ///< revoked one by one; may not be in the list yet
  std::uint64_t singles_dropped{0};  ///< index of singles.front() counted from the beginning
};

/// One thread's copy of what is trusted.
class trust_view {
 public:
  /// Takes over what has changed. Returns true if the keys have.
  bool refresh(trust_store::state& from);
  [[nodiscard]] const key_map* keys() const { return keys_.get(); }
  [[nodiscard]] bool is_revoked(std::string_view id) const {
    return (revoked_ && !revoked_->empty() && revoked_->contains(id)) || (!singles_.empty() && singles_.contains(id));
  }

 private:
  std::uint64_t version_{0}, list_version_{0}, singles_seen_{0};
  std::shared_ptr<const key_map> keys_;
  std::shared_ptr<const id_set> revoked_;
  id_set singles_;
};

}  // namespace cumulo::auth
