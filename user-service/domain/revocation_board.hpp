#pragma once
// Keeps this process's trust store in step with the revocations that it makes itself and with those of other replicas.
// Any thread.
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "platform/auth/token.hpp"

namespace cumulo::users {

class revocation_board {
 public:
  explicit revocation_board(auth::trust_store& trust) : trust_(trust) {}

  void end(const std::vector<std::string>& ids) {
    for (const auto& id : ids) trust_.revoke(id);
  }
  void restore(std::string_view id) {
    const std::scoped_lock guard{lock_};
    ++restorations_;
    trust_.restore(id);
  }

  /// Taken before the list is read from storage: a list that was read before a restoration is not taken over.
  [[nodiscard]] std::uint64_t mark() const {
    const std::scoped_lock guard{lock_};
    return restorations_;
  }
  void replace(std::vector<std::string> revoked, std::uint64_t marked) {
    const std::scoped_lock guard{lock_};
    if (marked == restorations_) trust_.set_revoked(std::move(revoked));
  }

 private:
  auth::trust_store& trust_;
  mutable std::mutex lock_;
  std::uint64_t restorations_{0};
};

}  // namespace cumulo::users
