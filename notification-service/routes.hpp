#pragma once
#include <vector>

#include "platform/http/router.hpp"

namespace cumulo::notifications {

class deliveries_api;
class inbox_api;
class notify_api;
class stream_api;
class webhook_api;

/// The whole HTTP surface of the notification-service. All must outlive the routes.
[[nodiscard]] std::vector<http::route> routes(notify_api& notify, inbox_api& inbox, stream_api& stream,
                                              webhook_api& webhooks, deliveries_api& deliveries);

}  // namespace cumulo::notifications
