#include "notification-service/delivery/delivery_engine.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <condition_variable>
#include <mutex>
#include <random>

#include "notification-service/delivery/delivery_metrics.hpp"
#include "notification-service/delivery/notices.hpp"
#include "platform/core/id.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::notifications {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto say_again_after = 60s;
constexpr auto record_again_after = 500ms;
constexpr auto longest_at_stop = 3s;
constexpr auto measure_every = 10s;
constexpr int release_batch = 100;
constexpr int expire_batch = 500;
constexpr double burst_seconds = 1;

double random_fraction() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>{0, 1}(random);
}

}  // namespace

struct delivery_engine::state : std::enable_shared_from_this<state> {
  /// One channel's work. Only on the context's thread.
  struct lane_set {
    std::map<std::string, std::size_t> held;
    void add(const std::string& lane) { ++held[lane]; }
    void remove(const std::string& lane) {
      const auto at = held.find(lane);
      if (at != held.end() && --at->second == 0) held.erase(at);
    }
  };
  struct worker {
    worker(sender& c, channel_limits l, asio::io_context& context) : channel(c), limits(l), timer(context) {}
    sender& channel;
    channel_limits limits;
    asio::steady_timer timer;
    bool poked{false};
    std::size_t in_flight{0};
    lane_set lanes;
    double allowance{0};
    steady::time_point counted{steady::now()};
    steady::time_point said{};
    std::optional<channel_metrics> metrics;
  };

  state(delivery_queue& q, io_threads& threads, const clock& t, bus::relay& relay, delivery_settings s,
        prometheus::Registry* m)
      : queue(q),
        context(threads.context(threads.size() - 1)),
        time(t),
        events(relay),
        settings(s),
        registry(m),
        keeper(context) {}

  delivery_queue& queue;
  asio::io_context& context;
  const clock& time;
  bus::relay& events;
  delivery_settings settings;
  prometheus::Registry* registry;
  const std::string owner = new_id();
  asio::steady_timer keeper;
  bool keeper_poked{false};
  std::vector<std::unique_ptr<worker>> workers;
  std::atomic<bool> stopping{false};

  std::mutex guard;
  std::condition_variable quiet;
  std::size_t alive{0};  ///< coroutines

  void begin() {
    const std::scoped_lock lock{guard};
    ++alive;
  }
  void end() {
    const std::scoped_lock lock{guard};
    if (--alive == 0) quiet.notify_all();
  }

  /// Starts a coroutine that `stop` waits for.
  template <class Work>
  void spawn(Work work) {
    begin();
    auto done = [self = shared_from_this()](const std::exception_ptr& broke) {
      if (broke) log::error("delivery: a coroutine ended by an exception");
      self->end();
    };
    asio::co_spawn(context, std::move(work), std::move(done));
  }

  void poke(worker& w) const {
    w.poked = true;
    w.timer.cancel();
  }

  void poke_all() {
    auto all = [self = shared_from_this()] {
      for (const auto& each : self->workers) self->poke(*each);
      self->keeper_poked = true;
      self->keeper.cancel();
    };
    asio::post(context, std::move(all));
  }

  static awaitable<void> wait(asio::steady_timer& timer, steady::duration length) {
    timer.expires_after(length);
    boost::system::error_code ec;
    co_await timer.async_wait(asio::redirect_error(use_awaitable, ec));
  }

  awaitable<void> rest(worker& w, steady::duration length) const {
    if (!w.poked && !stopping) co_await wait(w.timer, length);
    w.poked = false;
  }

  /// How many attempts the rate allows now.
  [[nodiscard]] static std::size_t allowed(worker& w) {
    if (w.limits.per_second <= 0) return w.limits.at_once;
    const auto now = steady::now();
    const double most = std::max(1.0, w.limits.per_second * burst_seconds);
    const double gained = std::chrono::duration<double>(now - w.counted).count() * w.limits.per_second;
    w.allowance = std::min(most, w.allowance + gained);
    w.counted = now;
    return static_cast<std::size_t>(w.allowance);
  }

