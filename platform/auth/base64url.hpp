#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace cumulo::auth {

/// RFC 4648 §5 without padding, as JOSE writes it.
[[nodiscard]] std::string to_base64url(std::string_view bytes);

/// Strict: nothing for padding, white space, the other alphabet, an impossible length, or trailing bits that are not
/// zero, so that every byte string has exactly one text.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace cumulo::auth
