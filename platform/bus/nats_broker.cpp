#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/json.hpp>
#include <charconv>
#include <future>
#include <mutex>
#include <unordered_set>

#include "platform/bus/nats_durability.hpp"
#include "platform/bus/nats_lane.hpp"
#include "platform/bus/nats_stream.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::bus {

namespace {

using namespace std::chrono_literals;

// On PostgreSQL each handler holds one of the few exclusive connections.
constexpr std::size_t side_by_side_sqlite = 64;
constexpr std::size_t side_by_side_postgres = 4;
constexpr auto look_at_pending_every = 10s;
constexpr auto judge_durability_every = 60s;
constexpr auto set_up_pause = 500ms;
constexpr auto longest_set_up_pause = std::chrono::milliseconds{10s};
constexpr auto longest_stop = 15s;

class nats_broker final : public broker {
 public:
  nats_broker(const std::string& url, nats_settings settings, io_threads& threads, prometheus::Registry* metrics)
      : settings_(std::move(settings)), threads_(threads), metrics_(metrics), link_(url, settings_) {
    if (metrics == nullptr) return;
    const auto gauge = [&](const char* name, const char* help) {
      return &prometheus::BuildGauge().Name(name).Help(help).Register(*metrics).Add({});
    };
    connected_ = gauge("cumulo_bus_connected", "1 while NATS can be used.");
    durable_ = gauge("cumulo_bus_durable", "1 if what NATS acknowledges is known to survive a power cut.");
    published_ = &prometheus::BuildCounter()
                      .Name("cumulo_events_published_total")
                      .Help("Events that the stream has acknowledged.")
                      .Register(*metrics)
                      .Add({});
  }
  ~nats_broker() override {
    stop();
    judging_.join();
    link_.close();
  }

  void subscribe(subscription s) override { join(groups_, std::make_unique<consumer>(std::move(s), metrics_)); }
  void start() override;
  void stop() override;
  awaitable<void> publish(std::span<const event> events) override {
    // What is awaited there may block.
    co_await asio::co_spawn(link_.context(), publish_here(events), use_awaitable);
  }
  [[nodiscard]] sql::health check() const override;
  [[nodiscard]] sql::health durability() const override {
    const std::scoped_lock guard{lock_};
    return doubt_.empty() ? sql::health{true, "acknowledged events survive a power cut"} : sql::health{false, doubt_};
  }

 private:
  struct wave;
  awaitable<void> publish_here(std::span<const event> events);
  awaitable<void> publish_wave(std::span<const event* const> events);
  void make_lanes();
  void begin_set_up();
  awaitable<void> set_up();
  awaitable<void> watch();
  awaitable<void> count_pending();
  void judge_durability();
  void set_doubt(std::string why);
  [[nodiscard]] awaitable<void> run_lanes();

  nats_settings settings_;
  io_threads& threads_;
  prometheus::Registry* metrics_;
  nats_link link_;
  std::vector<std::unique_ptr<consumer_group>> groups_;
  prometheus::Gauge *connected_{nullptr}, *durable_{nullptr};
  prometheus::Counter* published_{nullptr};
  asio::thread_pool judging_{1};
  std::atomic<bool> started_{false}, stopping_{false}, ready_{false};
  std::promise<void> lanes_ended_;

  // On the link's thread only.
  std::vector<std::unique_ptr<nats_lane>> lanes_;
  std::map<std::string_view, nats_lane*> by_durable_;
  std::map<const consumer_group*, prometheus::Gauge*> pending_;
  handler_slots sqlite_slots_{side_by_side_sqlite}, postgres_slots_{side_by_side_postgres};
  std::size_t lanes_at_work_{0};
  bool setting_up_{false};
  std::string stream_fault_;
  std::optional<asio::steady_timer> watch_;

