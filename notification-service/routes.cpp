#include "notification-service/routes.hpp"

#include "notification-service/api/inbox.hpp"
#include "notification-service/api/notify.hpp"
#include "notification-service/api/stream.hpp"

namespace cumulo::notifications {

namespace {

template <class Api>
http::handler bind(Api& api, awaitable<result<>> (Api::*method)(const http::request&, http::response&)) {
  return [&api, method](const http::request& r, http::response& answer) { return (api.*method)(r, answer); };
}

}  // namespace

std::vector<http::route> routes(notify_api& notify, inbox_api& inbox, stream_api& stream) {
  using enum http::verb;
  const http::access reader = http::caller_with(auth::scope_notifications_read);
  const http::access sender{.needs_caller = true};    // to oneself or to others: domain/authority decides
  const http::access listener{.needs_caller = true};  // what it hears depends on its scopes
  const http::access writer = http::caller_with(auth::scope_notifications_write);
  const auto read = http::limit::read;
  const auto write = http::limit::write;
  return {
      {post, "/notify", bind(notify, &notify_api::notify), sender, write},
      {get, "/notify/{id}", bind(notify, &notify_api::get_deliveries), reader, read},
      {get, "/notifications", bind(inbox, &inbox_api::list), reader, read},
      {post, "/notifications/read", bind(inbox, &inbox_api::mark_many_read), writer, write},
      {get, "/notifications/{id}", bind(inbox, &inbox_api::get), reader, read},
      {delete_, "/notifications/{id}", bind(inbox, &inbox_api::remove), writer, write},
      {post, "/notifications/{id}/read", bind(inbox, &inbox_api::mark_read), writer, write},
      {get, "/stream", bind(stream, &stream_api::open), listener, read},
  };
}

}  // namespace cumulo::notifications
