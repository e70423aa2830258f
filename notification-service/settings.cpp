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
      {"email-concurrency", number, "8", "E-mails under way at once in this process."},
      {"email-per-recipient", number, "2", "Of them to one person."},
      {"email-rate", number, "0", "E-mails a second in this process. 0: no limit."},
      {"webhook-concurrency", number, "64", "Webhook calls under way at once in this process."},
      {"webhook-per-recipient", number, "4", "Of them to one endpoint."},
      {"webhook-rate", number, "0", "Webhook calls a second in this process. 0: no limit."},
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

std::size_t at_least_one(std::int64_t given) { return static_cast<std::size_t>(std::max<std::int64_t>(given, 1)); }

}  // namespace

std::span<const option> service_options() { return table(); }

delivery_settings delivery_settings_of(const config& c) {
  return {.lease = c.duration("delivery-lease"),
          .deadline = c.duration("delivery-deadline"),
          .poll = c.duration("delivery-poll"),
          .pauses = {.first = c.duration("delivery-first-pause"), .longest = c.duration("delivery-longest-pause")}};
}

channel_limits limits_of(const config& c, channel_name channel) {
  const std::string name{to_text(channel)};
  return {.at_once = at_least_one(c.number(name + "-concurrency")),
          .at_once_per_lane = at_least_one(c.number(name + "-per-recipient")),
          .per_second = static_cast<double>(c.number(name + "-rate"))};
}

stream_settings stream_settings_of(const config& c) {
  return {.max_connections = static_cast<std::size_t>(c.number("stream-max-connections")),
          .max_per_account = static_cast<std::size_t>(c.number("stream-max-per-account")),
          .heartbeat = c.duration("stream-heartbeat"),
          .retention = c.duration("stream-retention"),
          .retained_events = c.number("stream-retained-events")};
}

}  // namespace cumulo::notifications
