#pragma once
// /webhooks: endpoints that people register, what was sent to them, and sending it again.
#include "notification-service/delivery/webhook_sender.hpp"
#include "notification-service/storage/webhook_repository.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"

namespace cumulo::notifications {

class webhook_api {
 public:
  struct parts {
    webhook_repository& webhooks;
    webhook_caller& caller;
    const auth::secret_box& secrets;
    const outbound::address_policy& policy;
    service::idempotency& repeats;
    const clock& time;
  };
  explicit webhook_api(parts given) : use_(given) {}

  awaitable<result<>> list(const http::request& r, http::response& answer);
  awaitable<result<>> create(const http::request& r, http::response& answer);
  awaitable<result<>> get(const http::request& r, http::response& answer);
  awaitable<result<>> change(const http::request& r, http::response& answer);
  awaitable<result<>> remove(const http::request& r, http::response& answer);
  awaitable<result<>> rotate_secret(const http::request& r, http::response& answer);
  awaitable<result<>> test(const http::request& r, http::response& answer);
  awaitable<result<>> list_deliveries(const http::request& r, http::response& answer);
  awaitable<result<>> replay(const http::request& r, http::response& answer);

 private:
  [[nodiscard]] result<webhook_wish> wish_of(const http::request& r, bool is_new) const;
  /// The path's webhook, if it is the caller's.
  awaitable<result<webhook>> own(const http::request& r);
  /// Logs a call made by hand and answers with it.
  awaitable<result<>> tell(const webhook_attempt& made, http::response& answer, service::idempotency_record* record);

  parts use_;
};

}  // namespace cumulo::notifications
