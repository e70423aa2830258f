#include "platform/sql/postgres_database.hpp"

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <future>
#include <random>

#include "platform/sql/postgres_pool.hpp"
#include "platform/sql/postgres_transaction.hpp"

namespace cumulo::sql {
namespace {

using timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>;

constexpr std::chrono::milliseconds tick_interval{250};
constexpr int most_retries = 8;  // of a body, after serialization failures; their pauses come to less than 0.4 s

/// What belongs to one I/O thread.
struct thread_part : std::enable_shared_from_this<thread_part> {
  thread_part(asio::io_context& context, std::shared_ptr<postgres_link> r, std::shared_ptr<postgres_link> w,
              std::shared_ptr<postgres_pool> p)
      : reads(std::move(r)), writes(std::move(w)), pool(std::move(p)), clock(context) {}

  std::shared_ptr<postgres_link> reads;
  std::shared_ptr<postgres_link> writes;  ///< null but on the first
  std::shared_ptr<postgres_pool> pool;
  timer clock;
  std::atomic<bool> runs{false};  ///< the I/O thread has come here

  void tick() {
    runs = true;
    clock.expires_after(tick_interval);
    clock.async_wait([self = shared_from_this()](const boost::system::error_code& code) {
      if (code) return;
      self->reads->tick();
      if (self->writes) self->writes->tick();
      self->pool->tick();
      self->tick();
    });
  }
  void close(const std::function<void()>& closed) {
    reads->close(closed);
    if (writes) writes->close(closed);
    pool->close(closed);
  }
  void abort() {
    clock.cancel();
    reads->abort();
    if (writes) writes->abort();
    pool->abort();
  }
};

class postgres_database final : public database {
 public:
  postgres_database(const std::string& url, io_threads& threads, const pool_settings& settings,
                    prometheus::Registry* metrics)
      : threads_(threads),
        settings_(settings),
        meter_(metrics, database_name(url), engine::postgres),
        connector_(url, settings.statement_timeout) {
    // Two at least, so that a job's slow query on one thread holds up no transaction there.
    const auto per_thread = std::max<std::size_t>(2, settings.exclusive_connections / threads.size());
    const auto link = [&](postgres_link::use use, std::size_t thread) {
      return std::make_shared<postgres_link>(use, threads.context(thread), threads, settings, meter_, connector_);
    };
    for (std::size_t i = 0; i < threads.size(); ++i) {
      auto& context = threads.context(i);
      parts_.push_back(std::make_shared<thread_part>(
          context, link(postgres_link::use::read, i), i == 0 ? link(postgres_link::use::write, i) : nullptr,
          std::make_shared<postgres_pool>(per_thread, context, threads, settings, meter_, connector_)));
      connector_.request(parts_[i]->reads);
      if (parts_[i]->writes) connector_.request(parts_[i]->writes);
      asio::post(context, [part = parts_[i]] { part->tick(); });
    }
  }
  ~postgres_database() override { close(); }

  [[nodiscard]] engine kind() const override { return engine::postgres; }

  awaitable<std::uint64_t> query(const statement& what, std::span<const param> values, row_sink sink) override {
    require_open(what.name);
    const std::array<command, 1> one{command{&what, values}};
    postgres_request request{};
    request.commands = one;
    co_await mine().reads->run(request);
    co_return deliver(request.results.front().get(), sink);
  }

  awaitable<std::uint64_t> query_slow(const statement& what, std::span<const param> values, row_sink sink) override {
    require_connected(what.name);
    const std::array<command, 1> one{command{&what, values}};
    const auto lease = co_await mine().pool->acquire(what.name);
    postgres_request request{};
    request.commands = one;
    co_await lease.link().run(request);
    co_return deliver(request.results.front().get(), sink);
  }

  awaitable<void> write(std::span<const command> commands, std::span<std::uint64_t> changed) override {
    require_open("postgres.write");
    if (commands.empty()) co_return;
    postgres_request request{};
    request.commands = commands;
    co_await parts_.front()->writes->run(request);
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (!changed.empty()) changed[i] = count_rows(request.results[i].get());
    }
  }

  [[nodiscard]] health check() const override {
    if (closed_) return {false, "postgres: closed"};
    for (const auto& part : parts_) {
      for (const auto& link : {part->reads, part->writes}) {
        if (link && !link->is_up()) return {false, "postgres: not connected"};
        if (link && !link->is_responsive()) return {false, "postgres: the server does not answer"};
      }
    }
    return {true, "postgres"};
  }

