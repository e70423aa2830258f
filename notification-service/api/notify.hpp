#pragma once
// POST /notify and what became of it.
#include "notification-service/delivery/delivery_engine.hpp"
#include "notification-service/domain/channel.hpp"
#include "notification-service/storage/notification_repository.hpp"
#include "notification-service/storage/recipient_repository.hpp"
#include "notification-service/stream/hub.hpp"
#include "platform/bus/bus.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"

namespace cumulo::notifications {

class notify_api {
 public:
  struct parts {
    notification_repository& notifications;
    recipient_repository& recipients;
    const channel_set& channels;
    service::idempotency& repeats;
    bus::relay& events;
    delivery_engine& deliveries;
    stream_hub& streams;
    const clock& time;
    /// Events about accounts arrive here, so an account that no event has named does not exist, unless it is so new
    /// that the event may be on its way. Without a bus the service cannot know, and takes the sender's word for a user
    /// id.
    bool knows_accounts;
  };
  explicit notify_api(parts given) : use_(given) {}

  awaitable<result<>> notify(const http::request& r, http::response& answer);
  awaitable<result<>> notify_batch(const http::request& r, http::response& answer);
  awaitable<result<>> cancel(const http::request& r, http::response& answer);
  awaitable<result<>> get_deliveries(const http::request& r, http::response& answer);

 private:
  /// The account that `asked` means, if the caller may write to it: errc::forbidden without a hint whether it exists,
  /// errc::invalid for one that does not.
  awaitable<result<std::string>> find_addressee(const auth::principal& caller, const draft& asked);
  awaitable<result<std::string>> find_other(const draft& asked);
  /// What becomes of it on each channel, with an id; nothing is stored yet.
  awaitable<result<acceptance>> prepare(const auth::principal& caller, const draft& asked);
  /// Stores all of them, their events and the record of the answer, which is complete, in one transaction.
  awaitable<void> store(const http::request& r, const http::response& answer, std::span<const acceptance> accepted,
                        service::idempotency_record* record);

  parts use_;
};

}  // namespace cumulo::notifications
