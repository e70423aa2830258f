#include "platform/observe/metrics.hpp"

#include <gmock/gmock.h>
#include <prometheus/counter.h>

#include <boost/asio/post.hpp>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "platform/core/version.hpp"

namespace cumulo::observe {
namespace {

/// The value of the line that starts with `name` followed by a space; NaN if there is none.
double value_of(const std::string& text, const std::string& name) {
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
  }
  return std::nan("");
}

TEST(exposition, holds_the_registry_and_the_process) {
  prometheus::Registry registry;
  add_process_metrics(registry);
  prometheus::BuildCounter()
      .Name("cumulo_things_total")
      .Help("Things.")
      .Register(registry)
      .Add({{"kind", "a\"\n\\"}})
      .Increment(3);
  std::vector<char> memory(8U << 20U, 'x');
  const auto text = exposition(registry);
  EXPECT_EQ(value_of(text, R"(cumulo_things_total{kind="a\"\n\\"})"), 3) << text;
  EXPECT_THAT(text, testing::HasSubstr("version=\"" + std::string{version()} + "\""));
  EXPECT_THAT(text, testing::HasSubstr("commit=\"" + std::string{commit()} + "\""));
  EXPECT_GT(value_of(text, "process_resident_memory_bytes"), static_cast<double>(memory.size()));
  EXPECT_GE(value_of(text, "process_open_fds"), 3);
  EXPECT_GE(value_of(text, "process_max_fds"), 64);
  EXPECT_GE(value_of(text, "process_threads"), 1);
  EXPECT_GE(value_of(text, "process_cpu_seconds_total"), 0);
  const auto started = value_of(text, "process_start_time_seconds");
  EXPECT_NEAR(started, static_cast<double>(std::time(nullptr)), 120);
  EXPECT_EQ(value_of(text, "cumulo_log_lines_dropped_total"), 0);
}

TEST(memory_limit, is_that_of_the_container) {
  const std::filesystem::path folder = std::filesystem::path{testing::TempDir()} / "cgroups";
  std::filesystem::create_directories(folder / "memory");
  const auto write = [&](const char* name, const char* text) { std::ofstream{folder / name} << text << '\n'; };
  const auto limit = [&] { return memory_limit(folder.string()); };
  EXPECT_EQ(memory_limit((folder / "nowhere").string()), std::nullopt);
  write("memory/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(limit(), std::nullopt) << "as cgroup v1 says that there is none";
  write("memory/memory.limit_in_bytes", "268435456");
  EXPECT_EQ(limit(), 268435456.0);
  write("memory.max", "536870912");
  EXPECT_EQ(limit(), 536870912.0);
  std::filesystem::remove_all(folder / "memory");
  write("memory.max", "max");
  EXPECT_EQ(limit(), std::nullopt);
  std::filesystem::remove_all(folder);
}

TEST(exposition, counts_files_and_threads_as_they_come_and_go) {
  prometheus::Registry registry;
  std::jthread{[] {}}.join();  // a sanitizer starts a thread of its own with the first
  const auto before = exposition(registry);
  FILE* file = std::fopen("/dev/null", "r");
  {
    std::jthread other{[](const std::stop_token& stop) {
      while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }};
    const auto during = exposition(registry);
    EXPECT_EQ(value_of(during, "process_open_fds"), value_of(before, "process_open_fds") + 1);
    EXPECT_EQ(value_of(during, "process_threads"), value_of(before, "process_threads") + 1);
  }
  std::fclose(file);
  EXPECT_EQ(value_of(exposition(registry), "process_open_fds"), value_of(before, "process_open_fds"));
}

TEST(watch_event_loops, sees_a_loop_that_is_held_up) {
  prometheus::Registry registry;
  io_threads threads{2};
  threads.start();
  watch_event_loops(threads, registry);
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  asio::post(threads.context(1), [] { std::this_thread::sleep_for(std::chrono::milliseconds{700}); });
  std::this_thread::sleep_for(std::chrono::milliseconds{1'000});
  const auto text = exposition(registry);
  const auto late = [&](const std::string& thread) {
    return value_of(text, "cumulo_event_loop_lag_seconds_count{thread=\"" + thread + "\"}") -
           value_of(text, "cumulo_event_loop_lag_seconds_bucket{thread=\"" + thread + "\",le=\"0.25\"}");
  };
  EXPECT_EQ(late("0"), 0) << text;
  EXPECT_EQ(late("1"), 1) << text;
  EXPECT_GE(value_of(text, "cumulo_event_loop_lag_seconds_count{thread=\"0\"}"), 2);
}

TEST(duration_buckets, rise_from_50_microseconds_to_10_seconds) {
  const auto buckets = duration_buckets();
  EXPECT_TRUE(std::is_sorted(buckets.begin(), buckets.end()));
  EXPECT_EQ(buckets.front(), 0.00005);
  EXPECT_EQ(buckets.back(), 10);
}

}  // namespace
}  // namespace cumulo::observe
