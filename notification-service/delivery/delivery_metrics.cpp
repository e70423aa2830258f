#include "notification-service/delivery/delivery_metrics.hpp"

#include "notification-service/events/delivery_seconds.hpp"

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
  return {&gauge(registry, "cumulo_delivery_waiting", "Deliveries that wait or are being tried.", name),
          &gauge(registry, "cumulo_delivery_oldest_seconds", "Age of the oldest delivery that waits.", name),
          &gauge(registry, "cumulo_delivery_failed", "Deliveries given up, kept for a replay.", name),
          &gauge(registry, "cumulo_delivery_in_flight", "Deliveries that this process is attempting.", name),
          &delivery_seconds(registry, name),
          {attempts("delivered"), attempts("retry"), attempts("failed"), attempts("split")}};
}

}  // namespace cumulo::notifications
