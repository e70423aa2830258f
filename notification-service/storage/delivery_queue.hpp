#pragma once
// The rows of `deliveries` as a queue: any number of replicas claim what is due, each under a lease. All methods run on
// an I/O thread, throw sql::database_error, and when they return what they changed is durable.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "notification-service/delivery/sender.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

/// A delivery that is this process's until the lease ends. `owner` and `attempt` fence it: what a claim that ran out
/// reports changes nothing.
struct claimed_delivery {
  std::string notification_id;
  channel_name channel{};
  std::string target;
  std::string lane;
  std::string owner;
  std::int64_t attempt{};
  instant due_at{};
  instant accepted_at{};  ///< when this service took it on: before due_at where it was to wait
};

/// What may be claimed now.
struct claim_terms {
  std::string owner;
  instant now{};
  instant lease_until{};
  std::size_t most{};
  std::size_t most_per_lane{};                     ///< in flight, with those of `busy`
  const std::map<std::string, std::size_t>& busy;  ///< in flight by lane, of this process
};

/// A channel's queue as it stands.
struct queue_depth {
  channel_name channel{};
  std::int64_t waiting{};
  std::int64_t failed{};
  std::optional<instant> oldest{};  ///< due_at of the oldest that waits
};

class delivery_queue {
 public:
  explicit delivery_queue(sql::database& store) : store_(store) {}

  /// Is anything due? A read: it does not hold up writers.
  awaitable<bool> has_due(channel_name channel, instant now);
  /// Takes due deliveries, the longest due first, not more of a lane than its share. Two replicas never get the same
  /// one while a lease lasts.
  awaitable<std::vector<claimed_delivery>> claim(channel_name channel, const claim_terms& terms);
  /// What is to be sent, as it is known now. Nothing if the claim is not good any more, or the recipient is erased or
  /// disabled.
  awaitable<std::optional<outgoing>> load(const claimed_delivery& what);

  // How a claim ends. Each is false, and changes nothing, if it was not good any more.
  awaitable<bool> finish(const claimed_delivery& what, delivery_status how, const std::string& error, instant now);
  awaitable<bool> put_off(const claimed_delivery& what, const std::string& error, instant until, instant now);
  /// One delivery per target takes its place.
  awaitable<bool> split(const claimed_delivery& what, const std::vector<std::string>& targets, instant now);
  /// Failed for good, because `email` takes no mail: nothing is sent there until the account has another address. Its
  /// owner learns of it by `notice`, stored with it, once.
  awaitable<bool> refuse_address(const claimed_delivery& what, const std::string& account_id, const std::string& email,
                                 const std::string& error, const acceptance& notice, instant now);

  /// Gives up what waits on the channel since before `limit` and nobody holds; at most `batch`. Where somebody works on
  /// the channel, what was never tried stays: after a downtime longer than the deadline it still has its attempt.
  /// Returns how many.
  awaitable<std::uint64_t> expire(channel_name channel, bool is_worked_on, instant limit, instant now, int batch);
  /// One-time links from before `limit` that were not sent.
  awaitable<void> forget_links(instant limit);
  /// Lets out what was scheduled for `now` or before, with its inbox item and its event; at most `batch` notifications.
  /// Returns how many.
  awaitable<std::size_t> release_scheduled(instant now, int batch);
  awaitable<std::vector<queue_depth>> measure();

 private:
  awaitable<bool> end(const claimed_delivery& what, const sql::statement& how, std::span<const sql::param> values);

  sql::database& store_;
};

}  // namespace cumulo::notifications
