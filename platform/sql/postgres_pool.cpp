#include "platform/sql/postgres_pool.hpp"

namespace cumulo::sql {

postgres_pool::postgres_pool(std::size_t size, asio::io_context& context, io_threads& threads,
                             const pool_settings& settings, const instruments& meter, postgres_connector& connector)
    : size_(size),
      context_(context),
      threads_(threads),
      settings_(settings),
      meter_(meter),
      connector_(connector),
      waiting_gauge_(meter.waiting("pool")) {}

postgres_pool::lease::lease(std::shared_ptr<postgres_pool> pool, std::shared_ptr<postgres_link> link)
    : pool_(std::move(pool)), link_(std::move(link)) {}

postgres_pool::lease::~lease() {
  if (link_) pool_->give_back(std::move(link_));
}

awaitable<postgres_pool::lease> postgres_pool::acquire(std::string_view statement_name) {
  if (!idle_.empty()) {
    auto link = std::move(idle_.back());
    idle_.pop_back();
    ++lent_;
    co_return lease{shared_from_this(), std::move(link)};
  }
  if (closing_ || seekers_.size() >= settings_.max_waiting) {
    meter_.failed(failure::unavailable);
    throw database_error(failure::unavailable, statement_name,
                         closing_ ? "the database is closed" : "too many requests wait for a connection");
  }
  seeker me{};
  me.statement = statement_name;
  auto start = [this, &me] {
    seekers_.push_back(&me);
    instruments::add(waiting_gauge_, 1);
    if (connecting_ < seekers_.size()) open_one();
  };
  co_await suspend(me, start);
  me.rethrow();
  co_return lease{shared_from_this(), std::move(me.link)};
}

void postgres_pool::open_one() {
  if (all_.size() >= size_) return;
  ++connecting_;
  auto link =
      std::make_shared<postgres_link>(postgres_link::use::exclusive, context_, threads_, settings_, meter_, connector_);
  link->on_change = [pool = weak_from_this(), weak = std::weak_ptr{link}, first = true](bool up) mutable {
    const auto self = pool.lock();
    const auto mine = weak.lock();
    if (!self || !mine) return;
    if (first) --self->connecting_;
    first = false;
    self->changed(mine, up);
  };
  all_.push_back(link);
  connector_.request(link);
}

void postgres_pool::changed(const std::shared_ptr<postgres_link>& link, bool up) {
  if (up) {
    ++lent_;
    give_back(link);
    return;
  }
  std::erase(idle_, link);
  std::erase(all_, link);
  if (all_.empty()) {  // the server is away: let nobody wait for it
    for (auto* s : std::exchange(seekers_, {})) refuse(*s, failure::unavailable, "cannot connect to the database");
  } else if (!seekers_.empty() && connecting_ == 0) {
    open_one();
  }
}

void postgres_pool::give_back(std::shared_ptr<postgres_link> link) {
  --lent_;
  if (link->is_up() && !closing_) {
    if (seekers_.empty()) {
      idle_.push_back(std::move(link));
    } else {
      auto* s = seekers_.front();
      seekers_.pop_front();
      serve(*s, std::move(link));
    }
  } else if (closing_) {
    link->abort();
    std::erase(all_, link);
  } else if (!seekers_.empty() && connecting_ < seekers_.size()) {
    open_one();
  }
  report_closed();
}

void postgres_pool::serve(seeker& s, std::shared_ptr<postgres_link> link) {
  ++lent_;
  s.link = std::move(link);
  instruments::add(waiting_gauge_, -1);
  const std::array<waiter*, 1> done{&s};
  resume_on_own_threads(done, threads_);
}

void postgres_pool::refuse(seeker& s, failure kind, const std::string& why) {
  meter_.failed(kind);
  s.fail(std::make_exception_ptr(database_error(kind, s.statement, why)));
  instruments::add(waiting_gauge_, -1);
  const std::array<waiter*, 1> done{&s};
  resume_on_own_threads(done, threads_);
}

void postgres_pool::tick() {
  const auto now = std::chrono::steady_clock::now();
  while (!seekers_.empty() && now - seekers_.front()->asked > settings_.client_deadline) {
    auto* late = seekers_.front();
    seekers_.pop_front();
    refuse(*late, failure::unavailable, "no connection came free within the client's deadline");
  }
  const auto links = all_;  // a tick may drop one
  for (const auto& link : links) link->tick();
}

void postgres_pool::report_closed() {
  if (closing_ && lent_ == 0 && closed_) std::exchange(closed_, nullptr)();
}

void postgres_pool::close(std::function<void()> closed) {
  closing_ = true;
  closed_ = std::move(closed);
  for (auto* s : std::exchange(seekers_, {})) refuse(*s, failure::unavailable, "the database is closed");
  for (const auto& link : std::exchange(idle_, {})) {
    std::erase(all_, link);
    link->abort();
  }
  report_closed();
}

void postgres_pool::abort() {
  closing_ = true;
  for (auto* s : std::exchange(seekers_, {})) refuse(*s, failure::unavailable, "the database is closed");
  idle_.clear();
  for (const auto& link : std::exchange(all_, {})) link->abort();
}

}  // namespace cumulo::sql
