#pragma once
// What this service learns from the others: io.cumulo.user.erased.v1.
#include "platform/bus/bus.hpp"

namespace cumulo::tasks {

/// Erases what an erased account had in `store`.
[[nodiscard]] bus::subscription account_events(sql::database& store);

}  // namespace cumulo::tasks
