#include "notification-service/delivery/email_sender.hpp"

#include "notification-service/delivery/smtp_outcome.hpp"

namespace cumulo::notifications {

awaitable<attempt> email_sender::send(const outgoing& what) {
  using enum attempt::outcome;
  const std::string address = what.target.empty() ? what.email.value_or("") : what.target;
  if (address.empty()) co_return attempt{retry, "no address is known yet"};
  if (what.email_verified == false && what.kind != kind_link) {
    co_return attempt{split, "the address is not verified"};
  }
  if (what.email_refused && what.kind != kind_link) {
    co_return attempt{failed, "the address takes no mail: " + *what.email_refused};
  }
  if (!mail::is_mailable(address)) co_return attempt{failed, "the address cannot be written to"};
  std::string unsubscribe;
  if (unsubscribe_) unsubscribe = co_await unsubscribe_(what);
  // A link may go to somebody who never heard of this account: nothing in it is chosen by whoever registered.
  const std::string name = what.kind == kind_link ? std::string{} : what.name.value_or("");
  const mail::letter letter{.id = what.notification_id,
                            .kind = what.kind,
                            .to = {name, address},
                            .speaks = language_of(what.locale),
                            .says = what.says,
                            .date = what.due_at,
                            .unsubscribe = std::move(unsubscribe)};
  outbound::smtp_call call{.server = settings_.server,
                           .user = settings_.user,
                           .password = settings_.password,
                           .require_tls = settings_.require_tls,
                           .from = settings_.bounces,
                           .to = {address},
                           .message = mail::to_rfc5322(letters_.write(letter)),
                           .timeout = settings_.timeout};
  const outbound::exchange seen = co_await calls_.send(std::move(call));
  co_return outcome_of(seen);
}

}  // namespace cumulo::notifications
