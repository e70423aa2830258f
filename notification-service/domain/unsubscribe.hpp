#pragma once
// One-click unsubscription (RFC 8058): whoever holds the mail may end mails of its kind, without signing in. The token
// names account and kind, is signed, and does not expire, as a mail does not either.
#include <optional>
#include <string>
#include <string_view>

#include "notification-service/domain/kind.hpp"

namespace cumulo::notifications {

struct unsubscription {
  std::string account_id;
  kind what{};
};

/// "<account>.<kind>.<HMAC-SHA256 in base64url>".
[[nodiscard]] std::string sign_unsubscription(const unsubscription& of, std::string_view secret);
/// Nothing if it is not one that we signed.
[[nodiscard]] std::optional<unsubscription> verify_unsubscription(std::string_view token, std::string_view secret);

}  // namespace cumulo::notifications
