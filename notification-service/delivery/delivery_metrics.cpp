#include "notification-service/delivery/delivery_metrics.hpp"

namespace cumulo::notifications {

namespace {

prometheus::Gauge& gauge(prometheus::Registry& registry, const char* name, const char* help, channel_name channel) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(
      {{"channel", std::string{to_text(channel)}}});
}

}  // namespace

channel_metrics make_channel_metrics(prometheus::Registry& registry, channel_name name) {
  const std::string channel{to_text(name)};
  const auto attempts = [&](const char* outcome) {
    return &prometheus::BuildCounter()
                .Name("cumulo_delivery_attempts_total")
                .Help("Attempts to deliver a notification, by how they ended.")
                .Register(registry)
                .Add({{"channel", channel}, {"outcome", outcome}});
  };
  auto& seconds = prometheus::BuildHistogram()
                      .Name("cumulo_delivery_seconds")
                      .Help("Time from when a notification was due to its delivery.")
                      .Register(registry)
                      .Add({{"channel", channel}},
                           prometheus::Histogram::BucketBoundaries{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
                                                                   60, 300, 900, 3'600, 14'400, 86'400});
  return {&gauge(registry, "cumulo_delivery_waiting", "Deliveries that wait or are being tried.", name),
          &gauge(registry, "cumulo_delivery_oldest_seconds", "Age of the oldest delivery that waits.", name),
          &gauge(registry, "cumulo_delivery_failed", "Deliveries given up, kept for a replay.", name),
          &gauge(registry, "cumulo_delivery_in_flight", "Deliveries that this process is attempting.", name),
          &seconds,
          {attempts("delivered"), attempts("retry"), attempts("failed"), attempts("split")}};
}

}  // namespace cumulo::notifications