  /// Claims what may be started now, and starts it. Returns how much that was.
  awaitable<std::size_t> claim(worker& w) {
    const std::size_t free = w.limits.at_once - std::min(w.in_flight, w.limits.at_once);
    const std::size_t most = std::min(free, allowed(w));
    if (most == 0) co_return 0;
    const instant now = time.now();
    const bool any = co_await queue.has_due(w.channel.name(), now);
    if (!any) co_return 0;
    const claim_terms terms{owner, now, now + settings.lease, most, w.limits.at_once_per_lane, w.lanes.held};
    const std::vector<claimed_delivery> got = co_await queue.claim(w.channel.name(), terms);
    for (const claimed_delivery& each : got) start(w, each);
    co_return got.size();
  }

  void start(worker& w, const claimed_delivery& what) {
    ++w.in_flight;
    w.allowance -= 1;
    w.lanes.add(what.lane);
    if (w.metrics) w.metrics->in_flight->Set(static_cast<double>(w.in_flight));
    auto work = [self = shared_from_this(), &w, what]() -> awaitable<void> { return self->deliver(w, what); };
    spawn(std::move(work));
  }

  awaitable<void> run(worker& w) {
    while (!stopping) {
      std::size_t started = 0;
      std::string broke;
      try {
        started = co_await claim(w);
      } catch (const std::exception& e) {
        broke = e.what();
      }
      if (!broke.empty() && steady::now() - w.said > say_again_after) {
        w.said = steady::now();
        log::warn("delivery: nothing can be claimed now; it will be tried again",
                  {{"channel", to_text(w.channel.name())}, {"why", broke}});
      }
      if (started == 0) co_await rest(w, settings.poll);
    }
  }

  /// One attempt. What is thrown is a fault of ours or the database's; the delivery is tried again.
  awaitable<attempt> try_once(worker& w, const claimed_delivery& what, std::optional<outgoing>& loaded) {
    attempt outcome{attempt::outcome::retry};
    try {
      loaded = co_await queue.load(what);
      if (!loaded) co_return attempt{attempt::outcome::failed, "the recipient's account is gone or disabled"};
      outcome = co_await w.channel.send(*loaded);
    } catch (const std::exception& e) {
      outcome = attempt{attempt::outcome::retry, "internal error"};
      log::error("delivery: an attempt broke",
                 {{"channel", to_text(what.channel)}, {"notification", what.notification_id}, {"why", e.what()}});
    }
    co_return outcome;
  }

  awaitable<void> deliver(worker& w, claimed_delivery what) {
    std::optional<outgoing> loaded;
    const attempt outcome = co_await try_once(w, what, loaded);
    // The database may be away for a moment. When the lease has run out, another attempt is anyone's; so it is when the
    // process has ended, and what was sent would go out once more.
    auto until = steady::now() + settings.lease;
    for (bool told_to_stop = false;;) {
      bool stored = false;
      try {
        co_await record(w, what, loaded, outcome);
        stored = true;
      } catch (const std::exception& e) {
        log::warn("delivery: an outcome cannot be stored now",
                  {{"channel", to_text(what.channel)}, {"notification", what.notification_id}, {"why", e.what()}});
      }
      if (stopping && !std::exchange(told_to_stop, true)) until = std::min(until, steady::now() + longest_at_stop);
      if (stored || steady::now() > until) break;
      asio::steady_timer pause{context};
      co_await wait(pause, record_again_after);
    }
    --w.in_flight;
    w.lanes.remove(what.lane);
    if (w.metrics) w.metrics->in_flight->Set(static_cast<double>(w.in_flight));
    poke(w);
  }

