#pragma once
// One open stream, between the tail that finds events and the coroutine that writes them.
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "notification-service/storage/stream_log.hpp"
#include "platform/auth/principal.hpp"
#include "platform/core/async.hpp"

namespace cumulo::notifications {

/// One event as it goes on the wire: made once, shared by all who get it.
struct live_event {
  stream_position at;
  std::string account_id;
  std::string type;
  std::string wire;  ///< "id: …\nevent: …\ndata: …\n\n"
};
using shared_event = std::shared_ptr<const live_event>;

[[nodiscard]] shared_event make_live_event(stream_entry entry);

/// Which events a stream is for: what the credential may read, and of that what the client asks for.
class stream_filter {
 public:
  /// `types`: exact, or a beginning that ends in "*"; none: all.
  stream_filter(const auth::principal& who, std::vector<std::string> types);
  [[nodiscard]] bool takes(std::string_view type) const;

 private:
  bool tasks_;
  bool notifications_;
  std::vector<std::string> types_;
};

enum class stream_end : std::uint8_t { none, gone, slow, expired, revoked };
[[nodiscard]] std::string_view to_text(stream_end why);

class stream_shard;

/// Lives on one I/O thread, all of it.
class stream_client {
 public:
  using clock_type = std::chrono::steady_clock;
  using timer = asio::basic_waitable_timer<clock_type, asio::wait_traits<clock_type>, io_executor>;

  static constexpr std::size_t most_waiting = 1'000;                ///< events
  static constexpr std::size_t most_waiting_bytes = 1'024 * 1'024;  ///< of them; one more makes the client slow

  /// On the I/O thread of `at`.
  stream_client(std::shared_ptr<stream_shard> at, std::shared_ptr<const auth::principal> who, stream_filter wants);
  ~stream_client();
  stream_client(const stream_client&) = delete;
  stream_client& operator=(const stream_client&) = delete;

  /// Takes part from here on: gets every event after `after` that the thread has not passed yet. Returns how far the
  /// thread has come: what lies between `after` and that is to be read from the log.
  stream_position join(stream_position after);

  /// `cut` closes the connection; called when the client turns out to be slow.
  void on_slow(std::function<void()> cut) { cut_ = std::move(cut); }

  void offer(const shared_event& e);
  /// The stream is to end: no more events come.
  void end(stream_end why);
  /// The log was lost behind the client's back: it is to be told to load afresh.
  void demand_reset();

  /// Appends events that wait to `out`, up to about `room` bytes; returns how many.
  std::size_t take(std::string& out, std::size_t room);
  /// Suspends until there are events, an end, a reset or the time for a heartbeat.
  awaitable<void> wait();

  [[nodiscard]] stream_end ended() const { return end_; }
  [[nodiscard]] bool has_events() const { return !waiting_.empty(); }
  [[nodiscard]] bool is_due_to_beat() const { return beat_due_; }
  [[nodiscard]] bool take_reset() { return std::exchange(reset_, false); }
  /// Something was written: the next heartbeat is due `interval` from now.
  void wrote(clock_type::time_point now, std::chrono::milliseconds interval);
  /// The position that this client has reached, all events up to it written or not for it.
  [[nodiscard]] stream_position reached() const;

  [[nodiscard]] const auth::principal& who() const { return *who_; }
  [[nodiscard]] const stream_filter& filter() const { return filter_; }

 private:
  friend class stream_shard;
  void wake();
  /// Looks at the clock: is the credential or the silence over?
  void look(clock_type::time_point now, instant today);

  std::shared_ptr<stream_shard> shard_;
  std::shared_ptr<const auth::principal> who_;
  stream_filter filter_;
  timer signal_;
  std::deque<shared_event> waiting_;
  std::size_t waiting_bytes_{0};
  std::function<void()> cut_;
  stream_position after_{};
  clock_type::time_point beat_at_{clock_type::time_point::max()};
  stream_end end_{stream_end::none};
  bool joined_{false};
  bool suspended_{false};
  bool beat_due_{false};
  bool reset_{false};
  std::size_t index_{0};  ///< in the shard's list
};

}  // namespace cumulo::notifications
