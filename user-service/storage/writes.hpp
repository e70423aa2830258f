#pragma once
// Steps that several transactions of this service share. Their arguments outlive the awaited call.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/bus/bus.hpp"
#include "platform/service/idempotency.hpp"
#include "platform/sql/database.hpp"
#include "user-service/domain/account.hpp"
#include "user-service/domain/lifetimes.hpp"

namespace cumulo::users::storage {

/// The answer to record beside the change; null without an Idempotency-Key.
using answer_record = const service::idempotency_record*;

/// A session to be opened, with the hashes of its first refresh token.
struct new_session {
  session what;
  std::string family_hash;
  std::string turn_hash;
};

/// Statements that every opening of a session ends with. The warning takes an outbox row's seven values, then ?8
/// account, ?9 device_mark(), ?10 session; remembering takes account, mark, time, session. Nothing happens without the
/// session.
extern const sql::statement warn_if_new_device;
extern const sql::statement remember_device;

/// A one-time token to be stored, and the link that its owner gets.
struct new_link {
  one_time_token token;
  std::string link;
};

/// errc::unauthenticated if the session that asks for the change has ended since it was let in. Whatever takes a right
/// from an account ends its sessions in the same transaction, so who has one has the rights that its token says.
awaitable<result<>> require_session(sql::transaction& tx, const change& when);

awaitable<void> put_event(sql::transaction& tx, bus::event e);
awaitable<void> put_record(sql::transaction& tx, answer_record record);
/// With its event, and the warning if the device is new to an account that has known ones.
awaitable<void> put_session(sql::transaction& tx, const new_session& opened, const change& when);
/// The hash of a one-time token.
awaitable<void> put_token(sql::transaction& tx, const one_time_token& token);
/// The same, with the event that has the link delivered.
awaitable<void> put_link(sql::transaction& tx, const new_link& made, const account& who, const change& when);

/// Adds an id to the revocations list, or keeps it there for longer.
awaitable<void> put_revocation(sql::transaction& tx, std::string id, std::string account_id, instant until);

/// Ends the account's sessions but `kept` (may be empty): revoked, told, gone. Returns their ids.
awaitable<std::vector<std::string>> end_sessions(sql::transaction& tx, const std::string& account_id,
                                                 const std::string& kept, std::string_view reason, const change& when,
                                                 const lifetimes& lives);

/// Revokes all personal access tokens of the account: revoked, told, gone. Returns their ids.
awaitable<std::vector<std::string>> revoke_tokens(sql::transaction& tx, const std::string& account_id,
                                                  const change& when);

}  // namespace cumulo::users::storage
