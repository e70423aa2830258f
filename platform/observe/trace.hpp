#pragma once
// Spans of OpenTelemetry, with W3C Trace Context. They are recorded only while something exports them (see
// platform/service/trace_exporter.hpp) and only for traces that are sampled; otherwise a span is an empty pointer.
//
// The active span of a thread is what its child spans belong to. It is one only while its work runs: whoever suspends a
// coroutine takes it along (`carried`), so that nothing else on the thread is taken for its child.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace prometheus {
class Registry;  // NOLINT(readability-identifier-naming): the library's name
}

namespace cumulo::trace {

/// With the numbers of OTLP.
enum class kind : std::uint8_t { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };

struct attribute {
  std::string_view key;  ///< static storage
  std::variant<std::int64_t, std::string> value;
};

/// What is exported of a span. Ids are lower-case hexadecimal, as they are sent.
struct record {
  std::string trace_id, span_id, parent_id;  ///< 32, 16, and 16 characters or none
  kind what{kind::internal};
  std::string name;
  std::chrono::system_clock::time_point began, ended;
  std::vector<attribute> attributes;
  bool failed{false};
  std::string failure;
};

/// Something that takes time. Not thread-safe; may end on another thread than it began on.
class span {
 public:
  span() = default;
  /// Begins the span that `traceparent` names (well-formed W3C, of this very span), below `parent` (a span id or "").
  /// It records if spans are exported and the flags say sampled.
  span(kind what, std::string_view name, std::string_view traceparent, std::string_view parent);
  ~span() { end(); }
  span(span&&) noexcept = default;
  span& operator=(span&& other) noexcept {
    end();
    record_ = std::move(other.record_);
    return *this;
  }

  [[nodiscard]] bool records() const { return record_ != nullptr; }
  /// "00-…-01" for who continues the trace. Only of one that records.
  [[nodiscard]] std::string traceparent() const;

  // Without effect on one that does not record.
  void rename(std::string_view name);
  void set(std::string_view key, std::string_view value);
  void set(std::string_view key, std::int64_t value);
  void fail(std::string_view why);
  void end();  ///< hands it to the exporter, or counts it as dropped if that is behind; never waits

 private:
  std::unique_ptr<record> record_;
};

/// A span below the calling thread's active one; an empty one if there is none.
[[nodiscard]] span begin_child(kind what, std::string_view name);
/// A span of its own below the one that a message came with (W3C, or anything else: then an empty one).
[[nodiscard]] span begin_continued(kind what, std::string_view name, std::string_view traceparent);

namespace detail {
inline std::atomic<bool> recording{false};
inline thread_local constinit const span* active = nullptr;
}  // namespace detail

/// Makes `s` the active span of this thread, as long as it is in scope.
class scope {
 public:
  explicit scope(const span& s) : before_(std::exchange(detail::active, s.records() ? &s : nullptr)) {}
  ~scope() { detail::active = before_; }
  scope(const scope&) = delete;
  scope& operator=(const scope&) = delete;

 private:
  const span* before_;
};

/// Around a suspension: takes the active span off the thread, and puts it back where the coroutine goes on.
class carried {
 public:
  carried() : mine_(std::exchange(detail::active, nullptr)) {}
  ~carried() {
    if (mine_ != nullptr) detail::active = mine_;
  }
  carried(const carried&) = delete;
  carried& operator=(const carried&) = delete;

 private:
  const span* mine_;
};

/// From now on spans are recorded: of traces that begin here `ratio` (0 to 1), of those that come in as their flags
/// say. Metrics: cumulo_trace_spans_total{outcome="exported|dropped|failed"}. Once, before requests come; `stop` ends
/// it.
void start(double ratio, prometheus::Registry& metrics);
void stop();
[[nodiscard]] inline bool enabled() { return detail::recording.load(std::memory_order_relaxed); }

/// Is a trace that begins here, with these lower 64 bits of its id, to be recorded? False while nothing is exported.
[[nodiscard]] bool samples(std::uint64_t trace_id_low);

/// Spans that have ended, up to `most` of them; waits for at least one until `patience` has passed or stop() is called.
[[nodiscard]] std::vector<record> take_ended(std::size_t most, std::chrono::milliseconds patience);
void count_exported(std::size_t spans);
void count_failed(std::size_t spans);

}  // namespace cumulo::trace
