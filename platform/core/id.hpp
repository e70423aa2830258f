#pragma once
#include <string>
#include <string_view>

#include "platform/core/clock.hpp"

namespace cumulo {

/// A new UUIDv7 (RFC 9562 §5.7, method 1: a counter after the milliseconds), lower-case text of 36 characters.
/// Strictly increasing within the process, unguessable in its last 62 bits. Any thread.
[[nodiscard]] std::string new_id();

/// Is this the canonical lower-case text of any UUID? What is not cannot exist, so callers answer 404 without a query.
[[nodiscard]] bool is_id(std::string_view text);

/// `bytes` random bytes of the system's generator as base64url without padding: tokens and secrets.
[[nodiscard]] std::string random_secret(std::size_t bytes = 32);

}  // namespace cumulo
