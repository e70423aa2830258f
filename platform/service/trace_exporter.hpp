#pragma once
// Sends the spans of platform/observe/trace.hpp to an OpenTelemetry collector: OTLP over HTTP, in JSON, on a thread of
// its own. What it cannot deliver in a few tries is counted and let go; requests never wait for it.
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "platform/core/config.hpp"
#include "platform/observe/otlp.hpp"

namespace cumulo::service {

class trace_exporter {
 public:
  /// `endpoint` is the collector's base, "http://collector:4318": spans go to /v1/traces below it. Spans are recorded
  /// from now on, `ratio` of the traces that begin here.
  trace_exporter(const std::string& endpoint, double ratio, trace::resource who, prometheus::Registry& metrics);
  ~trace_exporter();  ///< sends what is left, for at most two seconds
  trace_exporter(const trace_exporter&) = delete;
  trace_exporter& operator=(const trace_exporter&) = delete;

 private:
  void work();

  const std::string url_;
  const trace::resource who_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// As the options otlp-endpoint and trace-one-in say; null without an endpoint. Throws std::runtime_error, with a
/// sentence for the operator, for one that is no address.
[[nodiscard]] std::unique_ptr<trace_exporter> make_trace_exporter(std::string_view program, const config& options,
                                                                  prometheus::Registry& metrics);

}  // namespace cumulo::service
