#include "notification-service/settings.hpp"

#include <algorithm>

namespace cumulo::notifications {

namespace {

using enum option_type;

const std::vector<option>& table() {
  static const std::vector<option> options{
      {"notification-retention", duration, "90d",
       "How long a notification that has been read is kept, and what is known of a delivery."},
      {"delivery-deadline", duration, "24h", "How long a delivery is tried before it is given up as failed."},
      {"delivery-first-pause", duration, "5s", "Longest pause after a first attempt; it doubles with each attempt."},
      {"delivery-longest-pause", duration, "30m", "Longest pause between two attempts at a delivery."},
      {"delivery-lease", duration, "2m", "After a kill, how long a delivery in flight waits for its next attempt."},
      {"delivery-poll", duration, "500ms", "How often the queue is looked at for what other processes have added."},
      {"smtp-url", text, "",
       "Mail server: smtp://host:port (STARTTLS) or smtps://host:port (TLS at once). Empty: no e-mail channel."},
      {"smtp-user", text, "", "Name to sign in to the mail server with. Empty: no sign-in."},
      {"smtp-password", secret, "", "Password of smtp-user."},
      {"smtp-from", text, "", "Sender of e-mails: address, or Name <address>."},
      {"smtp-bounces", text, "",
       "Where mail servers return what they cannot deliver (the envelope's sender). Empty: the address of smtp-from."},
      {"smtp-tls",
       text,
       "required",
       "required: no mail without TLS and a certificate that holds; optional: as the server offers.",
       {"required", "optional"}},
      {"smtp-timeout", duration, "30s", "Longest that handing one e-mail to the mail server may take."},
      {"public-url", text, "http://127.0.0.1:8000", "Address of the page, for links in e-mails."},
      {"email-concurrency", number, "8", "E-mails under way at once in this process.", {}, 1},
      {"email-per-recipient", number, "2", "Of them to one person.", {}, 1},
      {"email-rate", number, "0", "E-mails a second in this process. 0: no limit."},
      {"webhook-concurrency", number, "64", "Webhook calls under way at once in this process.", {}, 1},
      {"webhook-per-recipient", number, "4", "Of them to one endpoint.", {}, 1},
      {"webhook-rate", number, "0", "Webhook calls a second in this process. 0: no limit."},
      {"webhook-timeout", duration, "15s", "How long an endpoint may take to answer; at most 1m."},
      {"webhook-pause-after", duration, "24h", "An endpoint that fails for so long is paused, and its owner told."},
      {"key-encryption-secret", secret, "",
       "Seals the secrets of webhooks in the database. Empty: stored as they are."},
      {"stream-max-connections", number, "10000", "Open live streams; one more gets a 503."},
      {"stream-max-per-account", number, "50", "Open live streams of one account; one more gets a 429."},
      {"stream-heartbeat", duration, "15s", "How often a live stream on which nothing happens shows that it lives."},
      {"stream-retention", duration, "24h",
       "How long a live stream can be resumed without loading everything afresh; at least 5m."},
      {"stream-retained-events", number, "1000000",
       "How many events are kept for that at most; those of the last 5 minutes always are."},
  };
  return options;
}

constexpr std::chrono::minutes longest_call{1};  // well within a lease

std::size_t at_least_one(std::int64_t given) { return static_cast<std::size_t>(std::max<std::int64_t>(given, 1)); }

}  // namespace

std::span<const option> service_options() { return table(); }

delivery_settings delivery_settings_of(const config& c) {
  return {.lease = c.duration("delivery-lease"),
          .deadline = c.duration("delivery-deadline"),
          .poll = c.duration("delivery-poll"),
          .pauses = {.first = c.duration("delivery-first-pause"), .longest = c.duration("delivery-longest-pause")}};
}

std::optional<email_settings> email_settings_of(const config& c) {
  email_settings s{.server = c.text("smtp-url"),
                   .user = c.text("smtp-user"),
                   .password = c.text("smtp-password"),
                   .require_tls = c.text("smtp-tls") == "required",
                   .head = {mail::parse_mailbox(c.text("smtp-from")), c.text("public-url")},
                   .bounces = c.text("smtp-bounces"),
                   .timeout = c.duration("smtp-timeout")};
  if (s.server.empty()) return std::nullopt;
  if (!s.server.starts_with("smtp://") && !s.server.starts_with("smtps://")) {
    throw std::runtime_error("smtp-url must begin with smtp:// or smtps://");
  }
  if (s.head.from.address.empty()) {
    throw std::runtime_error("smtp-from must be an address, or Name <address>, when smtp-url is given");
  }
  if (s.bounces.empty()) s.bounces = s.head.from.address;
  if (!mail::is_mailable(s.bounces)) throw std::runtime_error("smtp-bounces must be an address");
  if (s.timeout + std::chrono::seconds{5} > c.duration("delivery-lease")) {
    throw std::runtime_error("delivery-lease must be at least 5 s longer than smtp-timeout");
  }
  while (s.head.public_url.ends_with('/')) s.head.public_url.pop_back();
  return s;
}

channel_limits limits_of(const config& c, channel_name channel) {
  const std::string name{to_text(channel)};
  return {.at_once = at_least_one(c.number(name + "-concurrency")),
          .at_once_per_lane = at_least_one(c.number(name + "-per-recipient")),
          .per_second = static_cast<double>(c.number(name + "-rate"))};
}

webhook_settings webhook_settings_of(const config& c) {
  webhook_settings settings{.timeout = std::min<std::chrono::milliseconds>(c.duration("webhook-timeout"), longest_call),
                            .pauses = {.after = c.duration("webhook-pause-after")},
                            .site = c.text("public-url")};
  while (settings.site.ends_with('/')) settings.site.pop_back();
  return settings;
}

stream_settings stream_settings_of(const config& c) {
  return {.max_connections = static_cast<std::size_t>(c.number("stream-max-connections")),
          .max_per_account = static_cast<std::size_t>(c.number("stream-max-per-account")),
          .heartbeat = c.duration("stream-heartbeat"),
          .retention = c.duration("stream-retention"),
          .retained_events = c.number("stream-retained-events")};
}

}  // namespace cumulo::notifications
