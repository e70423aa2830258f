#pragma once
// The signing keys that all replicas share. Arguments passed by reference outlive the awaited call.
#include <vector>

#include "platform/sql/database.hpp"
#include "user-service/domain/key_schedule.hpp"

namespace cumulo::users::storage {

class key_store {
 public:
  explicit key_store(sql::database& store) : store_(store) {}

  awaitable<std::vector<stored_key>> list_keys();
  /// Adds `candidate` if the policy asks for a key now, and removes those that are retired; of replicas that do this at
  /// the same time one adds its key. Returns the keys as they are then. The candidate's times are set here.
  awaitable<std::vector<stored_key>> rotate(stored_key candidate, key_policy policy, instant now);

 private:
  sql::database& store_;
};

}  // namespace cumulo::users::storage
