#pragma once
// Ten changes in five minutes are one e-mail. The mail is a pending delivery like any other, with a dispatch of its own
// and a time at which it goes out; until then each further change of its kind rewrites what it says. All of that is in
// the database, in the transaction of each change: a kill loses nothing and doubles nothing. Once the engine has
// claimed the delivery, the next change begins another mail.
#include "notification-service/domain/message.hpp"
#include "notification-service/domain/texts.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

/// Adds `what` (recipient, kind and words of one change) to the account's mail that gathers its kind, or begins one
/// that goes out at `at`. Call it once per change.
awaitable<void> gather(sql::transaction& tx, const message& what, const reader& who, instant at, instant now);

}  // namespace cumulo::notifications
