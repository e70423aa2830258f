#pragma once
// What the rest of the system learns of accounts, as rows for the outbox (contracts/events). The subject of all of them
// is the account, so that a consumer sees one account's history in order.
#include <string>
#include <string_view>

#include "platform/bus/bus.hpp"
#include "user-service/domain/account.hpp"

namespace cumulo::users::events {

[[nodiscard]] bus::event user_registered(const account& who, const change& when);
[[nodiscard]] bus::event user_updated(const account& who, const change& when);
/// `reason`: "administrator" or "erasure_requested".
[[nodiscard]] bus::event user_disabled(std::string_view account_id, std::string_view reason, const change& when);
[[nodiscard]] bus::event user_enabled(std::string_view account_id, const change& when);
/// Consumers erase everything they hold of this account.
[[nodiscard]] bus::event user_erased(std::string_view account_id, const change& when);
/// What an account's owner is warned of: where it came from and when. signed_in: from a device not seen before.
[[nodiscard]] bus::event signed_in(const session& s, const change& when);
[[nodiscard]] bus::event password_changed(std::string_view account_id, const change& when);
/// The same event, of a change by a mailed link: whoever had the account until then may have been somebody else.
[[nodiscard]] bus::event password_reset(std::string_view account_id, const change& when);
/// Beside token_created, which tells what the token is.
[[nodiscard]] bus::event user_token_created(const personal_token& t, const change& when);

[[nodiscard]] bus::event session_created(const session& s, const change& when);
/// `reason`: "signed_out", "ended_by_owner", "password_changed", "refresh_token_reused", "account_disabled",
/// "role_changed".
[[nodiscard]] bus::event session_revoked(std::string_view session_id, std::string_view account_id,
                                         std::string_view reason, const change& when);

[[nodiscard]] bus::event token_created(const personal_token& t, const change& when);
[[nodiscard]] bus::event token_revoked(std::string_view token_id, std::string_view account_id, const change& when);

/// Carries the one-time link for the notification-service to deliver. The link is in the outbox (and the bus) until it
/// is relayed: whoever reads the database or the bus could use it before its owner does, for as long as it is valid.
/// The alternative, another secret channel between the services, guards nothing against such a reader of the database.
[[nodiscard]] bus::event link_requested(const one_time_token& token, const account& who, std::string_view link,
                                        const change& when);

}  // namespace cumulo::users::events