  mutable std::mutex lock_;
  std::string state_{"not connected yet"}, doubt_{"not connected yet"};
};

void nats_broker::start() {
  if (started_.exchange(true)) return;
  make_lanes();
  watch_.emplace(link_.context());
  auto changed = [this] {
    if (!link_.connected()) {
      ready_ = false;
      if (connected_ != nullptr) connected_->Set(0);
      const std::scoped_lock guard{lock_};
      state_ = "not connected";
      if (!stopping_) log::warn("bus: NATS is away");
    } else if (!stopping_) {
      begin_set_up();
    }
  };
  auto delivered = [this](nats_message m) {
    const auto to = by_durable_.find(note_of(m.reply).durable);
    if (to != by_durable_.end()) to->second->take(std::move(m));
  };
  link_.open(std::move(changed), std::move(delivered));
  asio::co_spawn(link_.context(), watch(), asio::detached);
}

void nats_broker::make_lanes() {
  for (const auto& group : groups_) {
    prometheus::Counter* redelivered = nullptr;
    if (metrics_ != nullptr) {
      const prometheus::Labels labels{{"consumer", group->name()}};
      redelivered = &prometheus::BuildCounter()
                         .Name("cumulo_events_redelivered_total")
                         .Help("Events that came once more: failed, or not answered for in time.")
                         .Register(*metrics_)
                         .Add(labels);
      pending_[group.get()] =
          &prometheus::BuildGauge()
               .Name("cumulo_consumer_pending")
               .Help("Events in the stream that the consumer, or one that shares its durables, has not finished with.")
               .Register(*metrics_)
               .Add(labels);
    }
    auto& slots = group->database().kind() == sql::engine::sqlite ? sqlite_slots_ : postgres_slots_;
    for (std::size_t n = 0; n < nats_lanes; ++n) {
      lanes_.push_back(
          std::make_unique<nats_lane>(*group, n,
                                      nats_lane::surroundings{link_, settings_, threads_.context(n % threads_.size()),
                                                              slots, redelivered, [this] { begin_set_up(); }}));
      by_durable_[lanes_.back()->durable()] = lanes_.back().get();
    }
  }
}

void nats_broker::begin_set_up() {
  if (setting_up_ || stopping_) return;
  setting_up_ = true;
  asio::co_spawn(link_.context(), set_up(), [this](const std::exception_ptr&) { setting_up_ = false; });
}

awaitable<void> nats_broker::set_up() {
  auto wait = std::chrono::milliseconds{set_up_pause};
  while (!stopping_ && link_.connected()) {
    std::string why;
    try {
      stream_fault_ = co_await ensure_stream(link_, settings_);
      for (const auto& each : lanes_) {
        co_await ensure_consumer(link_, settings_, each->whose(), each->number());
      }
    } catch (const std::exception& e) {
      why = e.what();
    }
    if (why.empty() && !stopping_) {
      ready_ = true;
      if (connected_ != nullptr) connected_->Set(1);
      {
        const std::scoped_lock guard{lock_};
        state_ = "connected to " + link_.server() + ", stream " + settings_.stream;
        log::info("bus: NATS can be used", {{"state", state_}});
      }
      for (const auto& each : lanes_) each->resume();
      if (lanes_at_work_ == 0 && !lanes_.empty()) {
        for (const auto& each : lanes_) {
          ++lanes_at_work_;
          asio::co_spawn(link_.context(), each->run(), [this](const std::exception_ptr& failed) {
            if (failed) log::error("bus: a lane has ended");
            if (--lanes_at_work_ == 0 && stopping_) lanes_ended_.set_value();
          });
        }
      }
      asio::post(judging_, [this] { judge_durability(); });
      co_return;
    }
    {
      const std::scoped_lock guard{lock_};
      if (state_ != why) log::warn("bus: the stream cannot be used yet", {{"why", why}});
      state_ = why;
    }
    co_await sleep_for(wait);
    wait = std::min(wait * 2, longest_set_up_pause);
  }
}

awaitable<void> nats_broker::watch() {
  using steady = std::chrono::steady_clock;
  auto next_count = steady::now();
  auto next_judgement = steady::now() + judge_durability_every;
  while (!stopping_) {
    watch_->expires_after(std::min(settings_.ack_wait / 4, std::chrono::milliseconds{1s}));
    boost::system::error_code ec;
    co_await watch_->async_wait(asio::redirect_error(use_awaitable, ec));
    if (stopping_) break;
    for (const auto& each : lanes_) each->say_in_progress();
    if (ready_ && steady::now() >= next_count) {
      next_count = steady::now() + look_at_pending_every;
      co_await count_pending();
    }
    if (ready_ && steady::now() >= next_judgement) {
      next_judgement = steady::now() + judge_durability_every;
      asio::post(judging_, [this] { judge_durability(); });
    }
  }
}

awaitable<void> nats_broker::count_pending() {
  std::map<const consumer_group*, std::int64_t> sums;
  try {
    for (const auto& each : lanes_) {
      const consumer_state now = co_await state_of(link_, settings_, each->durable());
      sums[&each->whose()] += now.pending + now.in_hand;
    }
  } catch (const nats_away&) {
    co_return;
  } catch (const std::exception&) {
    begin_set_up();  // a durable was deleted
    co_return;
  }
  for (const auto& [whose, sum] : sums) {
    if (pending_.contains(whose)) pending_[whose]->Set(static_cast<double>(sum));
  }
}

void nats_broker::judge_durability() {
  std::string fault;
  std::string server;
  std::promise<void> asked;
  asio::post(link_.context(), [&] {
    fault = stream_fault_;
    server = link_.server();
    asked.set_value();
  });
  asked.get_future().wait();
  if (fault.empty()) fault = too_old(server);
  if (fault.empty()) {
    fault = settings_.synced ? settings_.synced() : "whether NATS writes through (sync_interval: always) is not known";
  }
  set_doubt(std::move(fault));
}

void nats_broker::set_doubt(std::string why) {
  if (durable_ != nullptr) durable_->Set(why.empty() ? 1 : 0);
  const std::scoped_lock guard{lock_};
  if (doubt_ == why) return;
  if (!why.empty()) log::warn("bus: NATS may lose what it has acknowledged", {{"why", why}});
  doubt_ = std::move(why);
}

sql::health nats_broker::check() const {
  const std::scoped_lock guard{lock_};
  return {ready_, state_};
}

/// Events of different subjects, sent together.
struct nats_broker::wave {
  explicit wave(asio::io_context& context) : done(context) {}
  asio::steady_timer done;
  std::vector<bool> taken{};
  std::size_t missing{0};
  std::string failure{};

