#pragma once
// Delivers what waits in the queue, each channel by itself: what one cannot do does not delay another, nor one lane
// (endpoint, person) the rest of its channel.
//
// At least once: a delivery is claimed under a lease and ended in the database; a process that is killed in between
// leaves a lease that runs out, and then another attempt is made. Nothing is kept in memory alone.
//
// Metrics by channel: cumulo_delivery_waiting, cumulo_delivery_oldest_seconds, cumulo_delivery_failed (dead letters),
// cumulo_delivery_in_flight, cumulo_delivery_attempts_total{outcome}, cumulo_delivery_seconds (from due to delivered).
#include <prometheus/registry.h>

#include <chrono>
#include <memory>

#include "notification-service/delivery/sender.hpp"
#include "notification-service/domain/backoff.hpp"
#include "notification-service/storage/delivery_queue.hpp"
#include "platform/bus/bus.hpp"
#include "platform/core/io_threads.hpp"

namespace cumulo::notifications {

struct delivery_settings {
  std::chrono::milliseconds lease{120'000};        ///< longer than any sender's own deadlines
  std::chrono::milliseconds deadline{86'400'000};  ///< from due to given up
  std::chrono::milliseconds poll{1'000};           ///< how soon rows of other processes, and retries, are seen
  backoff pauses{};
};

struct channel_limits {
  std::size_t at_once{8};
  std::size_t at_once_per_lane{2};
  double per_second{0};  ///< attempts; 0: no limit
};

class delivery_engine {
 public:
  /// `events` is poked when what was scheduled comes out.
  delivery_engine(delivery_queue& queue, io_threads& threads, const clock& time, bus::relay& events,
                  delivery_settings settings, prometheus::Registry* metrics);
  ~delivery_engine();

  /// Before start. The sender outlives the engine's work.
  void add(sender& channel, channel_limits limits);
  void start();
  /// Rows were added: look at once. Any thread, cheap.
  void wake();
  /// Claims no more, and waits at most `grace` for what is in flight; true if nothing is. May be called again, as after
  /// the senders' connections have been cut. Not from an I/O thread.
  bool stop(std::chrono::milliseconds grace);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace cumulo::notifications
