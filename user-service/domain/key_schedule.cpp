#include "user-service/domain/key_schedule.hpp"

#include <algorithm>

namespace cumulo::users {

const stored_key* signing_key_at(std::span<const stored_key> keys, instant now) {
  const stored_key* latest = nullptr;
  for (const auto& key : keys) {
    if (key.signs_from <= now && (latest == nullptr || key.signs_from > latest->signs_from)) latest = &key;
  }
  return latest;
}

bool needs_new_key(std::span<const stored_key> keys, const key_policy& policy, instant now) {
  return std::ranges::none_of(keys, [&](const stored_key& key) { return key.created_at + policy.rotate_after > now; });
}

instant begins_to_sign(std::span<const stored_key> keys, const key_policy& policy, instant now) {
  return keys.empty() ? now : now + policy.publish_before_use;
}

std::vector<std::string> retired_keys(std::span<const stored_key> keys, const key_policy& policy, instant now) {
  std::vector<std::string> retired;
  for (const auto& key : keys) {
    const auto successor = std::ranges::find_if(keys, [&](const stored_key& other) {
      // A replica may lag behind by as much as the time between publishing and use.
      return other.signs_from > key.signs_from &&
             other.signs_from + policy.publish_before_use + policy.longest_token < now;
    });
    if (successor != keys.end()) retired.push_back(key.id);
  }
  return retired;
}

}  // namespace cumulo::users
