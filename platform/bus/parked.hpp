#pragma once
// What an administrator does about events that were parked: sees them, and has them handled again once the cause is
// gone. `events parked` and `events replay` of every program.
#include "platform/bus/bus.hpp"

namespace cumulo::bus {

struct parked_event {
  std::string consumer, event_id, type, error;
  instant parked_at{};
  int attempts{0};
};

/// The oldest first; of one consumer, or of all if it is empty.
awaitable<std::vector<parked_event>> list_parked(sql::database& where, std::string consumer, int limit);

enum class replay_outcome { done, failed, not_there };
struct replayed {
  replay_outcome outcome{replay_outcome::not_there};
  std::string error;  ///< of the handler
};
/// Has one parked event handled now, in the transaction that takes it out of parked_events: however often and from
/// wherever it is asked for, it has its effect once. What fails stays parked with the new error. It comes after later
/// events of its subject. Throws database_error if the database cannot be used.
awaitable<replayed> replay_parked(const subscription& whose, std::string event_id);

}  // namespace cumulo::bus
