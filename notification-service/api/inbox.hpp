#pragma once
// GET /notifications and what a reader does with them.
#include "notification-service/storage/notification_repository.hpp"
#include "notification-service/stream/hub.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"

namespace cumulo::notifications {

class inbox_api {
 public:
  inbox_api(notification_repository& notifications, service::idempotency& repeats, stream_hub& streams,
            const clock& time)
      : notifications_(notifications), repeats_(repeats), streams_(streams), time_(time) {}

  awaitable<result<>> list(const http::request& r, http::response& answer);
  awaitable<result<>> get(const http::request& r, http::response& answer);
  awaitable<result<>> mark_read(const http::request& r, http::response& answer);
  awaitable<result<>> mark_many_read(const http::request& r, http::response& answer);
  awaitable<result<>> remove(const http::request& r, http::response& answer);

 private:
  notification_repository& notifications_;
  service::idempotency& repeats_;
  stream_hub& streams_;
  const clock& time_;
};

}  // namespace cumulo::notifications
