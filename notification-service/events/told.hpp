#pragma once
// What other services' events tell people: io.cumulo.task.*, io.cumulo.reminder.due.v1, io.cumulo.task.due_soon.v1,
// io.cumulo.user.signed_in.v1, .password_changed.v1 and .token_created.v1. The same events, and those of projects, keep
// the agenda, from which digests are made; a password that was reset pauses the webhooks.
#include "notification-service/events/teller.hpp"
#include "platform/bus/bus.hpp"

namespace cumulo::notifications {

/// Makes notifications and keeps the agenda in the transaction that consumes each event. Both outlive the bus.
[[nodiscard]] bus::subscription told_events(sql::database& store, const teller& who_tells);

}  // namespace cumulo::notifications
