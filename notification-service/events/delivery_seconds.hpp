#pragma once
// How long it takes from an event to its notification's delivery, by channel: the inbox's share is measured where
// notifications are made, the others' where they are sent.
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "notification-service/domain/channel.hpp"

namespace cumulo::notifications {

[[nodiscard]] inline prometheus::Histogram& delivery_seconds(prometheus::Registry& registry, channel_name through) {
  return prometheus::BuildHistogram()
      .Name("cumulo_delivery_seconds")
      .Help("Time from an event (of what was sent later on purpose: from when it was due) to its delivery.")
      .Register(registry)
      .Add({{"channel", std::string{to_text(through)}}},
           prometheus::Histogram::BucketBoundaries{0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900,
                                                   3'600, 14'400, 86'400});
}

}  // namespace cumulo::notifications
