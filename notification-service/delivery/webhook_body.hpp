#pragma once
// What an endpoint is sent, in each of the formats.
#include <optional>
#include <string>
#include <vector>

#include "notification-service/domain/webhook.hpp"

namespace cumulo::notifications {

/// Something to tell an endpoint.
struct webhook_message {
  std::string id;    ///< the webhook-id header: the same at every attempt
  std::string type;  ///< "notification.reminder", "task.created"
  instant at{};      ///< when it happened
  std::string title;
  std::optional<std::string> body{};
  std::optional<std::string> link{};  ///< a path of this site, or an address of the web
  std::string data{"{}"};             ///< the member `data` of the standard format: JSON text
};

struct webhook_request {
  std::vector<std::string> headers;  ///< "Name: value"
  std::string body;
};

/// `site` is the address of the page, put before links that are paths.
[[nodiscard]] webhook_request write_webhook(webhook_format format, const webhook_message& what, std::string_view site);

}  // namespace cumulo::notifications
