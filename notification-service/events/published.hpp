#pragma once
// What this service tells the others.
#include <string_view>

#include "notification-service/domain/channel.hpp"
#include "platform/bus/bus.hpp"

namespace cumulo::notifications {

/// io.cumulo.notification.created.v1. Names the notification, not its words: whoever may show it asks for it.
[[nodiscard]] bus::event notification_created(const acceptance& what, std::string_view traceparent);

}  // namespace cumulo::notifications
