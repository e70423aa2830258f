#pragma once
// What this service learns from the others: io.cumulo.user.{registered, updated, erased}.v1.
#include <functional>

#include "platform/bus/bus.hpp"
#include "platform/core/clock.hpp"

namespace cumulo::tasks {

/// Keeps the accounts' time zones, which their reminders follow, and erases what an erased account had in `store`.
/// `zone_moved` is called on any thread when reminders may have moved, perhaps before that is committed.
[[nodiscard]] bus::subscription account_events(sql::database& store, const clock& time,
                                               std::function<void()> zone_moved);

}  // namespace cumulo::tasks
