#include "task-service/reminder_scheduler.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <limits>

#include "platform/observe/log.hpp"
#include "task-service/api/encode.hpp"
#include "task-service/events/published.hpp"

namespace cumulo::tasks {

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

constexpr auto longest_stop = 15s;
constexpr auto count_every = 60s;
constexpr auto pause_after_failure = 1s;
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

double seconds(milliseconds t) { return std::chrono::duration<double>(t).count(); }

const prometheus::Histogram::BucketBoundaries lateness_buckets{0.005, 0.01, 0.025, 0.05, 0.1,  0.25, 0.5,
                                                               1,     5,    30,    300,  3600, 86400};

}  // namespace

struct reminder_scheduler::state : std::enable_shared_from_this<reminder_scheduler::state> {
  state(reminder_queue& from, bus::relay& to, io_threads& threads, const clock& present, scheduler_settings s,
        prometheus::Registry& metrics)
      : queue(from),
        events(to),
        context(threads.context(threads.size() - 1)),
        time(present),
        settings(s),
        wake(context),
        armed(prometheus::BuildGauge()
                  .Name("cumulo_reminders_armed")
                  .Help("Reminders that wait for their time.")
                  .Register(metrics)
                  .Add({})),
        lag(prometheus::BuildGauge()
                .Name("cumulo_reminder_scheduler_lag_seconds")
                .Help("How long the oldest thing that is to be told has been waiting.")
                .Register(metrics)
                .Add({})),
        fired(prometheus::BuildCounter()
                  .Name("cumulo_reminders_fired_total")
                  .Help("Reminders whose time has come.")
                  .Register(metrics)
                  .Add({})),
        told(prometheus::BuildCounter()
                 .Name("cumulo_tasks_due_soon_total")
                 .Help("Tasks told to be due soon.")
                 .Register(metrics)
                 .Add({})),
        failures(prometheus::BuildCounter()
                     .Name("cumulo_reminder_scheduler_failures_total")
                     .Help("Rounds of the scheduler that failed: the database was away.")
                     .Register(metrics)
                     .Add({})),
        lateness(prometheus::BuildHistogram()
                     .Name("cumulo_reminder_lateness_seconds")
                     .Help("From a reminder's time to its event in the outbox.")
                     .Register(metrics)
                     .Add({}, lateness_buckets)) {}

  reminder_queue& queue;
  bus::relay& events;
  asio::io_context& context;
  const clock& time;
  scheduler_settings settings;
  asio::steady_timer wake;
  std::atomic<std::int64_t> planned{never};  // the moment it sleeps towards
  std::atomic<bool> poked{false}, stopping{false};
  std::promise<void> ended{};
  bool started{false};
  steady::time_point counted{};  // on the context's thread only
  prometheus::Gauge &armed, &lag;
  prometheus::Counter &fired, &told, &failures;
  prometheus::Histogram& lateness;

  void poke() {
    if (poked.exchange(true)) return;
    asio::post(context, [self = shared_from_this()] { self->wake.cancel(); });
  }

  awaitable<void> pause(milliseconds t) {
    if (!poked.exchange(false) && !stopping) {
      wake.expires_after(t);
      boost::system::error_code ec;
      co_await wake.async_wait(asio::redirect_error(use_awaitable, ec));
      poked = false;
    }
  }

  /// True if there may be more.
  awaitable<bool> tell_reminders() {
    auto announce = [](const fired_reminder& one) {
      std::string json;
      write_task(json, one.about);
      return reminder_due_event(one, json);
    };
    const std::vector<instant> moments = co_await queue.fire_reminders(time.now(), settings.batch, announce);
    if (moments.empty()) co_return false;
    events.notify();
    fired.Increment(static_cast<double>(moments.size()));
    const instant now = time.now();
    for (const instant moment : moments) lateness.Observe(std::max(0.0, seconds(now - moment)));
    co_return moments.size() == static_cast<std::size_t>(settings.batch);
  }

  awaitable<bool> tell_tasks() {
    auto announce = [](const task_due_soon& one) {
      std::string json;
      write_task(json, one.about);
      return due_soon_event(one, json);
    };
    const std::vector<instant> moments = co_await queue.tell_due_soon(time.now(), settings.batch, announce);
    if (moments.empty()) co_return false;
    events.notify();
    told.Increment(static_cast<double>(moments.size()));
    co_return moments.size() == static_cast<std::size_t>(settings.batch);
  }

  /// Tells all that is to be told; how long there is nothing more.
  awaitable<milliseconds> round() {
    planned = never;  // until it is known, everything is earlier
    std::optional<instant> next = co_await queue.next_moment();
    lag.Set(next ? std::max(0.0, seconds(time.now() - *next)) : 0);
    bool more = next && *next <= time.now();
    while (more && !stopping) {
      const bool reminders = co_await tell_reminders();
      const bool tasks = co_await tell_tasks();
      more = reminders || tasks;
      if (!more) next = co_await queue.next_moment();
      lag.Set(next ? std::max(0.0, seconds(time.now() - *next)) : 0);
    }
    if (steady::now() - counted >= count_every) {
      counted = steady::now();
      armed.Set(static_cast<double>(co_await queue.count_armed()));
    }
    if (!next) co_return settings.poll;
    planned = to_millis(*next);
    // What is left although its time has come is held by another replica.
    co_return std::clamp<milliseconds>(*next - time.now(), 10ms, settings.poll);
  }

  awaitable<void> loop() {
    while (!stopping) {
      milliseconds rest = pause_after_failure;
      try {
        rest = co_await round();
      } catch (const std::exception& e) {
        failures.Increment();
        log::warn("reminders: a round failed and will be repeated", {{"error", e.what()}});
      }
      co_await pause(rest);
    }
    ended.set_value();
  }
};

reminder_scheduler::reminder_scheduler(reminder_queue& queue, bus::relay& events, io_threads& threads,
                                       const clock& time, scheduler_settings settings, prometheus::Registry& metrics)
    : state_(std::make_shared<state>(queue, events, threads, time, settings, metrics)) {}

reminder_scheduler::~reminder_scheduler() = default;

void reminder_scheduler::start() {
  state_->started = true;
  auto run = [](std::shared_ptr<state> self) -> awaitable<void> { co_await self->loop(); };
  asio::co_spawn(state_->context, run(state_), asio::detached);
}

void reminder_scheduler::expect(instant moment) {
  if (to_millis(moment) < state_->planned) state_->poke();
}

void reminder_scheduler::look() { state_->poke(); }

void reminder_scheduler::stop() {
  if (!state_->started || state_->stopping.exchange(true)) return;
  asio::post(state_->context, [self = state_] { self->wake.cancel(); });
  state_->ended.get_future().wait_for(longest_stop);
}

}  // namespace cumulo::tasks
