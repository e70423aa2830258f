#include "notification-service/routes.hpp"

#include "notification-service/api/announcements.hpp"
#include "notification-service/api/deliveries.hpp"
#include "notification-service/api/inbox.hpp"
#include "notification-service/api/notify.hpp"
#include "notification-service/api/preferences.hpp"
#include "notification-service/api/stream.hpp"
#include "notification-service/api/webhooks.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::size_t largest_batch = 4 * 1024 * 1024;

template <class Api>
http::handler bind(Api& api, awaitable<result<>> (Api::*method)(const http::request&, http::response&)) {
  return [&api, method](const http::request& r, http::response& answer) { return (api.*method)(r, answer); };
}

}  // namespace

std::vector<http::route> routes(notify_api& notify, inbox_api& inbox, stream_api& stream, webhook_api& webhooks,
                                deliveries_api& deliveries, preferences_api& preferences,
                                announcements_api& announcements) {
  using enum http::verb;
  const http::access reader = http::caller_with(auth::scope_notifications_read);
  const http::access sender{.needs_caller = true};    // to oneself or to others: domain/authority decides
  const http::access listener{.needs_caller = true};  // what it hears depends on its scopes
  const http::access writer = http::caller_with(auth::scope_notifications_write);
  const http::access administrator = http::administrator_with(auth::scope_notify_send);
  constexpr std::size_t one_click_size = 4 * 1024;
  const auto read = http::limit::read;
  const auto write = http::limit::write;
  return {
      {post, "/notify", bind(notify, &notify_api::notify), sender, write},
      {post, "/notify/batch", bind(notify, &notify_api::notify_batch), sender, write, largest_batch},
      {post, "/notify/{id}/cancel", bind(notify, &notify_api::cancel), sender, write},
      {get, "/deliveries", bind(deliveries, &deliveries_api::list), administrator, read},
      {post, "/deliveries/replay", bind(deliveries, &deliveries_api::replay_many), administrator, write},
      {post, "/deliveries/{notification}/{channel}/replay", bind(deliveries, &deliveries_api::replay_one),
       administrator, write},
      {get, "/notify/{id}", bind(notify, &notify_api::get_deliveries), reader, read},
      {get, "/notifications", bind(inbox, &inbox_api::list), reader, read},
      {post, "/notifications/read", bind(inbox, &inbox_api::mark_many_read), writer, write},
      {get, "/notifications/channels", bind(preferences, &preferences_api::get_channels), http::anyone, read},
      {get, "/notifications/preferences", bind(preferences, &preferences_api::get), reader, read},
      {put, "/notifications/preferences", bind(preferences, &preferences_api::change), writer, write},
      {patch, "/notifications/preferences", bind(preferences, &preferences_api::change), writer, write},
      {get, "/notifications/unsubscribe", bind(preferences, &preferences_api::show_unsubscription), http::anyone, read},
      {post, "/notifications/unsubscribe", bind(preferences, &preferences_api::unsubscribe), http::anyone, write,
       one_click_size, "*"},
      {get, "/notifications/{id}", bind(inbox, &inbox_api::get), reader, read},
      {delete_, "/notifications/{id}", bind(inbox, &inbox_api::remove), writer, write},
      {post, "/notifications/{id}/read", bind(inbox, &inbox_api::mark_read), writer, write},
      {post, "/announcements", bind(announcements, &announcements_api::announce), administrator, write},
      {get, "/announcements", bind(announcements, &announcements_api::list), administrator, read},
      {get, "/announcements/{id}", bind(announcements, &announcements_api::get), administrator, read},
      {post, "/announcements/{id}/cancel", bind(announcements, &announcements_api::cancel), administrator, write},
      {get, "/stream", bind(stream, &stream_api::open), listener, read},
      {get, "/webhooks", bind(webhooks, &webhook_api::list), reader, read},
      {post, "/webhooks", bind(webhooks, &webhook_api::create), writer, write},
      {get, "/webhooks/{id}", bind(webhooks, &webhook_api::get), reader, read},
      {patch, "/webhooks/{id}", bind(webhooks, &webhook_api::change), writer, write},
      {delete_, "/webhooks/{id}", bind(webhooks, &webhook_api::remove), writer, write},
      {post, "/webhooks/{id}/rotate-secret", bind(webhooks, &webhook_api::rotate_secret), writer, write},
      {post, "/webhooks/{id}/test", bind(webhooks, &webhook_api::test), writer, write},
      {get, "/webhooks/{id}/deliveries", bind(webhooks, &webhook_api::list_deliveries), reader, read},
      {post, "/webhooks/{id}/deliveries/{delivery}/replay", bind(webhooks, &webhook_api::replay), writer, write},
  };
}

}  // namespace cumulo::notifications