  void backup_to(const std::string&) override {
    throw database_error(failure::other, "postgres.backup", "use pg_dump, or the backups of your PostgreSQL service");
  }

  void close() override;

 protected:
  awaitable<void> run_transaction(erased_body body) override {
    for (int attempt = 0; attempt < most_retries; ++attempt) {
      const bool done = co_await attempt_transaction(body, true);
      if (done) co_return;
      timer pause{threads_.context(io_threads::current())};
      pause.expires_after((1 << std::min(attempt, 5)) * jitter());
      co_await pause.async_wait(use_awaitable);
    }
    co_await attempt_transaction(body, false);
  }

 private:
  [[nodiscard]] bool is_running(std::size_t i) const { return parts_[i]->runs && !threads_.context(i).stopped(); }
  thread_part& mine() { return *parts_[calling_thread()]; }

  void require_open(std::string_view name) const {
    if (closed_) throw database_error(failure::unavailable, name, "the database is closed");
  }
  /// So that a request fails at once instead of waiting for an attempt to connect.
  void require_connected(std::string_view name) {
    require_open(name);
    if (mine().reads->is_refusing()) {
      meter_.failed(failure::unavailable);
      throw database_error(failure::unavailable, name, "not connected to the database");
    }
  }

  [[nodiscard]] static std::chrono::microseconds jitter() {
    thread_local std::minstd_rand random{std::random_device{}()};
    return std::chrono::microseconds{std::uniform_int_distribution<int>{200, 3'000}(random)};
  }

  /// False if it failed because others changed the same data and `may_retry`.
  awaitable<bool> attempt_transaction(erased_body body, bool may_retry) {
    require_connected("postgres.transact");
    const auto lease = co_await mine().pool->acquire("postgres.transact");
    postgres_transaction tx{lease.link()};
    std::exception_ptr error;
    bool commits = false;
    try {
      commits = co_await body(tx);
      if (commits && tx.has_begun() && !tx.failed()) co_await tx.commit();
    } catch (...) {
      error = std::current_exception();
    }
    if (error || tx.failed() || !commits) co_await tx.rollback();
    if (may_retry && tx.is_serialization_failure()) co_return false;
    if (error) std::rethrow_exception(error);
    if (commits && tx.failed()) std::rethrow_exception(tx.failed());
    co_return true;
  }

  io_threads& threads_;
  pool_settings settings_;
  instruments meter_;
  postgres_connector connector_;
  std::vector<std::shared_ptr<thread_part>> parts_;  ///< one per I/O thread; the first holds the write connection
  std::atomic<bool> closed_{false};
};

void postgres_database::close() {
  if (closed_.exchange(true)) return;
  // Wait for what was accepted; not on an I/O thread, which would wait for itself, nor if the threads have ended.
  if (!io_threads::on_one()) {
    auto left = std::make_shared<std::atomic<std::size_t>>(2 * parts_.size() + 1);
    auto all_closed = std::make_shared<std::promise<void>>();
    const auto closed = [left, all_closed] {
      if (--*left == 0) all_closed->set_value();
    };
    bool running = true;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      running = running && is_running(i);
      asio::post(threads_.context(i), [part = parts_[i], closed] { part->close(closed); });
    }
    if (running) all_closed->get_future().wait_for(settings_.client_deadline + std::chrono::seconds{1});
  }
  connector_.close();
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    if (!is_running(i) || (io_threads::on_one() && io_threads::current() == i)) {
      parts_[i]->abort();
      continue;
    }
    auto aborted = std::make_shared<std::promise<void>>();
    asio::post(threads_.context(i), [part = parts_[i], aborted] {
      part->abort();
      aborted->set_value();
    });
    if (!io_threads::on_one()) aborted->get_future().wait_for(std::chrono::seconds{1});
  }
}

}  // namespace

std::string database_name(const std::string& url) {
  const auto authority = url.find("://");
  const auto from = url.find('/', authority == std::string::npos ? 0 : authority + 3);
  if (from == std::string::npos) return "postgres";
  const auto to = url.find('?', from);
  const auto name = url.substr(from + 1, to == std::string::npos ? to : to - from - 1);
  return name.empty() ? "postgres" : name;
}

std::unique_ptr<database> open_postgres(const std::string& url, io_threads& threads, const pool_settings& settings,
                                        prometheus::Registry* metrics) {
  return std::make_unique<postgres_database>(url, threads, settings, metrics);
}

}  // namespace cumulo::sql
