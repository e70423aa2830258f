// What a log line costs the thread that writes it.
#include <benchmark/benchmark.h>

#include "platform/core/id.hpp"
#include "platform/observe/log.hpp"

namespace {

void access_line(benchmark::State& state) {
  cumulo::log::configure({.service = "task-service", .file = "/dev/null"});
  const auto id = cumulo::new_id();
  for (auto _ : state) {
    cumulo::log::access({.method = "GET",
                         .route = "/tasks/{id}",
                         .path = "/tasks/0193a5e0-1234-7abc-8def-0123456789ab",
                         .request_id = id,
                         .trace_id = {},
                         .account_id = id,
                         .peer = "127.0.0.1",
                         .status = 200,
                         .bytes_in = 0,
                         .bytes_out = 612,
                         .microseconds = 57});
  }
  cumulo::log::flush();
  state.counters["dropped"] = static_cast<double>(cumulo::log::statistics().dropped);
}
void log_line(benchmark::State& state) {
  cumulo::log::configure({.service = "task-service", .file = "/dev/null"});
  for (auto _ : state) cumulo::log::info("migrated the schema", {{"applied", 3}, {"engine", "sqlite"}});
  cumulo::log::flush();
  state.counters["dropped"] = static_cast<double>(cumulo::log::statistics().dropped);
}
void new_id(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(cumulo::new_id());
}

BENCHMARK(access_line);
BENCHMARK(log_line);
BENCHMARK(new_id);

}  // namespace

BENCHMARK_MAIN();
