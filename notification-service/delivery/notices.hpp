#pragma once
// What the engine tells a person by itself, in their language.
#include "notification-service/delivery/sender.hpp"

namespace cumulo::notifications {

/// To the owner of an address that takes no mail: in the inbox, as kind "security", since it concerns how the account
/// can be recovered. `reason` is the mail server's.
[[nodiscard]] acceptance address_refused_notice(const outgoing& refused, const std::string& reason, instant now);

}  // namespace cumulo::notifications
