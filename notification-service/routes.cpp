#include "notification-service/routes.hpp"

#include "notification-service/api/announcements.hpp"
#include "notification-service/api/inbox.hpp"
#include "notification-service/api/notify.hpp"
#include "notification-service/api/preferences.hpp"
#include "notification-service/api/stream.hpp"

namespace cumulo::notifications {

namespace {

template <class Api>
http::handler bind(Api& api, awaitable<result<>> (Api::*method)(const http::request&, http::response&)) {
  return [&api, method](const http::request& r, http::response& answer) { return (api.*method)(r, answer); };
}

}  // namespace

std::vector<http::route> routes(notify_api& notify, inbox_api& inbox, stream_api& stream, preferences_api& preferences,
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
      {get, "/notify/{id}", bind(notify, &notify_api::get_deliveries), reader, read},
      {get, "/notifications", bind(inbox, &inbox_api::list), reader, read},
      {post, "/notifications/read", bind(inbox, &inbox_api::mark_many_read), writer, write},
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
  };
}

}  // namespace cumulo::notifications
