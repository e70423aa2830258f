#pragma once
// What this service learns from the others: io.cumulo.user.registered.v1, .updated.v1, .disabled.v1, .enabled.v1 and
// .erased.v1; for the live streams and webhooks io.cumulo.task.… and io.cumulo.project.….
#include "platform/bus/bus.hpp"

namespace cumulo::notifications {

/// Keeps the recipients of `store` up to date. Members that an event has beyond those that are needed are passed over.
[[nodiscard]] bus::subscription account_events(sql::database& store);

/// Puts what happens to tasks and projects on the live streams of those whom the event names as its audience.
[[nodiscard]] bus::subscription streamed_events(sql::database& store);

/// Queues the same for those of their webhooks that want it.
[[nodiscard]] bus::subscription hooked_events(sql::database& store);

}  // namespace cumulo::notifications
