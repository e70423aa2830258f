#include "notification-service/domain/message_id.hpp"
#include "notification-service/events/change.hpp"
#include "notification-service/events/consumed.hpp"
#include "notification-service/storage/webhook_repository.hpp"

namespace cumulo::notifications {

namespace {

awaitable<void> consume(const bus::event& e, sql::transaction& tx) {
  if (!co_await webhook_repository::exist(tx)) co_return;  // most often: before anything is read
  const auto what = change_of(e);
  if (!what) co_return;
  for (const std::string& account : what->audience) {
    const auto endpoints = co_await webhook_repository::find_wanting(tx, account, what->type);
    if (endpoints.empty()) continue;
    const message told{.id = message_id(e.time, e.id + "/webhook/" + account),
                       .sender_id = {},
                       .recipient_id = account,
                       .says = content{.title = what->type, .data = what->told},
                       .created_at = e.time,
                       .kind = what->type};
    co_await webhook_repository::accept_event(tx, told, endpoints);
  }
}

}  // namespace

bus::subscription hooked_events(sql::database& store) {
  return {.consumer = "notification-service.webhooks",
          .types = {"io.cumulo.task.*", "io.cumulo.project.*"},
          .database = &store,
          .handle = consume};
}

}  // namespace cumulo::notifications
