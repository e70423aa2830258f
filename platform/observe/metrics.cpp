#include "platform/observe/metrics.hpp"

#include <dirent.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

#include "platform/core/version.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::observe {
namespace {

constexpr std::chrono::milliseconds lag_every{250};
constexpr double no_memory_limit = 1e15;  // bytes; cgroup v1 writes a number beyond it where there is none

/// The fields of /proc/self/stat after the name (which may hold spaces); the first is number 3 in proc(5).
std::vector<std::string> process_stat() {
  std::ifstream in{"/proc/self/stat"};
  const std::string line{std::istreambuf_iterator<char>{in}, {}};
  std::istringstream rest{line.substr(std::min(line.size(), line.rfind(')') + 1))};
  return {std::istream_iterator<std::string>{rest}, {}};
}

double stat_field(const std::vector<std::string>& stat, std::size_t number) {
  return number - 3 < stat.size() ? std::strtod(stat[number - 3].c_str(), nullptr) : 0;
}

double open_files() {
  double count = 0;
  if (DIR* folder = ::opendir("/proc/self/fd")) {
    while (::readdir(folder) != nullptr) ++count;
    ::closedir(folder);
    count -= 3;  // ".", ".." and the folder itself
  }
  return count;
}

double seconds_at_boot() {
  std::ifstream in{"/proc/stat"};
  std::string word;
  double value = 0;
  while (in >> word) {
    if (word == "btime" && in >> value) return value;
  }
  return 0;
}

prometheus::MetricFamily family(std::string name, std::string help, prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {.name = std::move(name), .help = std::move(help), .type = type, .metric = {std::move(metric)}};
}

void add_present_state(std::vector<prometheus::MetricFamily>& all) {
  using enum prometheus::MetricType;
  const auto stat = process_stat();
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const auto lines = log::statistics();
  all.push_back(family("process_cpu_seconds_total", "Processor time, user and system.", Counter,
                       (stat_field(stat, 14) + stat_field(stat, 15)) / ticks));
  all.push_back(family("process_resident_memory_bytes", "Resident memory.", Gauge, stat_field(stat, 24) * page));
  if (const auto limit = memory_limit()) {
    all.push_back(family("cumulo_memory_limit_bytes", "Memory that the container may have.", Gauge, *limit));
  }
  all.push_back(family("process_virtual_memory_bytes", "Virtual memory.", Gauge, stat_field(stat, 23)));
  all.push_back(family("process_threads", "Threads.", Gauge, stat_field(stat, 20)));
  all.push_back(family("process_open_fds", "Open file descriptors.", Gauge, open_files()));
  all.push_back(
      family("process_max_fds", "Most open file descriptors allowed.", Gauge, static_cast<double>(files.rlim_cur)));
  all.push_back(family("cumulo_log_lines_total", "Log lines written.", Counter, static_cast<double>(lines.written)));
  all.push_back(family("cumulo_log_lines_dropped_total", "Log lines dropped because the queue was full.", Counter,
                       static_cast<double>(lines.dropped)));
}

/// One thread's lag watch: the timer keeps itself alive by its handler, until the context drops that.
struct lag_watch : std::enable_shared_from_this<lag_watch> {
  lag_watch(asio::io_context& context, prometheus::Histogram& h) : timer(context), lag(h) {}

  void next() {
    timer.expires_after(lag_every);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& ec) {
      if (ec) return;
      const auto late = std::chrono::steady_clock::now() - self->timer.expiry();
      self->lag.Observe(std::chrono::duration<double>(late).count());
      self->next();
    });
  }

  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>
      timer;
  prometheus::Histogram& lag;
};

}  // namespace

std::optional<double> memory_limit(const std::string& cgroups) {
  for (const char* file : {"/memory.max", "/memory/memory.limit_in_bytes"}) {
    double bytes = 0;
    if (std::ifstream in{cgroups + file}; in >> bytes && bytes < no_memory_limit) return bytes;
  }
  return std::nullopt;
}

std::string exposition(prometheus::Registry& registry) {
  auto all = registry.Collect();
  add_present_state(all);
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, all);
  return std::move(out).str();
}

void add_process_metrics(prometheus::Registry& registry) {
  prometheus::BuildGauge()
      .Name("cumulo_build_info")
      .Help("Always 1; the labels tell what is running.")
      .Register(registry)
      .Add({{"version", std::string{version()}}, {"commit", std::string{commit()}}, {"compiler", "g++ " __VERSION__}})
      .Set(1);
  const double started =
      seconds_at_boot() + stat_field(process_stat(), 22) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  prometheus::BuildGauge()
      .Name("process_start_time_seconds")
      .Help("When the process started, in seconds since 1970.")
      .Register(registry)
      .Add({})
      .Set(started);
}

void watch_event_loops(io_threads& threads, prometheus::Registry& registry) {
  auto& lag = prometheus::BuildHistogram()
                  .Name("cumulo_event_loop_lag_seconds")
                  .Help("How late a timer fires: how long a ready request waits for its thread.")
                  .Register(registry);
  for (std::size_t i = 0; i < threads.size(); ++i) {
    auto& of_thread = lag.Add({{"thread", std::to_string(i)}},
                              prometheus::Histogram::BucketBoundaries{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                                      0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5});
    auto watch = std::make_shared<lag_watch>(threads.context(i), of_thread);
    asio::post(threads.context(i), [watch = std::move(watch)] { watch->next(); });
  }
}

prometheus::Histogram::BucketBoundaries duration_buckets() {
  return {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
}

}  // namespace cumulo::observe
