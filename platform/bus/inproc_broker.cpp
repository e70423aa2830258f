#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "platform/bus/bus.hpp"
#include "platform/bus/consumer.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::bus {

namespace {

// Chains of one subject that run side by side. SQLite makes one commit of what comes together; on PostgreSQL each holds
// one of the few exclusive connections.
constexpr std::size_t side_by_side_sqlite = 64;
constexpr std::size_t side_by_side_postgres = 4;

class inproc_broker final : public broker {
 public:
  inproc_broker(prometheus::Registry* metrics, int max_attempts)
      : metrics_(metrics), max_attempts_(std::max(1, max_attempts)) {}

  void subscribe(subscription s) override { consumers_.push_back(std::make_unique<consumer>(std::move(s), metrics_)); }

  awaitable<void> publish(std::span<const event> events) override;

  [[nodiscard]] sql::health check() const override {
    return {true, "in process, " + std::to_string(consumers_.size()) + " consumers"};
  }

 private:
  /// The events of one subject for one consumer, in order.
  struct chain {
    consumer* to;
    std::vector<const event*> events;
  };
  /// Chains that some coroutines work off together. All on one thread.
  struct gathering {
    std::vector<chain> chains;
    std::size_t next{0};
    std::size_t at_work{0};
    std::exception_ptr failure{};
  };

  [[nodiscard]] std::vector<chain> chains_of(std::span<const event> events, sql::engine kind) const;
  awaitable<void> deliver_side_by_side(std::vector<chain> chains, std::size_t width) const;
  awaitable<void> work_off(gathering& all) const;
  awaitable<void> deliver(consumer& to, const event& e) const;

  prometheus::Registry* metrics_;
  int max_attempts_;
  std::vector<std::unique_ptr<consumer>> consumers_;
};

std::vector<inproc_broker::chain> inproc_broker::chains_of(std::span<const event> events, sql::engine kind) const {
  std::vector<chain> out;
  for (const auto& c : consumers_) {
    if (c->what().database->kind() != kind) continue;
    std::unordered_map<std::string_view, std::size_t> by_subject;
    for (const auto& e : events) {
      if (!c->wants(e.type)) continue;
      const auto [found, is_new] = by_subject.try_emplace(e.subject, out.size());
      if (is_new) out.push_back({c.get(), {}});
      out[found->second].events.push_back(&e);
    }
  }
  return out;
}

awaitable<void> inproc_broker::publish(std::span<const event> events) {
  co_await deliver_side_by_side(chains_of(events, sql::engine::sqlite), side_by_side_sqlite);
  co_await deliver_side_by_side(chains_of(events, sql::engine::postgres), side_by_side_postgres);
  for (const auto& c : consumers_) co_await c->sweep_when_due();
}

awaitable<void> inproc_broker::deliver_side_by_side(std::vector<chain> chains, std::size_t width) const {
  if (chains.empty()) co_return;
  const auto executor = co_await asio::this_coro::executor;
  gathering all{.chains = std::move(chains)};
  asio::steady_timer all_done{executor, asio::steady_timer::time_point::max()};
  all.at_work = std::min(width, all.chains.size());
  const std::size_t workers = all.at_work;
  for (std::size_t i = 0; i < workers; ++i) {
    auto one_done = [&all, &all_done](std::exception_ptr failure) {
      if (failure && !all.failure) all.failure = failure;
      if (--all.at_work == 0) all_done.cancel();
    };
    asio::co_spawn(executor, work_off(all), std::move(one_done));
  }
  while (all.at_work > 0) {
    boost::system::error_code ec;
    co_await all_done.async_wait(asio::redirect_error(use_awaitable, ec));
  }
  if (all.failure) std::rethrow_exception(all.failure);
}

awaitable<void> inproc_broker::work_off(gathering& all) const {
  while (all.next < all.chains.size() && !all.failure) {
    const chain& mine = all.chains[all.next++];
    for (const event* e : mine.events) co_await deliver(*mine.to, *e);
  }
}

awaitable<void> inproc_broker::deliver(consumer& to, const event& e) const {
  for (int attempt = 1;; ++attempt) {
    const attempt_outcome outcome = co_await to.attempt(e);
    if (outcome.done()) co_return;
    if (outcome.away) std::rethrow_exception(outcome.away);
    if (attempt >= max_attempts_) {
      co_await to.park(e.id, to_cloudevent(e), outcome.error, attempt);
      co_return;
    }
    log::warn("bus: a consumer failed at an event and will try again", {{"consumer", to.what().consumer},
                                                                        {"event", e.id},
                                                                        {"type", e.type},
                                                                        {"attempt", attempt},
                                                                        {"error", outcome.error}});
    co_await sleep_for(pause_after(attempt));
  }
}

}  // namespace

std::unique_ptr<broker> make_inproc_broker(prometheus::Registry* metrics, int max_attempts) {
  return std::make_unique<inproc_broker>(metrics, max_attempts);
}

}  // namespace cumulo::bus
