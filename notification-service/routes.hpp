#pragma once
#include <vector>

#include "platform/http/router.hpp"

namespace cumulo::notifications {

class announcements_api;
class deliveries_api;
class inbox_api;
class notify_api;
class preferences_api;
class stream_api;
class webhook_api;

/// The whole HTTP surface of the notification-service. All must outlive the routes.
[[nodiscard]] std::vector<http::route> routes(notify_api& notify, inbox_api& inbox, stream_api& stream,
                                              webhook_api& webhooks, deliveries_api& deliveries,
                                              preferences_api& preferences, announcements_api& announcements);

}  // namespace cumulo::notifications
