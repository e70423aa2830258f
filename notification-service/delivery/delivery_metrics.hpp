#pragma once
// The delivery engine's metrics, one set per channel.
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>

#include "notification-service/delivery/sender.hpp"

namespace cumulo::notifications {

struct channel_metrics {
  prometheus::Gauge* waiting;
  prometheus::Gauge* oldest;
  prometheus::Gauge* failed;
  prometheus::Gauge* in_flight;
  prometheus::Histogram* seconds;
  std::array<prometheus::Counter*, 4> attempts;  ///< by attempt::outcome

  [[nodiscard]] prometheus::Counter& of(attempt::outcome how) const { return *attempts[static_cast<std::size_t>(how)]; }
};

[[nodiscard]] channel_metrics make_channel_metrics(prometheus::Registry& registry, channel_name name);

}  // namespace cumulo::notifications
