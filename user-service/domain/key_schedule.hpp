#pragma once
// Which signing key does what, and when: made, published, used, retired.
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/core/clock.hpp"

namespace cumulo::users {

/// A signing key as stored.
struct stored_key {
  std::string id;
  std::string private_key;  ///< PEM, or sealed
  std::string public_jwk;
  instant created_at{};
  instant signs_from{};
};

struct key_policy {
  std::chrono::milliseconds rotate_after{std::chrono::hours{24 * 90}};
  std::chrono::milliseconds publish_before_use{std::chrono::minutes{10}};  ///< verifiers fetch every 5 minutes
  std::chrono::milliseconds longest_token{
      std::chrono::hours{24 * 366}};  ///< a key stays published this long after its last use
};

/// The key that signs at `now`: the one that began last. Nothing if none has begun.
[[nodiscard]] const stored_key* signing_key_at(std::span<const stored_key> keys, instant now);

/// Is it time to make another key? True also when there is none.
[[nodiscard]] bool needs_new_key(std::span<const stored_key> keys, const key_policy& policy, instant now);

/// When a key made at `now` begins to sign: at once if it is the first, otherwise after every verifier has it.
[[nodiscard]] instant begins_to_sign(std::span<const stored_key> keys, const key_policy& policy, instant now);

/// Ids of keys whose last token has expired.
[[nodiscard]] std::vector<std::string> retired_keys(std::span<const stored_key> keys, const key_policy& policy,
                                                    instant now);

}  // namespace cumulo::users
