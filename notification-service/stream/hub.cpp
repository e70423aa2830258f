#include "notification-service/stream/hub.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <future>
#include <latch>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "notification-service/stream/metrics.hpp"
#include "notification-service/stream/shard.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::notifications {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;
using std::chrono::milliseconds;
using timer = stream_client::timer;

constexpr int batch_size = 500;
constexpr milliseconds shortest_pause{1};
constexpr milliseconds longest_pause{20};
constexpr milliseconds pause_without_clients{1'000};
constexpr milliseconds pause_after_failure{500};
constexpr auto long_away = 30s;
constexpr milliseconds kept_at_least{5min};  // so that no tail that has read within `long_away` can miss anything
constexpr int sweep_batch = 500;
constexpr auto longest_start = 3s;
constexpr auto longest_stop = 15s;
constexpr milliseconds look_every{250};

template <class Family>
auto& family(Family builder, const char* name, const char* help, prometheus::Registry& registry) {
  return builder.Name(name).Help(help).Register(registry);
}

}  // namespace

stream_metrics::stream_metrics(prometheus::Registry& r)
    : connections(family(prometheus::BuildGauge(), "cumulo_stream_connections", "Open live streams.", r).Add({})),
      sent(family(prometheus::BuildCounter(), "cumulo_stream_events_sent_total", "Events written to live streams.", r)
               .Add({})),
      resets(family(prometheus::BuildCounter(), "cumulo_stream_resets_total",
                    "Streams told to load afresh: further behind than the log reaches.", r)
                 .Add({})),
      refused(family(prometheus::BuildCounter(), "cumulo_stream_refused_total",
                     "Streams not opened: too many for the process or the account.", r)
                  .Add({})),
      lag(family(prometheus::BuildHistogram(), "cumulo_stream_lag_seconds",
                 "From a change to its being handed to the streams of this process.", r)
              .Add({}, prometheus::Histogram::BucketBoundaries{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                               1, 2.5, 5, 10, 30})),
      tail_failures(family(prometheus::BuildCounter(), "cumulo_stream_tail_failures_total",
                           "Times that the log of the live streams could not be read.", r)
                        .Add({})) {
  auto& by_reason =
      family(prometheus::BuildCounter(), "cumulo_stream_ended_total", "Live streams ended, by reason.", r);
  for (const auto why :
       {stream_end::none, stream_end::gone, stream_end::slow, stream_end::expired, stream_end::revoked}) {
    if (why != stream_end::none)
      ended_.at(static_cast<std::size_t>(why)) = &by_reason.Add({{"reason", std::string{to_text(why)}}});
  }
}

struct stream_hub::counts {
  explicit counts(std::shared_ptr<stream_metrics> m) : metrics(std::move(m)) {}
  std::shared_ptr<stream_metrics> metrics;
  std::atomic<std::size_t> open{0};
  std::mutex mutex;
  std::unordered_map<std::string, std::size_t> of_account;  // under the mutex
};

/// Reads the log for the whole process. Runs on the last I/O thread.
struct stream_hub::tail : std::enable_shared_from_this<stream_hub::tail> {
  tail(stream_log& l, io_threads& threads, const clock& c, std::vector<std::shared_ptr<stream_shard>> s,
       std::shared_ptr<counts> n)
      : log(l), context(threads.context(threads.size() - 1)), time(c), shards(std::move(s)), count(std::move(n)) {}

  stream_log& log;
  asio::io_context& context;
  const clock& time;
  std::vector<std::shared_ptr<stream_shard>> shards;
  std::shared_ptr<counts> count;
  std::atomic<bool> poked{false}, stopping{false}, started{false};
  std::promise<void> ended{};
  std::latch begun{static_cast<std::ptrdiff_t>(shards.size())};  ///< counted down by each shard's thread

  // Only on the context's thread.
  timer* wake{nullptr};
  std::optional<stream_position> reached{};
  steady::time_point last_read{};
  milliseconds pause{shortest_pause};

  void poke() {
    if (poked.exchange(true)) return;
    asio::post(context, [self = shared_from_this()] {
      if (self->wake != nullptr) self->wake->cancel();
    });
  }

  void hand_over(event_batch made) {
    reached = made.reached;
    const auto batch = std::make_shared<const event_batch>(std::move(made));
    for (const auto& each : shards) {
      asio::post(each->context(), [each, batch] { each->deliver(*batch); });
    }
  }

  /// Where this process begins, or begins again when too much time has passed to be sure that nothing was taken away.
  awaitable<void> begin() {
    if (!reached) co_await log.drop_foreign_rows();
    const stream_extent now = co_await log.extent();
    if (!reached) {
      hand_over({{}, now.settled, false});
      for (const auto& each : shards) {
        asio::post(each->context(), [self = shared_from_this()] { self->begun.count_down(); });
      }
    } else if (now.taken > *reached) {
      hand_over({{}, now.settled, true});
    }
  }

  /// True if there may be more at once.
  awaitable<bool> read() {
    if (!reached || steady::now() - last_read > long_away) co_await begin();
    auto entries = co_await log.read_after(*reached, batch_size);
    last_read = steady::now();
    if (entries.empty()) co_return false;
    const bool full = entries.size() >= std::size_t{batch_size};
    const instant now = time.now();
    event_batch batch{{}, entries.back().at, false};
    batch.events.reserve(entries.size());
    for (stream_entry& each : entries) {
      count->metrics->lag.Observe(
          std::chrono::duration<double>{std::max(now - each.created_at, milliseconds{0})}.count());
      batch.events.push_back(make_live_event(std::move(each)));
    }
    hand_over(std::move(batch));
    pause = shortest_pause;
    co_return full;
  }

