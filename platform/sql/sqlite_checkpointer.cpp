#include "platform/sql/sqlite_checkpointer.hpp"

#include <climits>
#include <utility>

namespace cumulo::sql {
namespace {
constexpr int enough_pages = 1'000;  // 4 MB: of four times as many, each pause is twice as long
constexpr int few_pages = 200;       // for the writer to copy while callers wait
constexpr int most_passes = 8;
}  // namespace

sqlite_checkpointer::sqlite_checkpointer(const std::string& file, const instruments& meter,
                                         std::function<void()> wake_writer)
    : connection_(file, sqlite_connection::access::read_write, std::chrono::hours{1}, nullptr),
      meter_(meter),
      wake_writer_(std::move(wake_writer)),
      threshold_(enough_pages),
      thread_([this] { work(); }) {}

sqlite_checkpointer::~sqlite_checkpointer() { close(); }

void sqlite_checkpointer::log_has(int pages) {
  meter_.wal_pages(pages);
  pages_ = pages;
  if (pages < enough_pages) threshold_ = enough_pages;  // it started over
  if (pages < threshold_ || state_ != state::idle) return;
  {
    const std::lock_guard lock(mutex_);
    state_ = state::copying;
  }
  wake_.notify_one();
}

void sqlite_checkpointer::finish(sqlite_connection& writer) {
  int in_log = 0;
  int copied = 0;
  sqlite3_wal_checkpoint_v2(writer.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
  // A reader in the middle of a long query keeps the log from starting over: try again when it has grown as much again.
  threshold_ = in_log + enough_pages;
  state_ = state::idle;
}

void sqlite_checkpointer::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || state_ == state::copying; });
    if (closing_) return;
    lock.unlock();
    int left = INT_MAX;
    for (int pass = 0; pass < most_passes && left > few_pages; ++pass) {
      int in_log = 0;
      int copied = 0;
      sqlite3_wal_checkpoint_v2(connection_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
      const int before = std::exchange(left, pages_ - copied);
      if (left >= before) break;  // pages come as fast as they are copied, or a reader holds them
    }
    lock.lock();
    state_ = state::finish;
    lock.unlock();
    wake_writer_();
    lock.lock();
  }
}

void sqlite_checkpointer::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

}  // namespace cumulo::sql
