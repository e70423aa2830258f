#pragma once
// For administrators: GET /deliveries and the replays.
#include "notification-service/delivery/delivery_engine.hpp"
#include "notification-service/storage/dead_letters.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"

namespace cumulo::notifications {

class deliveries_api {
 public:
  deliveries_api(dead_letters& letters, service::idempotency& repeats, delivery_engine& engine, const clock& time)
      : letters_(letters), repeats_(repeats), engine_(engine), time_(time) {}

  awaitable<result<>> list(const http::request& r, http::response& answer);
  awaitable<result<>> replay_one(const http::request& r, http::response& answer);
  awaitable<result<>> replay_many(const http::request& r, http::response& answer);

 private:
  awaitable<result<>> replay(const http::request& r, http::response& answer, const dead_letters::selection& which);

  dead_letters& letters_;
  service::idempotency& repeats_;
  delivery_engine& engine_;
  const clock& time_;
};

}  // namespace cumulo::notifications
