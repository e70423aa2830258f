#include "platform/sql/sqlite_slow_readers.hpp"

namespace cumulo::sql {
namespace {
constexpr std::size_t worker_count = 2;
}

slow_readers::slow_readers(const std::string& file, io_threads& threads, const pool_settings& settings,
                           const instruments& meter)
    : file_(file), threads_(threads), settings_(settings), meter_(meter), waiting_gauge_(meter.waiting("slow")) {}

slow_readers::~slow_readers() { close(); }

awaitable<void> slow_readers::run(slow_read& read) {
  {
    const std::lock_guard lock(mutex_);
    if (closing_) throw database_error(failure::unavailable, read.what->name, "the database is closed");
    if (queue_.size() >= settings_.max_waiting) {
      meter_.failed(failure::unavailable);
      throw database_error(failure::unavailable, read.what->name, "too many slow reads wait");
    }
    while (workers_.size() < worker_count) workers_.emplace_back([this] { work(); });
  }
  auto start = [this, &read] { submit(read); };
  co_await suspend(read, start);
  read.rethrow();
}

void slow_readers::submit(slow_read& read) {
  instruments::add(waiting_gauge_, 1);
  {
    const std::lock_guard lock(mutex_);
    if (!closing_) {
      queue_.push_back(&read);
      wake_.notify_one();
      return;
    }
  }
  instruments::add(waiting_gauge_, -1);
  read.fail(std::make_exception_ptr(database_error(failure::unavailable, read.what->name, "the database is closed")));
  const std::array<waiter*, 1> done{&read};
  resume_on_own_threads(done, threads_);
}

void slow_readers::work() {
  std::unique_ptr<sqlite_connection> connection;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto* read = queue_.front();
    queue_.pop_front();
    lock.unlock();
    instruments::add(waiting_gauge_, -1);
    try {
      if (std::chrono::steady_clock::now() - read->asked > settings_.client_deadline) {
        throw database_error(failure::unavailable, read->what->name,
                             "the read waited longer than the client's deadline");
      }
      if (!connection) {
        connection = std::make_unique<sqlite_connection>(file_, sqlite_connection::access::read_only,
                                                         settings_.statement_timeout, &meter_, settings_.predicates);
      }
      read->rows = connection->execute(*read->what, read->values, *read->sink);
    } catch (...) {
      read->fail(std::current_exception());
    }
    const std::array<waiter*, 1> done{read};
    resume_on_own_threads(done, threads_);
    lock.lock();
  }
}

void slow_readers::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (auto& worker : workers_) {
    if (worker.joinable()) worker.join();
  }
}

}  // namespace cumulo::sql
