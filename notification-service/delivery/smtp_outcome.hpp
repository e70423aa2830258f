#pragma once
// What an SMTP dialogue means for a delivery.
#include "notification-service/delivery/sender.hpp"
#include "platform/outbound/client.hpp"

namespace cumulo::notifications {

/// How far a dialogue got before it was refused.
enum class smtp_step { session, sender, recipient, data, message };

/// By the server's replies, as outbound::exchange holds them: of a connection that was used before they begin with
/// MAIL.
[[nodiscard]] smtp_step refused_step(std::string_view replies);

/// Accepted: delivered. A refusal for now (4xx), one of the session or of ourselves as the sender (the administrator
/// can mend that), and every broken connection: retry. The recipient refused for good: failed, and unless it is only
/// full or a policy (RFC 3463: 5.2.2, 5.7.x) the address is refused. The message refused for good: failed.
[[nodiscard]] attempt outcome_of(const outbound::exchange& seen);

}  // namespace cumulo::notifications