  awaitable<void> record(worker& w, const claimed_delivery& what, const std::optional<outgoing>& sent,
                         const attempt& outcome) {
    using enum attempt::outcome;
    const instant now = time.now();
    attempt::outcome how = outcome.how;
    instant next{};
    std::string error = outcome.error;
    if (how == retry) {
      const auto pause = settings.pauses.pause(what.attempt, random_fraction());
      next = now + std::max(pause, outcome.retry_after.value_or(0ms));
      if (next >= what.due_at + settings.deadline) {
        how = failed;
        error = "given up at the deadline: " + error;
      }
    }
    bool held = false;
    switch (how) {
      case delivered: held = co_await queue.finish(what, delivery_status::delivered, {}, now); break;
      case retry: held = co_await queue.put_off(what, error, next, now); break;
      case failed:
        if (outcome.address_refused && sent && sent->email && (sent->target.empty() || sent->target == *sent->email)) {
          const acceptance notice = address_refused_notice(*sent, error, now);
          held = co_await queue.refuse_address(what, sent->recipient_id, *sent->email, error, notice, now);
          events.notify();
        } else {
          held = co_await queue.finish(what, delivery_status::failed, error, now);
        }
        break;
      case split:
        held = outcome.targets.empty() ? co_await queue.finish(what, delivery_status::disabled, error, now)
                                       : co_await queue.split(what, outcome.targets, now);
        break;
    }
    if (!w.metrics) co_return;
    w.metrics->of(how).Increment();
    if (held && how == delivered && sent) {
      // From the event, without the time for which it was held back on purpose.
      const auto on_its_way = std::max<std::chrono::milliseconds>(what.accepted_at - sent->created_at, 0ms);
      w.metrics->seconds->Observe(std::chrono::duration<double>(on_its_way + (now - what.due_at)).count());
    }
  }

  /// Lets out what was scheduled, gives up what is too old, and measures.
  awaitable<void> keep() {
    steady::time_point measured{};
    while (!stopping) {
      std::string broke;
      bool more = false;
      try {
        const std::size_t released = co_await queue.release_scheduled(time.now(), release_batch);
        if (released > 0) {
          events.notify();
          for (const auto& each : workers) poke(*each);
        }
        more = released == std::size_t{release_batch};
        if (steady::now() - measured >= measure_every) {
          measured = steady::now();
          co_await expire();
          co_await measure();
        }
      } catch (const std::exception& e) {
        broke = e.what();
      }
      if (!broke.empty()) log::warn("delivery: the queue cannot be kept now", {{"why", broke}});
      if (!more && !keeper_poked && !stopping) co_await wait(keeper, broke.empty() ? settings.poll : 5 * settings.poll);
      keeper_poked = false;
    }
  }

  awaitable<void> expire() {
    const instant now = time.now();
    for (const channel_name each : channel_names) {
      const bool is_worked_on = std::ranges::any_of(workers, [&](const auto& w) { return w->channel.name() == each; });
      co_await queue.expire(each, is_worked_on, now - settings.deadline, now, expire_batch);
    }
    co_await queue.forget_links(now - settings.deadline);
  }

  awaitable<void> measure() {
    if (registry == nullptr) co_return;
    const std::vector<queue_depth> all = co_await queue.measure();
    for (const auto& each : workers) {
      const queue_depth& at = all[static_cast<std::size_t>(each->channel.name())];
      each->metrics->waiting->Set(static_cast<double>(at.waiting));
      each->metrics->failed->Set(static_cast<double>(at.failed));
      const double age = at.oldest ? std::chrono::duration<double>(time.now() - *at.oldest).count() : 0;
      each->metrics->oldest->Set(std::max(age, 0.0));
    }
  }
};

delivery_engine::delivery_engine(delivery_queue& queue, io_threads& threads, const clock& time, bus::relay& events,
                                 delivery_settings settings, prometheus::Registry* metrics)
    : state_(std::make_shared<state>(queue, threads, time, events, settings, metrics)) {}

delivery_engine::~delivery_engine() { stop(0ms); }

void delivery_engine::add(sender& channel, channel_limits limits) {
  auto made = std::make_unique<state::worker>(channel, limits, state_->context);
  made->allowance = std::max(1.0, limits.per_second * burst_seconds);
  if (state_->registry != nullptr) made->metrics = make_channel_metrics(*state_->registry, channel.name());
  state_->workers.push_back(std::move(made));
}

void delivery_engine::start() {
  for (const auto& each : state_->workers) {
    auto work = [self = state_, w = each.get()]() -> awaitable<void> { return self->run(*w); };
    state_->spawn(std::move(work));
  }
  auto keep = [self = state_]() -> awaitable<void> { return self->keep(); };
  state_->spawn(std::move(keep));
}

void delivery_engine::wake() { state_->poke_all(); }

bool delivery_engine::stop(std::chrono::milliseconds grace) {
  state_->stopping = true;
  state_->poke_all();
  std::unique_lock lock{state_->guard};
  return state_->quiet.wait_for(lock, grace, [this] { return state_->alive == 0; });
}

}  // namespace cumulo::notifications
