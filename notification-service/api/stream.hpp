#pragma once
// GET /stream: changes as server-sent events.
#include "notification-service/stream/hub.hpp"
#include "platform/http/message.hpp"

namespace cumulo::notifications {

class stream_api {
 public:
  explicit stream_api(stream_hub& hub) : hub_(hub) {}

  awaitable<result<>> open(const http::request& r, http::response& answer);

 private:
  stream_hub& hub_;
};

}  // namespace cumulo::notifications
