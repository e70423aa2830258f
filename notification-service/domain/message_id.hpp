#pragma once
// Ids of notifications that are made again and again from the same cause, or ahead of their time.
#include <string>
#include <string_view>

#include "platform/core/clock.hpp"

namespace cumulo::notifications {

/// A UUIDv7 of the time `at` whose other 74 bits are a hash of `seed`: the same cause gives the same id, so a repeat
/// meets the row that is there. An inbox is ordered by id, so `at` is where the notification stands in it.
/// For a rule: message_id(event's time, event's id + recipient's id). For one scheduled: message_id(send_at, new_id()).
[[nodiscard]] std::string message_id(instant at, std::string_view seed);

}  // namespace cumulo::notifications
