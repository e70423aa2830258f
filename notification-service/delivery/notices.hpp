#pragma once
// What the engine tells a person by itself, in their language.
#include "notification-service/delivery/sender.hpp"
#include "notification-service/domain/webhook.hpp"

namespace cumulo::notifications {

/// To the owner of an address that takes no mail: in the inbox, as kind "security", since it concerns how the account
/// can be recovered. `reason` is the mail server's.
[[nodiscard]] acceptance address_refused_notice(const outgoing& refused, const std::string& reason, instant now);

/// To the owner of an endpoint that was paused because it failed for long or is gone: in the inbox, as kind "webhook".
[[nodiscard]] acceptance webhook_paused_notice(const webhook& paused, const std::optional<std::string>& locale,
                                               instant now);

}  // namespace cumulo::notifications
