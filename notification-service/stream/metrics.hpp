#pragma once
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>

#include "notification-service/stream/client.hpp"

namespace cumulo::notifications {

struct stream_metrics {
  explicit stream_metrics(prometheus::Registry& registry);

  prometheus::Gauge& connections;
  prometheus::Counter& sent;
  prometheus::Counter& resets;
  prometheus::Counter& refused;
  prometheus::Histogram& lag;  ///< from the change to its being handed to those who listen
  prometheus::Counter& tail_failures;
  void ended(stream_end why) { ended_.at(static_cast<std::size_t>(why))->Increment(); }

 private:
  std::array<prometheus::Counter*, 5> ended_{};
};

}  // namespace cumulo::notifications
