#pragma once
// The one thread that writes log lines, and the bounded queue before it; private to this room.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace cumulo::log {

/// Takes whole lines from any thread and writes them in blocks. Nothing that is given to it waits for the disk.
class line_writer {
 public:
  /// Lines of one thread, gathered without meeting other threads' locks; collected when full and every 100 ms.
  class lane {
   public:
    std::mutex access;  ///< the owner's; the writer takes it only to collect
    std::string lines;
    std::uint64_t count{0};
  };

  /// To a file (appended to; made anew when it was moved away) or, if empty, to standard error.
  explicit line_writer(std::string file);
  ~line_writer();
  line_writer(const line_writer&) = delete;
  line_writer& operator=(const line_writer&) = delete;

  /// Queues one line that ends in \n; an urgent one is written without waiting for company.
  void add(std::string_view line, bool urgent) { add_block(line, 1, urgent); }
  /// A lane for the calling thread, kept until the writer ends.
  std::shared_ptr<lane> make_lane();
  /// Called by a lane's owner with `access` held, after each line: hands the lane over when it is full.
  void line_added(lane& to);
  /// Waits until everything queued before is written, at most `patience`.
  void flush(std::chrono::milliseconds patience);
  /// Writes what is queued and ends the thread; from then on lines are written by whoever adds them.
  void finish();

  static constexpr std::size_t lane_size = 16 * 1024;
  static constexpr std::size_t block_size = 256 * 1024;  ///< enough to be written before the time for gathering is up
  static constexpr std::size_t most_queued = 8 * 1024 * 1024;  ///< bytes; beyond it lines are dropped and counted

  struct counts {
    std::uint64_t written, dropped;
  };
  [[nodiscard]] counts statistics() const;

 private:
  void add_block(std::string_view lines, std::uint64_t count, bool urgent);
  void hand_over(lane& full);
  void collect_lanes();
  void run();
  void write_out(std::string_view text);
  void reopen_if_moved();

  std::string file_;
  int handle_{2};
  std::chrono::steady_clock::time_point looked_at_file_{};

  mutable std::mutex access_;
  std::condition_variable work_;
  std::condition_variable written_;
  std::string queued_;
  std::uint64_t queued_lines_{0};
  std::uint64_t added_{0};     ///< lines ever queued
  std::uint64_t finished_{0};  ///< of these, written or given up
  std::uint64_t dropped_{0};
  std::uint64_t dropped_told_{0};
  bool lanes_have_lines_{false};
  bool flush_wanted_{false};
  bool stopping_{false};
  bool stopped_{false};
  std::vector<std::shared_ptr<lane>> lanes_;
  std::thread thread_;
};

}  // namespace cumulo::log
