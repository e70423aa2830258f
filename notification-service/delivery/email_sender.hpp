#pragma once
// The e-mail channel.
#include <chrono>
#include <functional>
#include <string>

#include "notification-service/delivery/sender.hpp"
#include "notification-service/mail/letters.hpp"
#include "platform/outbound/client.hpp"

namespace cumulo::notifications {

struct email_settings {
  std::string server;  ///< smtp://host:port or smtps://host:port
  std::string user;
  std::string password;
  bool require_tls{true};
  mail::letterhead head;
  std::string bounces;  ///< the envelope's sender
  std::chrono::milliseconds timeout{30'000};
};

class email_sender final : public sender {
 public:
  /// Where the recipient may unsubscribe from what is sent; empty: nowhere.
  using unsubscribe_link = std::function<awaitable<std::string>(const outgoing&)>;

  email_sender(outbound::client& calls, email_settings settings, unsubscribe_link unsubscribe)
      : calls_(calls), settings_(std::move(settings)), letters_(settings_.head), unsubscribe_(std::move(unsubscribe)) {}

  [[nodiscard]] channel_name name() const override { return channel_name::email; }
  /// To the target if there is one, otherwise to the account's address. Nothing but the account's links is sent to an
  /// address that is not verified, which may be a stranger's, or that has refused for good.
  awaitable<attempt> send(const outgoing& what) override;

 private:
  outbound::client& calls_;
  email_settings settings_;
  mail::letter_writer letters_;
  unsubscribe_link unsubscribe_;
};

}  // namespace cumulo::notifications
