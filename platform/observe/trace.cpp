#include "platform/observe/trace.hpp"

#include <prometheus/counter.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>

namespace cumulo::trace {
namespace {

constexpr std::size_t most_waiting = 8'192;
constexpr std::size_t worth_waking_for = 256;
constexpr std::uint64_t random_part = (std::uint64_t{1} << 56U) - 1;  // W3C level 2: the last seven bytes of a trace id

struct collector {
  std::atomic<std::uint64_t> threshold{0};
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<record> ended;
  prometheus::Counter *exported{nullptr}, *dropped{nullptr}, *failed{nullptr};
};

collector& all() {
  static collector one;
  return one;
}

void count(prometheus::Counter* c, std::size_t times) {
  if (c != nullptr && times > 0) c->Increment(static_cast<double>(times));
}

std::string new_span_id() {
  thread_local std::mt19937_64 random{(std::uint64_t{std::random_device{}()} << 32U) ^ std::random_device{}()};
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string id(16, '0');
  auto value = random() | 1U;
  for (char& c : id) {
    c = digits[value & 15U];
    value >>= 4U;
  }
  return id;
}

bool is_sampled(std::string_view traceparent) {
  static constexpr std::size_t size = 55;
  static constexpr std::string_view odd = "13579bdf";
  return traceparent.size() == size && odd.find(traceparent.back()) != std::string_view::npos;
}

}  // namespace

span::span(kind what, std::string_view name, std::string_view traceparent, std::string_view parent) {
  if (!enabled() || !is_sampled(traceparent)) return;
  record_ = std::make_unique<record>(record{.trace_id = std::string{traceparent.substr(3, 32)},
                                            .span_id = std::string{traceparent.substr(36, 16)},
                                            .parent_id = std::string{parent},
                                            .what = what,
                                            .name = std::string{name},
                                            .began = std::chrono::system_clock::now(),
                                            .ended = {},
                                            .attributes = {},
                                            .failure = {}});
}

std::string span::traceparent() const { return "00-" + record_->trace_id + "-" + record_->span_id + "-01"; }

void span::rename(std::string_view name) {
  if (record_) record_->name = name;
}

void span::set(std::string_view key, std::string_view value) {
  if (record_) record_->attributes.push_back({key, std::string{value}});
}

void span::set(std::string_view key, std::int64_t value) {
  if (record_) record_->attributes.push_back({key, value});
}

void span::fail(std::string_view why) {
  if (!record_) return;
  record_->failed = true;
  record_->failure = why;
}

void span::end() {
  if (!record_) return;
  const auto mine = std::move(record_);
  mine->ended = std::max(std::chrono::system_clock::now(), mine->began);
  auto& c = all();
  const std::scoped_lock lock{c.mutex};
  if (!enabled()) return;
  if (c.ended.size() >= most_waiting) return count(c.dropped, 1);
  c.ended.push_back(std::move(*mine));
  if (c.ended.size() == worth_waking_for) c.wake.notify_one();
}

span begin_child(kind what, std::string_view name) {
  if (detail::active == nullptr) return {};
  const auto above = detail::active->traceparent();
  return begin_continued(what, name, above);
}

span begin_continued(kind what, std::string_view name, std::string_view traceparent) {
  if (!enabled() || !is_sampled(traceparent)) return {};
  const std::string mine = std::string{traceparent.substr(0, 36)} + new_span_id() + "-01";
  return {what, name, mine, traceparent.substr(36, 16)};
}

void start(double ratio, prometheus::Registry& metrics) {
  auto& c = all();
  const std::scoped_lock lock{c.mutex};
  auto& spans =
      prometheus::BuildCounter()
          .Name("cumulo_trace_spans_total")
          .Help("Spans that ended: exported, dropped because the exporter was behind, or refused by the collector")
          .Register(metrics);
  c.exported = &spans.Add({{"outcome", "exported"}});
  c.dropped = &spans.Add({{"outcome", "dropped"}});
  c.failed = &spans.Add({{"outcome", "failed"}});
  c.threshold = static_cast<std::uint64_t>(std::clamp(ratio, 0.0, 1.0) * static_cast<double>(random_part + 1));
  detail::recording = true;
}

void stop() {
  auto& c = all();
  const std::scoped_lock lock{c.mutex};
  detail::recording = false;
  c.threshold = 0;
  c.wake.notify_all();
}

bool samples(std::uint64_t trace_id_low) {
  return (trace_id_low & random_part) < all().threshold.load(std::memory_order_relaxed);
}

std::vector<record> take_ended(std::size_t most, std::chrono::milliseconds patience) {
  auto& c = all();
  std::unique_lock lock{c.mutex};
  c.wake.wait_for(lock, patience, [&c] { return !enabled() || c.ended.size() >= worth_waking_for; });
  std::vector<record> taken;
  const auto size = std::min(most, c.ended.size());
  taken.reserve(size);
  const auto last = c.ended.begin() + static_cast<std::ptrdiff_t>(size);
  std::move(c.ended.begin(), last, std::back_inserter(taken));
  c.ended.erase(c.ended.begin(), last);
  return taken;
}

void count_exported(std::size_t spans) { count(all().exported, spans); }
void count_failed(std::size_t spans) { count(all().failed, spans); }

}  // namespace cumulo::trace
