#include "platform/service/jobs.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <condition_variable>
#include <list>
#include <optional>
#include <random>

#include "platform/observe/log.hpp"

namespace cumulo::service {

using timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>;

struct job_runner::state {
  state(asio::io_context& where, std::chrono::milliseconds at_latest) : context(where), first_after(at_latest) {}

  asio::io_context& context;
  const std::chrono::milliseconds first_after;
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t running{0};  // loops that have not returned; guarded by mutex
  std::atomic<bool> stopping{false};
  std::list<timer> timers;  // used on the context's thread only
};

namespace {

std::chrono::milliseconds jittered(std::chrono::milliseconds interval) {
  static thread_local std::minstd_rand generator{std::random_device{}()};
  std::uniform_real_distribution<double> factor{0.9, 1.1};
  return std::chrono::milliseconds{
      static_cast<std::int64_t>(static_cast<double>(interval.count()) * factor(generator))};
}

constexpr std::chrono::minutes say_again_after{1};
constexpr std::chrono::seconds longest_stop{15};

/// `said`: when a failure was last told, since it last succeeded.
awaitable<void> attempt(const std::string& name, const std::function<awaitable<void>()>& job,
                        std::optional<std::chrono::steady_clock::time_point>& said) {
  try {
    co_await job();
    said.reset();
  } catch (const std::exception& e) {
    const auto now = std::chrono::steady_clock::now();
    if (said && now - *said < say_again_after) co_return;
    said = now;
    log::warn("job failed", {{"job", name}, {"error", e.what()}});
  }
}

}  // namespace

job_runner::job_runner(io_threads& threads, std::chrono::milliseconds first_after)
    : state_(std::make_shared<state>(threads.context(0), first_after)) {}

job_runner::~job_runner() = default;

void job_runner::every(std::string name, std::chrono::milliseconds interval, std::function<awaitable<void>()> job) {
  {
    const std::lock_guard lock{state_->mutex};
    ++state_->running;
  }
  auto loop = [](std::shared_ptr<state> shared, std::string title, std::chrono::milliseconds pause,
                 std::function<awaitable<void>()> work) -> awaitable<void> {
    timer& wake = shared->timers.emplace_back(shared->context.get_executor());
    std::optional<std::chrono::steady_clock::time_point> said;
    std::chrono::milliseconds next = std::min(pause, shared->first_after);
    while (!shared->stopping) {
      wake.expires_after(jittered(std::exchange(next, pause)));
      boost::system::error_code cancelled;
      co_await wake.async_wait(asio::redirect_error(use_awaitable, cancelled));
      if (!shared->stopping) co_await attempt(title, work, said);
    }
    const std::lock_guard lock{shared->mutex};
    --shared->running;
    shared->ended.notify_all();
  };
  asio::co_spawn(state_->context, loop(state_, std::move(name), interval, std::move(job)), asio::detached);
}

void job_runner::stop() {
  state_->stopping = true;
  asio::post(state_->context, [shared = state_] {
    for (timer& each : shared->timers) each.cancel();
  });
  std::unique_lock lock{state_->mutex};
  if (!state_->ended.wait_for(lock, longest_stop, [this] { return state_->running == 0; })) {
    log::error("a job did not end in time");
  }
}

bool job_runner::stopping() const { return state_->stopping; }

}  // namespace cumulo::service
