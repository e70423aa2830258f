#pragma once
// Webhooks: calls to endpoints that people have registered (docs/webhooks.md).
#include "notification-service/delivery/sender.hpp"
#include "notification-service/delivery/webhook_body.hpp"
#include "notification-service/domain/webhook.hpp"
#include "notification-service/storage/webhook_repository.hpp"
#include "platform/auth/secret_box.hpp"
#include "platform/outbound/client.hpp"

namespace cumulo::notifications {

struct webhook_settings {
  std::chrono::milliseconds timeout{std::chrono::seconds{15}};
  pause_rule pauses{};
  std::string site{};  ///< address of the page, without a slash at its end
};

/// Makes the calls: signs, sends, judges and describes them for the log. Used on I/O threads; never throws for what the
/// other side does.
class webhook_caller {
 public:
  webhook_caller(outbound::client& calls, const auth::secret_box& secrets, const clock& time, webhook_settings settings)
      : calls_(calls), secrets_(secrets), time_(time), settings_(std::move(settings)) {}

  struct outcome {
    webhook_attempt logged;
    bool gone{false};      ///< 410
    bool hopeless{false};  ///< another attempt cannot end otherwise
    std::optional<std::chrono::milliseconds> retry_after{};
  };
  awaitable<outcome> call(const webhook& to, const webhook_message& what, std::int64_t attempt);
  /// The request of a logged attempt once more, signed anew.
  awaitable<outcome> call_again(const webhook& to, const webhook_attempt& before);

  [[nodiscard]] const webhook_settings& settings() const { return settings_; }

 private:
  struct about {
    std::string message_id;
    std::string type;
    std::int64_t attempt;
  };
  awaitable<outcome> send(const webhook& to, about what, webhook_request made);

  outbound::client& calls_;
  const auth::secret_box& secrets_;
  const clock& time_;
  const webhook_settings settings_;
};

/// The engine's channel: one delivery per account becomes one for each of its endpoints that want it.
class webhook_sender final : public sender {
 public:
  webhook_sender(webhook_repository& webhooks, webhook_caller& caller) : webhooks_(webhooks), caller_(caller) {}

  [[nodiscard]] channel_name name() const override { return channel_name::webhook; }
  awaitable<attempt> send(const outgoing& what) override;

 private:
  webhook_repository& webhooks_;
  webhook_caller& caller_;
};

}  // namespace cumulo::notifications