  void take(const nats_message& m) {
    std::size_t number = 0;
    const auto dot = m.subject.rfind('.');
    if (dot == std::string::npos) {
      failure = "the connection to NATS was lost";
    } else if (std::from_chars(m.subject.data() + dot + 1, m.subject.data() + m.subject.size(), number).ec !=
                   std::errc{} ||
               number >= taken.size() || taken[number]) {
      return;
    } else if (m.status != 0) {
      failure = "no stream takes events";
    } else if (const std::string why = refusal(m.data); !why.empty()) {
      failure = "the stream refuses an event: " + why;
    } else {
      taken[number] = true;
      --missing;
    }
    if (missing == 0 || !failure.empty()) done.cancel();
  }

  static std::string refusal(const std::string& acknowledgement) {
    boost::system::error_code ec;
    const boost::json::value parsed = boost::json::parse(acknowledgement, ec);
    if (ec || !parsed.is_object()) return "unreadable acknowledgement";
    const boost::json::value* fault = parsed.as_object().if_contains("error");
    if (fault != nullptr) return boost::json::serialize(*fault);
    return parsed.as_object().contains("seq") ? "" : "acknowledgement without a sequence";
  }
};

awaitable<void> nats_broker::publish_here(std::span<const event> events) {
  std::vector<const event*> left;
  for (const event& e : events) left.push_back(&e);
  while (!left.empty()) {
    // The next event of a subject is sent when the one before it is in the stream: otherwise one refused and offered
    // again would come behind it.
    std::vector<const event*> now;
    std::vector<const event*> later;
    std::unordered_set<std::string_view> subjects;
    for (const event* e : left) (subjects.insert(e->subject).second ? now : later).push_back(e);
    co_await publish_wave(now);
    left = std::move(later);
  }
}

awaitable<void> nats_broker::publish_wave(std::span<const event* const> events) {
  if (!ready_) throw nats_away("NATS cannot be used now: " + check().detail);
  wave all{link_.context()};
  all.taken.resize(events.size());
  all.missing = events.size();
  const auto place = link_.listen([&all](const nats_message& m) { all.take(m); });
  const std::shared_ptr<void> forgets{nullptr, [this, place](void*) { link_.forget(place); }};
  for (std::size_t i = 0; i < events.size(); ++i) {
    link_.send(address_of(settings_, *events[i]), to_cloudevent(*events[i]),
               link_.inbox(place) + "." + std::to_string(i), events[i]->id.c_str());
  }
  for (std::size_t before = 0; all.missing > 0 && all.missing != before && all.failure.empty();) {
    before = all.missing;  // patience is for the next one, not for all of them
    all.done.expires_after(settings_.patience);
    boost::system::error_code ec;
    co_await all.done.async_wait(asio::redirect_error(use_awaitable, ec));
  }
  if (all.failure == "no stream takes events") begin_set_up();
  if (all.failure.empty() && all.missing > 0) all.failure = "NATS does not acknowledge";
  if (!all.failure.empty()) throw nats_away(all.failure);
  if (published_ != nullptr) published_->Increment(static_cast<double>(events.size()));
}

void nats_broker::stop() {
  if (!started_ || stopping_.exchange(true)) return;
  asio::post(link_.context(), [this] {
    watch_->cancel();
    if (lanes_at_work_ == 0) lanes_ended_.set_value();
    for (const auto& each : lanes_) each->stop();
  });
  if (lanes_ended_.get_future().wait_for(longest_stop) == std::future_status::timeout) {
    log::error("bus: a consumer did not end in time");
  }
}

}  // namespace

std::unique_ptr<broker> make_nats_broker(const std::string& url, nats_settings settings, io_threads& threads,
                                         prometheus::Registry* metrics) {
  return std::make_unique<nats_broker>(url, std::move(settings), threads, metrics);
}

}  // namespace cumulo::bus
