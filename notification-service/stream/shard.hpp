#pragma once
// The streams of one I/O thread, found by account. Everything runs on that thread, so nothing locks.
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "notification-service/stream/client.hpp"
#include "platform/auth/token.hpp"

namespace cumulo::notifications {

/// What the tail hands over: events in order, and how far the log has been read with them.
struct event_batch {
  std::vector<shared_event> events;
  stream_position reached;
  bool lost{false};  ///< something between the batch before and this one is gone: everybody loads afresh
};

class stream_shard {
 public:
  stream_shard(asio::io_context& context, const auth::trust_store& trust) : context_(context), revoked_(trust) {}

  [[nodiscard]] asio::io_context& context() { return context_; }
  /// Has the tail said where it begins? Before that nobody may join: what lies behind it would be missed.
  [[nodiscard]] bool has_begun() const { return begun_; }
  [[nodiscard]] stream_position reached() const { return reached_; }

  void add(stream_client& c);
  void remove(stream_client& c);
  void deliver(const event_batch& batch);
  /// Ends the streams whose credential is over, and says whose heartbeat is due.
  void look(stream_client::clock_type::time_point now, instant today);

 private:
  struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  asio::io_context& context_;
  auth::revocations revoked_;
  stream_position reached_{};
  bool begun_{false};
  std::vector<stream_client*> all_;
  std::unordered_map<std::string, std::vector<stream_client*>, text_hash, std::equal_to<>> by_account_;
};

}  // namespace cumulo::notifications
