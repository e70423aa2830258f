#pragma once
// Process-wide metrics by prometheus-cpp. Names: cumulo_…, seconds and bytes as units; labels bounded (route templates,
// statement names, never ids).
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/core/io_threads.hpp"

namespace cumulo::observe {

/// The text exposition (format 0.0.4) of everything in the registry and of the process's present state (process_* CPU,
/// memory, threads, open files; log lines written and dropped). Reads /proc: about 100 µs. Any thread.
[[nodiscard]] std::string exposition(prometheus::Registry& registry);

/// Bytes that the container of this process may have (cgroup v2 or v1, as a container sees its own); nothing where
/// there is no container or no limit.
[[nodiscard]] std::optional<double> memory_limit(const std::string& cgroups = "/sys/fs/cgroup");

/// Registers what never changes: cumulo_build_info{version,commit,compiler} and process_start_time_seconds. Once per
/// registry.
void add_process_metrics(prometheus::Registry& registry);

/// Measures each I/O thread's loop lag (a timer's lateness) into cumulo_event_loop_lag_seconds. Runs until the contexts
/// stop; the registry must live until then.
void watch_event_loops(io_threads& threads, prometheus::Registry& registry);

/// Buckets from 50 µs to 10 s for request and statement durations.
[[nodiscard]] prometheus::Histogram::BucketBoundaries duration_buckets();

}  // namespace cumulo::observe
