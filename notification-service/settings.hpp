#pragma once
// The service's options, and what is made of them.
#include <optional>
#include <span>

#include "notification-service/delivery/delivery_engine.hpp"
#include "notification-service/delivery/email_sender.hpp"
#include "notification-service/delivery/webhook_sender.hpp"
#include "notification-service/stream/hub.hpp"
#include "platform/core/config.hpp"

namespace cumulo::notifications {

[[nodiscard]] std::span<const option> service_options();

[[nodiscard]] delivery_settings delivery_settings_of(const config& c);
/// Nothing if no mail server is given. Throws std::runtime_error, with a sentence for the operator.
[[nodiscard]] std::optional<email_settings> email_settings_of(const config& c);
/// From "email-concurrency", "email-per-recipient" and "email-rate", and the like of the other channels that are sent.
[[nodiscard]] channel_limits limits_of(const config& c, channel_name channel);

[[nodiscard]] webhook_settings webhook_settings_of(const config& c);

[[nodiscard]] stream_settings stream_settings_of(const config& c);

}  // namespace cumulo::notifications
