#pragma once
// So that one caller's slow reads hold up that caller alone: an account has one at a time, in each process.
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "platform/core/async.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/result.hpp"

namespace cumulo::tasks {

/// Any I/O thread.
class slow_turns {
 public:
  static constexpr std::size_t most_waiting = 32;  ///< of an account
  static constexpr std::chrono::seconds longest_wait{5};

  /// Runs `read`, on the calling thread, when none of the account runs. errc::too_many_requests if too many wait
  /// already or it has waited too long. Passes on what `read` throws.
  [[nodiscard]] awaitable<result<>> run(std::string_view account_id, function_ref<awaitable<void>()> read);

 private:
  using steady = std::chrono::steady_clock;
  using timer = asio::basic_waitable_timer<steady, asio::wait_traits<steady>, io_executor>;
  class turn;

  std::mutex mutex_;
  std::unordered_map<std::string, std::deque<std::shared_ptr<timer>>> waiting_;  ///< for one that runs; in order
};

}  // namespace cumulo::tasks
