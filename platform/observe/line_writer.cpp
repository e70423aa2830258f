#include "platform/observe/line_writer.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include "platform/core/clock.hpp"

namespace cumulo::log {
namespace {

constexpr std::chrono::milliseconds collect_every{100};
constexpr std::size_t most_kept = std::size_t{1} << 20U;  // bytes of buffer

int open_for_appending(const std::string& file) {
  return ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

}  // namespace

line_writer::line_writer(std::string file) : file_(std::move(file)) {
  if (!file_.empty()) {
    handle_ = open_for_appending(file_);
    if (handle_ < 0) throw std::system_error(errno, std::generic_category(), "cannot open the log file " + file_);
  }
  // Signals are for the threads that wait for them.
  sigset_t all{}, before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread{[this] { run(); }};
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

line_writer::~line_writer() {
  finish();
  if (handle_ > 2) ::close(handle_);
}

void line_writer::finish() {
  {
    const std::lock_guard lock{access_};
    if (std::exchange(stopping_, true)) return;
  }
  work_.notify_one();
  thread_.join();
  const std::lock_guard lock{access_};
  stopped_ = true;
}

void line_writer::add_block(std::string_view lines, std::uint64_t count, bool urgent) {
  bool wakes = false;
  {
    const std::lock_guard lock{access_};
    if (stopped_) {
      write_out(lines);
      finished_ += count;
      return;
    }
    if (queued_.size() + lines.size() > most_queued) {
      dropped_ += count;
      return;
    }
    wakes = urgent || queued_.empty() || (queued_.size() <= block_size && queued_.size() + lines.size() > block_size);
    queued_.append(lines);
    queued_lines_ += count;
    added_ += count;
    if (urgent) flush_wanted_ = true;
  }
  if (wakes) work_.notify_one();
}

std::shared_ptr<line_writer::lane> line_writer::make_lane() {
  auto made = std::make_shared<lane>();
  made->lines.reserve(lane_size + 4'096);
  const std::lock_guard lock{access_};
  lanes_.push_back(made);
  return made;
}

void line_writer::line_added(lane& to) {
  if (++to.count == 1) {
    bool wakes = false;
    bool stopped = false;
    {
      const std::lock_guard lock{access_};
      wakes = !std::exchange(lanes_have_lines_, true);
      stopped = stopped_;
    }
    if (stopped) return hand_over(to);
    if (wakes) work_.notify_one();
  }
  if (to.lines.size() >= lane_size) hand_over(to);
}

void line_writer::hand_over(lane& full) {
  add_block(full.lines, full.count, false);
  full.lines.clear();
  full.count = 0;
}

void line_writer::collect_lanes() {
  std::vector<std::shared_ptr<lane>> lanes;
  {
    const std::lock_guard lock{access_};
    lanes_have_lines_ = false;
    lanes = lanes_;
  }
  std::vector<lane*> ended;  // of threads that are gone: nobody but the list and our copy holds them
  for (const auto& each : lanes) {
    const std::lock_guard lock{each->access};
    if (each->count > 0) hand_over(*each);
    if (each.use_count() == 2) ended.push_back(each.get());
  }
  if (ended.empty()) return;
  const std::lock_guard lock{access_};
  std::erase_if(lanes_, [&](const auto& each) { return std::ranges::count(ended, each.get()) > 0; });
}

void line_writer::flush(std::chrono::milliseconds patience) {
  collect_lanes();
  std::unique_lock lock{access_};
  const std::uint64_t goal = added_;
  flush_wanted_ = true;
  work_.notify_one();
  written_.wait_for(lock, patience, [&] { return finished_ >= goal; });
}

line_writer::counts line_writer::statistics() const {
  const std::lock_guard lock{access_};
  return {.written = finished_, .dropped = dropped_};
}

void line_writer::run() {
  std::string block;
  for (bool last = false; !last;) {
    {
      std::unique_lock lock{access_};
      work_.wait(lock, [this] { return !queued_.empty() || lanes_have_lines_ || stopping_; });
      // Gathering for a moment makes one write of many lines; a thread that flushes or stops need not wait for it.
      work_.wait_for(lock, collect_every, [this] { return flush_wanted_ || stopping_ || queued_.size() > block_size; });
      flush_wanted_ = false;
      last = stopping_;
    }
    collect_lanes();
    std::uint64_t lines = 0;
    std::uint64_t newly_dropped = 0;
    {
      const std::lock_guard lock{access_};
      block.clear();
      std::swap(block, queued_);
      lines = std::exchange(queued_lines_, 0);
      newly_dropped = dropped_ - std::exchange(dropped_told_, dropped_);
    }
    if (newly_dropped > 0) {
      block += R"({"time":")" + to_rfc3339(system_clock().now()) +
               R"(","level":"warn","message":"log lines dropped, the queue was full","lines":)" +
               std::to_string(newly_dropped) + "}\n";
    }
    write_out(block);
    if (block.capacity() > most_kept) block = {};  // a flood is over
    {
      const std::lock_guard lock{access_};
      finished_ += lines;
    }
    written_.notify_all();
  }
}

void line_writer::write_out(std::string_view text) {
  if (text.empty()) return;
  reopen_if_moved();
  while (!text.empty()) {
    const ssize_t done = ::write(handle_, text.data(), text.size());
    if (done >= 0) {
      text.remove_prefix(static_cast<std::size_t>(done));
    } else if (errno != EINTR) {
      return;  // disk full or the reader gone: there is nowhere left to say so
    }
  }
}

void line_writer::reopen_if_moved() {
  const auto now = std::chrono::steady_clock::now();
  if (file_.empty() || now - looked_at_file_ < std::chrono::seconds{1}) return;
  looked_at_file_ = now;
  struct stat named{}, opened{};
  if (::fstat(handle_, &opened) == 0 && ::stat(file_.c_str(), &named) == 0 && named.st_ino == opened.st_ino &&
      named.st_dev == opened.st_dev) {
    return;
  }
  const int anew = open_for_appending(file_);
  if (anew < 0) return;
  ::close(handle_);
  handle_ = anew;
}

}  // namespace cumulo::log
