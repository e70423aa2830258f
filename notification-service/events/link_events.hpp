#pragma once
// One-time links of the user-service, which go out by e-mail: io.cumulo.user.email_verification_requested.v1 and
// io.cumulo.user.password_reset_requested.v1. What they hold is a secret: docs/adr/0014-one-time-links-by-mail.md.
#include "notification-service/domain/channel.hpp"
#include "platform/bus/bus.hpp"

namespace cumulo::notifications {

/// Puts the mail into the queue of `store`, for the address that the event names; nothing where `channels` has no
/// e-mail. Nothing is put into the inbox. `channels` outlives the subscription.
[[nodiscard]] bus::subscription link_events(sql::database& store, const channel_set& channels);

}  // namespace cumulo::notifications
