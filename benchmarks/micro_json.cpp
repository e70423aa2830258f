// JSON of a 600-byte task and a page of fifty: our writer against value_from + serialize, our reader against parse +
// value_to.
#include <benchmark/benchmark.h>

#include <boost/describe/class.hpp>
#include <boost/json.hpp>

#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace {

struct task {
  std::string id, project_id, title, description, status, priority, due, timezone;
  std::vector<std::string> labels;
  std::string created_at, updated_at, created_by;
  std::int64_t version{};
};
BOOST_DESCRIBE_STRUCT(task, (),
                      (id, project_id, title, description, status, priority, due, timezone, labels, created_at,
                       updated_at, created_by, version))

struct page {
  std::vector<task> items;
};
BOOST_DESCRIBE_STRUCT(page, (), (items))

task make_task() {
  return {.id = "0193a5e0-1234-7abc-8def-0123456789ab",
          .project_id = "0193a5e0-1234-7abc-8def-0123456789ac",
          .title = "Prepare the quarterly review with everyone",
          .description =
              "Collect the figures, then write \"the\" summary.\n\n- ask finance\n- ask sales\n- book the room on the "
              "second floor, the one with the large screen",
          .status = "in_progress",
          .priority = "high",
          .due = "2026-12-01T17:00:00",
          .timezone = "Europe/Prague",
          .labels = {"work", "quarter", "review"},
          .created_at = "2026-11-22T13:00:00.000Z",
          .updated_at = "2026-11-22T13:00:00.000Z",
          .created_by = "0193a5e0-1234-7abc-8def-0123456789ad",
          .version = 7};
}
page make_page() { return {std::vector<task>(50, make_task())}; }

template <auto make>
void cumulo_write(benchmark::State& state) {
  const auto value = make();
  std::string out;
  for (auto _ : state) {
    out.clear();
    cumulo::json::write(out, value);
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes"] = static_cast<double>(out.size());
}
template <auto make>
void boost_write(benchmark::State& state) {
  const auto value = make();
  for (auto _ : state) {
    const std::string out = boost::json::serialize(boost::json::value_from(value));
    benchmark::DoNotOptimize(out.data());
  }
}
template <auto make>
void cumulo_read(benchmark::State& state) {
  using T = decltype(make());
  const std::string text = cumulo::json::to_text(make());
  for (auto _ : state) {
    auto r = cumulo::json::read<T>(text);
    if (!r.has_value()) state.SkipWithError("not read");
    benchmark::DoNotOptimize(r);
  }
}
template <auto make>
void boost_read(benchmark::State& state) {
  using T = decltype(make());
  const std::string text = cumulo::json::to_text(make());
  for (auto _ : state) {
    auto r = boost::json::value_to<T>(boost::json::parse(text));
    benchmark::DoNotOptimize(r);
  }
}

BENCHMARK(cumulo_write<make_task>);
BENCHMARK(boost_write<make_task>);
BENCHMARK(cumulo_write<make_page>);
BENCHMARK(boost_write<make_page>);
BENCHMARK(cumulo_read<make_task>);
BENCHMARK(boost_read<make_task>);

}  // namespace

BENCHMARK_MAIN();
