#pragma once
// The live streams of one process: a tail reads the log once for all of them, and each I/O thread hands events to its
// own clients.
//
// The tail polls, at most 20 ms apart while streams are open (a commit of this process wakes it at once), once a second
// otherwise. What it cannot read it reads later: events are delayed, never lost, as positions are never passed over.
#include <prometheus/registry.h>

#include <atomic>
#include <chrono>
#include <memory>

#include "notification-service/stream/client.hpp"
#include "platform/auth/token.hpp"
#include "platform/core/io_threads.hpp"
#include "platform/core/result.hpp"

namespace cumulo::notifications {

struct stream_settings {
  std::size_t max_connections = 10'000;  ///< per process; one more is errc::unavailable
  std::size_t max_per_account = 50;      ///< per process; one more is errc::too_many_requests
  std::chrono::milliseconds heartbeat{15'000};
  std::chrono::milliseconds retention{std::chrono::hours{24}};  ///< of the log; never less than 5 minutes
  std::int64_t retained_events = 1'000'000;                     ///< at most, beside those of the last 5 minutes
};

struct stream_metrics;

class stream_hub {
  struct counts;

 public:
  /// Everything given outlives the hub.
  stream_hub(stream_log& log, io_threads& threads, const auth::trust_store& trust, const clock& time,
             stream_settings settings, prometheus::Registry& metrics);
  ~stream_hub();
  stream_hub(const stream_hub&) = delete;
  stream_hub& operator=(const stream_hub&) = delete;

  /// Returns when streams can be opened, or after a few seconds when the database is away. Not from an I/O thread.
  void start();
  /// Ends the tail. Not from an I/O thread; streams have ended.
  void stop();
  /// A commit added to the log: look soon. Any thread, cheap.
  void notify();

  /// Takes away what the log need not hold any longer, in batches.
  [[nodiscard]] awaitable<void> sweep(const std::function<bool()>& stopping);

  /// Counts one open stream for as long as it lives.
  class place {
   public:
    place(std::shared_ptr<counts> all, std::string account_id);
    ~place();
    place(const place&) = delete;
    place& operator=(const place&) = delete;

   private:
    std::shared_ptr<counts> counts_;
    std::string account_id_;
  };
  /// Room on the calling I/O thread for one more stream of this account, if there is.
  [[nodiscard]] result<std::shared_ptr<place>> admit(const std::string& account_id);

  /// A client on the calling I/O thread, not yet taking part.
  [[nodiscard]] std::shared_ptr<stream_client> make_client(std::shared_ptr<const auth::principal> who,
                                                           stream_filter wants);

  [[nodiscard]] stream_log& log() { return log_; }
  [[nodiscard]] const stream_settings& settings() const { return settings_; }
  [[nodiscard]] const std::shared_ptr<stream_metrics>& metrics() const { return metrics_; }

 private:
  struct tail;
  stream_log& log_;
  const clock& time_;
  stream_settings settings_;
  std::shared_ptr<stream_metrics> metrics_;
  std::shared_ptr<counts> counts_;
  std::vector<std::shared_ptr<stream_shard>> shards_;
  std::shared_ptr<tail> tail_;
};

}  // namespace cumulo::notifications
