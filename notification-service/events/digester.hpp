#pragma once
// Sends the digests whose time has come.
#include <functional>

#include "notification-service/events/teller.hpp"
#include "notification-service/storage/digest_repository.hpp"

namespace cumulo::notifications {

/// Any number of replicas may run one. Taking an account's digest, setting its next time and making the notification
/// are one transaction: each local day has at most one digest, whatever is killed. One that is later than
/// digest_patience is left out.
class digester {
 public:
  digester(sql::database& store, const teller& who_tells) : store_(store), digests_(store), teller_(who_tells) {}

  /// Works off all that is due, or until `stopping` says so; returns how many digests it took, sent or not.
  awaitable<int> run(const std::function<bool()>& stopping);

 private:
  /// False if another replica has it.
  awaitable<bool> try_to_take(const due_digest& what);
  awaitable<bool> take(const due_digest& what);

  sql::database& store_;
  digest_repository digests_;
  const teller& teller_;
};

}  // namespace cumulo::notifications
