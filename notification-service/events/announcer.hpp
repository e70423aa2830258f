#pragma once
// Tells everyone what administrators announce.
#include <functional>

#include "notification-service/events/teller.hpp"
#include "notification-service/storage/announcement_repository.hpp"

namespace cumulo::notifications {

/// Any number of replicas may run one. Telling a batch and noting how far it got are one transaction, so that nobody is
/// left out or told twice, whatever is killed; between batches others get their turn.
class announcer {
 public:
  announcer(sql::database& store, const teller& who_tells) : store_(store), teller_(who_tells) {}

  /// Until nothing is left to send, another replica gets ahead, or `stopping` says so between two batches.
  awaitable<void> run(const std::function<bool()>& stopping);
  /// The next batch; false if nothing is being sent.
  awaitable<bool> send_batch();

  static constexpr int batch = 50;

 private:
  sql::database& store_;
  const teller& teller_;
};

}  // namespace cumulo::notifications
