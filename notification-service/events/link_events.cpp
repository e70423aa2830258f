#include "notification-service/events/link_events.hpp"

#include <boost/describe/class.hpp>

#include "notification-service/domain/language.hpp"
#include "notification-service/domain/message_id.hpp"
#include "notification-service/storage/notification_repository.hpp"
#include "platform/core/id.hpp"
#include "platform/json/read.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::string_view verification_requested = "io.cumulo.user.email_verification_requested.v1";
constexpr std::string_view reset_requested = "io.cumulo.user.password_reset_requested.v1";

struct link_event {
  std::string user_id;
  std::string email;
  std::optional<std::string> locale;
  std::string link;
  instant expires_at{};
};
BOOST_DESCRIBE_STRUCT(link_event, (), (user_id, email, locale, link, expires_at))

/// The words around the link. The time is UTC, and says so.
content words_of(bool is_reset, const link_event& e) {
  std::string until = to_rfc3339(e.expires_at).substr(0, 16) + " UTC";
  until[10] = ' ';
  if (language_of(e.locale) == language::german) {
    return is_reset
               ? content{"Neues Passwort setzen",
                         "Für dein Konto wurde ein neues Passwort angefordert. Der Link gilt einmal, bis " + until +
                             ".\n\nWarst du das nicht? Dann brauchst du nichts zu tun.",
                         e.link}
               : content{"E-Mail-Adresse bestätigen",
                         "Bestätige mit dem Link, dass dir diese Adresse gehört. Er gilt einmal, bis " + until + ".",
                         e.link};
  }
  return is_reset
             ? content{"Set a new password",
                       "A new password was asked for your account. The link is good once, until " + until +
                           ".\n\nWas that not you? Then there is nothing to do.",
                       e.link}
             : content{"Confirm your e-mail address",
                       "Show by the link that this address is yours. It is good once, until " + until + ".", e.link};
}

/// What is thrown is stored with a parked event and logged, so it never quotes the event.
link_event read_link(const bus::event& e) {
  auto data = json::read<link_event>(e.data, {.unknown_members = true});
  if (!data || !is_id(data->user_id) || !is_safe_link(data->link)) {
    throw std::runtime_error("event " + e.id + " holds no link that can be sent");
  }
  return std::move(*data);
}

}  // namespace

bus::subscription link_events(sql::database& store, const channel_set& channels) {
  auto consume = [&channels](const bus::event& e, sql::transaction& tx) -> awaitable<void> {
    if (!channels.at(channel_name::email).configured()) co_return;
    const link_event link = read_link(e);
    const message mail{message_id(e.time, e.id), {}, link.user_id, words_of(e.type == reset_requested, link), e.time,
                       std::string{kind_link}};
    const acceptance what{mail, false, {{channel_name::email, delivery_status::pending, link.email}}};
    co_await notification_repository::accept(tx, what);
  };
  return {.consumer = "notification-service.links",
          .types = {std::string{verification_requested}, std::string{reset_requested}},
          .database = &store,
          .handle = std::move(consume)};
}

}  // namespace cumulo::notifications
