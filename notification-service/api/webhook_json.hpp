#pragma once
// Webhooks and their log → JSON text.
#include <optional>
#include <string>
#include <string_view>

#include "notification-service/domain/webhook.hpp"

namespace cumulo::notifications {

/// `secret` is shown when it has just been made, and never again.
void write_webhook_item(std::string& out, const webhook& w, const std::optional<std::string>& secret = {});
/// Of a long request body the beginning.
void write_attempt(std::string& out, const webhook_attempt& a);

/// Changes with everything that is shown.
[[nodiscard]] std::string etag_of(const webhook& w);

}  // namespace cumulo::notifications