  awaitable<void> sleep(timer& t) {
    if (poked.exchange(false) || stopping) {
      pause = shortest_pause;
      co_return;
    }
    t.expires_after(count->open == 0 ? std::max(pause, pause_without_clients) : pause);
    boost::system::error_code ec;
    co_await t.async_wait(asio::redirect_error(use_awaitable, ec));
    pause = poked.exchange(false) ? shortest_pause : std::min(pause * 2, longest_pause);
  }

  awaitable<void> run() {
    timer t{context.get_executor()};
    wake = &t;
    bool failing = false;
    while (!stopping) {
      std::string failure;
      bool more = false;
      try {
        more = co_await read();
      } catch (const std::exception& e) {
        failure = e.what();
      }
      if (!failure.empty()) {
        count->metrics->tail_failures.Increment();
        if (!failing) log::warn("live streams wait: their log cannot be read", {{"why", failure}});
        pause = pause_after_failure;
      } else if (failing) {
        log::info("live streams go on", {});
      }
      failing = !failure.empty();
      if (!more) co_await sleep(t);
    }
    wake = nullptr;
  }

  static awaitable<void> look_around(std::shared_ptr<tail> self, std::shared_ptr<stream_shard> shard) {
    timer t{shard->context().get_executor()};
    while (!self->stopping) {
      t.expires_after(look_every);
      co_await t.async_wait(use_awaitable);
      shard->look(stream_client::clock_type::now(), self->time.now());
    }
  }
};

stream_hub::stream_hub(stream_log& log, io_threads& threads, const auth::trust_store& trust, const clock& time,
                       stream_settings settings, prometheus::Registry& metrics)
    : log_(log),
      time_(time),
      settings_(settings),
      metrics_(std::make_shared<stream_metrics>(metrics)),
      counts_(std::make_shared<counts>(metrics_)) {
  for (std::size_t i = 0; i < threads.size(); ++i) {
    shards_.push_back(std::make_shared<stream_shard>(threads.context(i), trust));
  }
  tail_ = std::make_shared<tail>(log_, threads, time, shards_, counts_);
}

stream_hub::~stream_hub() { stop(); }

void stream_hub::start() {
  tail_->started = true;
  for (const auto& each : shards_) {
    asio::co_spawn(each->context(), tail::look_around(tail_, each), asio::detached);
  }
  auto run = [](std::shared_ptr<tail> self) -> awaitable<void> { co_await self->run(); };
  auto done = [self = tail_](const std::exception_ptr&) { self->ended.set_value(); };
  asio::co_spawn(tail_->context, run(tail_), std::move(done));
  const auto give_up = steady::now() + longest_start;
  while (!tail_->begun.try_wait() && steady::now() < give_up) std::this_thread::sleep_for(shortest_pause);
}

void stream_hub::stop() {
  if (!tail_->started || tail_->stopping.exchange(true)) return;
  tail_->poked = false;
  tail_->poke();
  if (tail_->ended.get_future().wait_for(longest_stop) == std::future_status::timeout) {
    log::error("the tail of the live streams did not end in time", {});
  }
}

void stream_hub::notify() {
  if (counts_->open > 0) tail_->poke();
}

awaitable<void> stream_hub::sweep(const std::function<bool()>& stopping) {
  const instant now = time_.now();
  instant limit = now - std::max(settings_.retention, kept_at_least);
  const auto beyond = co_await log_.time_of_row_before(settings_.retained_events);
  if (beyond) limit = std::max(limit, std::min(*beyond, now - kept_at_least));
  std::uint64_t gone = 0;
  do {
    gone = co_await log_.delete_before(limit, sweep_batch);
  } while (gone >= std::uint64_t{sweep_batch} && !stopping());
}

stream_hub::place::place(std::shared_ptr<counts> all, std::string account_id)
    : counts_(std::move(all)), account_id_(std::move(account_id)) {
  counts_->metrics->connections.Increment();
}

stream_hub::place::~place() {
  auto& all = *counts_;
  all.metrics->connections.Decrement();
  --all.open;
  const std::scoped_lock lock{all.mutex};
  const auto found = all.of_account.find(account_id_);
  if (--found->second == 0) all.of_account.erase(found);
}

result<std::shared_ptr<stream_hub::place>> stream_hub::admit(const std::string& account_id) {
  if (!shards_[io_threads::current()]->has_begun()) {
    return error{errc::unavailable, "Live streams are not ready yet. Try again shortly.", {}, 1s};
  }
  auto& all = *counts_;
  const std::scoped_lock lock{all.mutex};
  if (all.open >= settings_.max_connections) {
    metrics_->refused.Increment();
    return error{errc::unavailable, "Too many live streams are open. Try again shortly.", {}, 5s};
  }
  const auto own = all.of_account.find(account_id);
  if (own != all.of_account.end() && own->second >= settings_.max_per_account) {
    metrics_->refused.Increment();
    return error{errc::too_many_requests, "Too many live streams of this account are open.", {}, 5s};
  }
  ++all.of_account[account_id];
  if (all.open++ == 0) tail_->poke();
  return std::make_shared<place>(counts_, account_id);
}

std::shared_ptr<stream_client> stream_hub::make_client(std::shared_ptr<const auth::principal> who,
                                                       stream_filter wants) {
  return std::make_shared<stream_client>(shards_[io_threads::current()], std::move(who), std::move(wants));
}

}  // namespace cumulo::notifications
