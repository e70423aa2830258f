#include "notification-service/domain/channel.hpp"

#include <algorithm>

namespace cumulo::notifications {

std::string_view to_text(channel_name name) {
  switch (name) {
    case channel_name::inbox: return "inbox";
    case channel_name::email: return "email";
    case channel_name::webhook: return "webhook";
    case channel_name::push: return "push";
  }
  return {};
}

std::optional<channel_name> parse_channel(std::string_view text) {
  for (const channel_name name : channel_names) {
    if (to_text(name) == text) return name;
  }
  return std::nullopt;
}

std::string_view to_text(delivery_status status) {
  switch (status) {
    case delivery_status::scheduled: return "scheduled";
    case delivery_status::pending: return "pending";
    case delivery_status::delivered: return "delivered";
    case delivery_status::failed: return "failed";
    case delivery_status::cancelled: return "cancelled";
    case delivery_status::disabled: return "disabled";
  }
  return {};
}

std::optional<delivery_status> parse_status(std::string_view text) {
  for (const delivery_status status : delivery_statuses) {
    if (to_text(status) == text) return status;
  }
  return std::nullopt;
}

bool acceptance::has_pending() const {
  return std::any_of(deliveries.begin(), deliveries.end(), [](const delivery& each) {
    return each.status == delivery_status::pending || each.status == delivery_status::scheduled;
  });
}

delivery_status inbox_channel::deliver(acceptance& into) const {
  into.in_inbox = true;
  return delivery_status::delivered;
}

delivery_status unconfigured_channel::deliver(acceptance& /*into*/) const { return delivery_status::disabled; }

channel_set::channel_set(std::vector<std::unique_ptr<channel>> configured) {
  for (auto& each : configured) {
    auto& place = channels_[static_cast<std::size_t>(each->name())];
    place = std::move(each);
  }
  for (const channel_name name : channel_names) {
    auto& place = channels_[static_cast<std::size_t>(name)];
    if (!place) place = std::make_unique<unconfigured_channel>(name);
  }
}

const channel& channel_set::at(channel_name name) const { return *channels_[static_cast<std::size_t>(name)]; }

acceptance channel_set::accept(message accepted, const std::vector<channel_name>& through) const {
  acceptance outcome{std::move(accepted)};
  const bool later = outcome.accepted.send_at > outcome.accepted.created_at;
  for (const channel_name name : through) {
    if (later && at(name).configured()) {
      outcome.deliveries.push_back({name, delivery_status::scheduled});
    } else {
      const delivery_status status = at(name).deliver(outcome);
      outcome.deliveries.push_back({name, status});
    }
  }
  return outcome;
}

}  // namespace cumulo::notifications
