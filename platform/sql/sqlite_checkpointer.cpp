#include "platform/sql/sqlite_checkpointer.hpp"

#include <algorithm>
#include <utility>

namespace cumulo::sql {
namespace {
using seconds = std::chrono::duration<double>;

constexpr int worth_copying = 1'000;  // pages, 4 MB
constexpr int good_copy = 3'000;  // of more, the log outruns its copies; of fewer, pages that changed twice go twice
constexpr int long_log = 32'000;  // 128 MB
constexpr int few_pages = 300;    // for the writer to copy while callers wait, in some 10 ms
constexpr double approach = 0.7;  // of the copies' speed: so what is left shrinks by a third with each
constexpr std::chrono::milliseconds longest_pause{100};
}  // namespace

sqlite_checkpointer::sqlite_checkpointer(const std::string& file, const instruments& meter,
                                         std::function<void()> wake_writer)
    : connection_(file, sqlite_connection::access::copy_log, std::chrono::hours{1}, nullptr),
      meter_(meter),
      wake_writer_(std::move(wake_writer)),
      threshold_(worth_copying),
      thread_([this] { work(); }) {}

sqlite_checkpointer::~sqlite_checkpointer() { close(); }

void sqlite_checkpointer::log_has(int pages) {
  meter_.wal_pages(pages);
  const int added = pages - pages_.exchange(pages);
  if (added < 0) {  // it started over
    copied_ = 0;
    threshold_ = worth_copying;
  }
  const auto now = clock::now();
  if (state_ == state::copying && speed_ > 0 && added > 0) {
    const auto due = next_group_ + std::chrono::duration_cast<clock::duration>(seconds{added / bearable_growth(pages)});
    next_group_ = std::clamp<clock::time_point>(due, now, now + longest_pause);
  } else {
    next_group_ = now;
  }
  if (state_ == state::idle && pages >= threshold_) begin_copy();
}

double sqlite_checkpointer::bearable_growth(int pages) const {
  if (pages >= long_log) return speed_ * approach * std::max(static_cast<double>(long_log) / pages, 0.5);
  return speed_ * std::clamp(static_cast<double>(good_copy) / in_copy_, 0.5, 4.0);
}

int sqlite_checkpointer::copy(sqlite_connection& over) {
  const auto begun = clock::now();
  const int before = copied_;
  in_copy_ = std::max(left(), 1);
  int in_log = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(over.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
  if (code != SQLITE_OK || copied < 0) {  // a full disk, or another process copies: try again when it has grown as much
    threshold_ = pages_ + worth_copying;
    return 0;
  }
  copied_ = copied;
  const int fresh = copied - before;
  if (fresh >= worth_copying) {
    const double seen = fresh / seconds{clock::now() - begun}.count();
    speed_ = speed_ == 0 ? seen : speed_ + (seen - speed_) / 4;
  }
  // The same if a reader in the middle of a long query keeps pages from being copied.
  threshold_ = in_log + worth_copying;
  if (pages_ < in_log) {  // it started over meanwhile
    copied_ = 0;
    threshold_ = worth_copying;
  }
  return fresh;
}

void sqlite_checkpointer::finish(sqlite_connection& writer) {
  if (left() > worth_copying) {  // a large transaction came in between
    begin_copy();
    return;
  }
  copy(writer);
  state_ = state::idle;
}

void sqlite_checkpointer::begin_copy() {
  {
    const std::lock_guard lock(mutex_);
    state_ = state::copying;
  }
  wake_.notify_one();
}

void sqlite_checkpointer::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || state_ == state::copying; });
    if (closing_) return;
    lock.unlock();
    bool starts_over = false;
    int fresh = few_pages;
    while (!starts_over && fresh >= few_pages) {
      fresh = copy(connection_);
      if (pages_ < long_log) break;
      starts_over = left() <= few_pages;
    }
    lock.lock();
    state_ = starts_over ? state::finish : state::idle;
    if (!starts_over) continue;
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
