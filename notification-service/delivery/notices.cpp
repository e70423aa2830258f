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

acceptance webhook_paused_notice(const webhook& paused, const std::optional<std::string>& locale, instant now) {
  const std::string name = paused.name.value_or(paused.url.substr(0, 100));
  const bool gone = paused.paused_because == pause_reason::gone;
  content says;
  if (language_of(locale) == language::german) {
    says = {"Ein Webhook ist angehalten",
            "An „" + name + "“ wird nichts mehr geschickt: " +
                (gone ? "Die Gegenseite sagt, dass es ihn nicht mehr gibt (410)."
                      : "Er hat zu lange nicht geantwortet, wie er soll.") +
                " Du kannst ihn in den Einstellungen wieder anschalten.",
            "/app/settings/integrations"};
  } else {
    says = {"A webhook is paused",
            "Nothing is sent to \"" + name + "\" any more: " +
                (gone ? "the other side says that it is gone (410)." : "it has failed for too long.") +
                " You can switch it on again in the settings.",
            "/app/settings/integrations"};
  }
  return {message{new_id(), {}, paused.account_id, std::move(says), now, "webhook"},
          true,
          {{channel_name::inbox, delivery_status::delivered}}};
}

}  // namespace cumulo::notifications
