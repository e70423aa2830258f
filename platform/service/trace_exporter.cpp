#include "platform/service/trace_exporter.hpp"

#include <chrono>

#include "platform/core/id.hpp"
#include "platform/core/version.hpp"
#include "platform/observe/log.hpp"
#include "platform/outbound/fetch.hpp"

namespace cumulo::service {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::size_t largest_batch = 512;
constexpr std::chrono::milliseconds patience{1s};
constexpr int most_tries = 4;
constexpr auto say_again_after = 60s;

std::string url_below(std::string base) {
  while (base.ends_with('/')) base.pop_back();
  return base + "/v1/traces";
}

/// OTLP/HTTP: the answers after which the same request may be sent again.
bool may_try_again(int status) { return status == 429 || (status >= 502 && status <= 504); }

}  // namespace

trace_exporter::trace_exporter(const std::string& endpoint, double ratio, trace::resource who,
                               prometheus::Registry& metrics)
    : url_(url_below(endpoint)), who_(std::move(who)) {
  trace::start(ratio, metrics);
  thread_ = std::thread{[this] { work(); }};
}

trace_exporter::~trace_exporter() {
  stopping_ = true;
  trace::stop();
  thread_.join();
}

void trace_exporter::work() {
  outbound::fetcher calls;
  steady::time_point said{};
  const auto send = [&](const std::string& body) {
    std::string failure;
    for (int tried = 1;; ++tried) {
      int status = 0;
      const bool hurries = stopping_;
      try {
        const outbound::fetch_limits limits{.timeout = hurries ? 1s : 10s, .stop = hurries ? nullptr : &stopping_};
        status = calls.fetch("POST", url_, {{"Content-Type", "application/json"}}, body, limits).status;
        if (status >= 200 && status < 300) return true;
        failure = "the collector answers " + std::to_string(status);
      } catch (const std::runtime_error& e) {
        failure = e.what();
      }
      if (hurries || tried == most_tries || (status != 0 && !may_try_again(status))) break;
      if (!stopping_) std::this_thread::sleep_for(200ms * (1 << tried));
    }
    if (said == steady::time_point{} || steady::now() - said > say_again_after) {
      said = steady::now();
      log::warn("spans cannot be exported", {{"endpoint", url_}, {"error", failure}});
    }
    return false;
  };
  auto give_up = steady::time_point::max();
  for (;;) {
    const bool last = stopping_;
    if (last) give_up = std::min(give_up, steady::now() + 2s);
    const auto spans = trace::take_ended(largest_batch, patience);
    if (spans.empty() && last) return;
    if (spans.empty()) continue;
    if (steady::now() < give_up && send(trace::otlp_json(who_, spans))) {
      trace::count_exported(spans.size());
    } else {
      trace::count_failed(spans.size());
    }
  }
}

std::unique_ptr<trace_exporter> make_trace_exporter(std::string_view program, const config& options,
                                                    prometheus::Registry& metrics) {
  const std::string& endpoint = options.text("otlp-endpoint");
  if (endpoint.empty()) return nullptr;
  if (!endpoint.starts_with("http://") && !endpoint.starts_with("https://")) {
    throw std::runtime_error("otlp-endpoint is http://host:port or https://host:port, not " + endpoint);
  }
  const auto one_in = options.number("trace-one-in");
  trace::resource who{std::string{program}, std::string{version()}, new_id()};
  return std::make_unique<trace_exporter>(endpoint, one_in > 0 ? 1.0 / static_cast<double>(one_in) : 0.0,
                                          std::move(who), metrics);
}

}  // namespace cumulo::service
