#include "notification-service/delivery/notices.hpp"

#include "notification-service/domain/language.hpp"
#include "platform/core/id.hpp"

namespace cumulo::notifications {

acceptance address_refused_notice(const outgoing& refused, const std::string& reason, instant now) {
  const std::string email = refused.email.value_or("");
  content says;
  if (language_of(refused.locale) == language::german) {
    says = {"Deine E-Mail-Adresse nimmt keine Post an",
            "An " + email + " wird nichts mehr geschickt, bis du die Adresse änderst. Der Mailserver sagt: " + reason,
            "/app/settings"};
  } else {
    says = {"Your e-mail address takes no mail",
            "Nothing is sent to " + email + " any more until you change the address. The mail server says: " + reason,
            "/app/settings"};
  }
  return {message{new_id(), {}, refused.recipient_id, std::move(says), now, "security"},
          true,
          {{channel_name::inbox, delivery_status::delivered}}};
}

}  // namespace cumulo::notifications
