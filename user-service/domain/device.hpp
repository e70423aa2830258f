#pragma once
// What counts as one device of an account, where its owner is warned of a sign-in from a new one.
#include <string>
#include <string_view>

#include "platform/core/clock.hpp"

namespace cumulo::users {

/// The mark of a device: SHA-256 over the account, the kind of client (the user agent without its versions, so that an
/// update makes no new device) and the network (an IPv4 /24 or IPv6 /48, so that a new lease does not either). Only the
/// mark is kept: it tells whether a device was seen before, and not where its owner has been.
[[nodiscard]] std::string device_mark(std::string_view account_id, std::string_view user_agent,
                                      std::string_view address);

/// A device that was not used for this long is a new one again; an account's latest stays known.
inline constexpr std::chrono::hours device_memory{24 * 400};

}  // namespace cumulo::users
