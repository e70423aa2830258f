#pragma once
// RED per route template. The counters of each (route, method, status) are found once per thread; a request then costs
// three atomic additions and no look-up of labels.
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include "platform/http/router.hpp"

namespace cumulo::http {

/// Why a request or connection was turned away before any handler.
enum class rejection : std::uint8_t {
  connections,
  in_flight,
  rate,
  header_timeout,
  body_timeout,
  too_large,
  malformed
};

/// The families, shared by the threads.
class http_metrics {
 public:
  /// `registry` may be null: then nothing is counted.
  http_metrics(prometheus::Registry* registry, const router& routes);
  void reject(rejection why);
  void connection_opened() { add(connections_, 1); }
  void connection_closed() { add(connections_, -1); }
  void request_started() { add(in_flight_, 1); }
  void request_ended() { add(in_flight_, -1); }

 private:
  friend class route_metrics;
  static void add(prometheus::Gauge* g, double by) {
    if (g != nullptr) g->Increment(by);
  }
  std::vector<std::pair<verb, std::string>> routes_;
  prometheus::Family<prometheus::Counter>* requests_{nullptr};
  prometheus::Family<prometheus::Histogram>* durations_{nullptr};
  prometheus::Gauge* connections_{nullptr};
  prometheus::Gauge* in_flight_{nullptr};
  std::array<prometheus::Counter*, 7> rejected_{};
};

/// One thread's view of the counters.
class route_metrics {
 public:
  explicit route_metrics(http_metrics& all);
  /// Index of what has no route, beside the router's own indices.
  [[nodiscard]] std::size_t unmatched() const { return cells_.size() - 3; }
  [[nodiscard]] std::size_t page() const { return cells_.size() - 2; }
  [[nodiscard]] std::size_t unreadable() const { return cells_.size() - 1; }
  /// One request answered. `method` is the request's own ("HEAD" for a GET route).
  void answered(std::size_t route, std::string_view method, int status, std::chrono::nanoseconds took);

 private:
  struct outcome {
    std::string_view method;  // static storage
    int status;
    prometheus::Counter* count;
  };
  struct cell {
    std::vector<outcome> outcomes;
    prometheus::Histogram* duration{nullptr};
  };
  [[nodiscard]] std::string label(std::size_t route) const;
  http_metrics& all_;
  std::vector<cell> cells_;
};

}  // namespace cumulo::http
