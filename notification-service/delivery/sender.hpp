#pragma once
// What the delivery engine asks of a channel: one attempt at one delivery.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "notification-service/domain/channel.hpp"
#include "platform/core/async.hpp"

namespace cumulo::notifications {

/// A claimed delivery, with what is known of its recipient at this moment.
struct outgoing {
  std::string notification_id;
  std::string kind;
  std::string recipient_id;
  std::string target;                          ///< which endpoint of the channel; empty until the channel has split it
  std::optional<std::string> email{};          ///< absent: no event has told it yet
  std::optional<bool> email_verified{};        ///< absent: likewise
  std::optional<std::string> email_refused{};  ///< why this address takes no mail any more
  std::optional<std::string> name{};
  std::optional<std::string> locale{};
  std::optional<std::string> timezone{};
  content says;
  instant created_at{};
  instant due_at{};         ///< when it was first to be delivered
  std::int64_t attempt{1};  ///< counted from 1, anew after a replay
};

/// How an attempt ended.
struct attempt {
  enum class outcome {
    delivered,
    retry,   ///< may work later: the engine backs off until the deadline
    failed,  ///< will not work: given up at once
    split,   ///< nothing sent: deliver to each of `targets` instead, each a delivery of its own (none: `disabled`)
  };
  outcome how{outcome::delivered};
  std::string
      error{};  ///< why nothing was delivered: shown to the notification's sender and to administrators; no secrets
  std::optional<std::chrono::milliseconds> retry_after{};  ///< not before then, where the other side said so
  std::vector<std::string> targets{};                      ///< for split
  bool address_refused{false};                             ///< failed because there is no such mailbox: stop mailing it
};

/// One per channel. Called on an I/O thread, many times at once up to the channel's limits, and once more after a lost
/// lease or a kill: what it sends carries the notification's id, so that the other side can tell a repeat. It ends
/// within the lease (delivery-lease) by deadlines of its own. What it throws counts as retry.
class sender {
 public:
  virtual ~sender() = default;
  [[nodiscard]] virtual channel_name name() const = 0;
  /// `what` outlives the call.
  virtual awaitable<attempt> send(const outgoing& what) = 0;
};

}  // namespace cumulo::notifications
