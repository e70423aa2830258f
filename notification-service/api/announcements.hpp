#pragma once
// What administrators tell everyone: POST and GET /announcements, and calling one back.
#include "notification-service/storage/announcement_repository.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"

namespace cumulo::notifications {

class announcements_api {
 public:
  announcements_api(announcement_repository& announcements, service::idempotency& repeats, const clock& time)
      : announcements_(announcements), repeats_(repeats), time_(time) {}

  awaitable<result<>> announce(const http::request& r, http::response& answer);
  awaitable<result<>> list(const http::request& r, http::response& answer);
  awaitable<result<>> get(const http::request& r, http::response& answer);
  awaitable<result<>> cancel(const http::request& r, http::response& answer);

 private:
  announcement_repository& announcements_;
  service::idempotency& repeats_;
  const clock& time_;
};

}  // namespace cumulo::notifications
