#include "platform/http/http_metrics.hpp"

#include <string>

#include "platform/observe/metrics.hpp"

namespace cumulo::http {

http_metrics::http_metrics(prometheus::Registry* registry, const router& routes) {
  for (const auto& [method, path] : routes.routes()) routes_.emplace_back(method, std::string{path});
  if (registry == nullptr) return;
  requests_ = &prometheus::BuildCounter()
                   .Name("cumulo_http_requests_total")
                   .Help("Requests answered, by route template.")
                   .Register(*registry);
  durations_ = &prometheus::BuildHistogram()
                    .Name("cumulo_http_request_duration_seconds")
                    .Help("From the end of a request's head to its answer being ready to send.")
                    .Register(*registry);
  connections_ = &prometheus::BuildGauge()
                      .Name("cumulo_http_connections")
                      .Help("Open client connections.")
                      .Register(*registry)
                      .Add({});
  in_flight_ = &prometheus::BuildGauge()
                    .Name("cumulo_http_requests_in_flight")
                    .Help("Requests in their handlers.")
                    .Register(*registry)
                    .Add({});
  auto& rejected = prometheus::BuildCounter()
                       .Name("cumulo_http_rejected_total")
                       .Help("Connections and requests turned away before any handler.")
                       .Register(*registry);
  static constexpr std::array<const char*, 7> names{"connections",  "in_flight", "rate",     "header_timeout",
                                                    "body_timeout", "too_large", "malformed"};
  for (std::size_t i = 0; i < names.size(); ++i) rejected_[i] = &rejected.Add({{"reason", names[i]}});
}

void http_metrics::reject(rejection why) {
  if (auto* counter = rejected_.at(static_cast<std::size_t>(why))) counter->Increment();
}

route_metrics::route_metrics(http_metrics& all) : all_(all), cells_(all.routes_.size() + 3) {}

std::string route_metrics::label(std::size_t route) const {
  if (route < all_.routes_.size()) return all_.routes_[route].second;
  if (route == page()) return "page";
  return route == unmatched() ? "unmatched" : "unreadable";
}

void route_metrics::answered(std::size_t route, std::string_view method, int status, std::chrono::nanoseconds took) {
  if (all_.requests_ == nullptr) return;
  auto& c = cells_[route];
  if (c.duration == nullptr) c.duration = &all_.durations_->Add({{"route", label(route)}}, observe::duration_buckets());
  c.duration->Observe(std::chrono::duration<double>{took}.count());
  for (const auto& o : c.outcomes) {
    if (o.status == status && o.method == method) {
      o.count->Increment();
      return;
    }
  }
  auto& count = all_.requests_->Add(
      {{"method", std::string{method}}, {"route", label(route)}, {"status", std::to_string(status)}});
  count.Increment();
  c.outcomes.push_back({method, status, &count});
}

}  // namespace cumulo::http
