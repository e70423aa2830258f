#pragma once
// Who may notify whom.
#include <string>
#include <string_view>
#include <vector>

#include "platform/auth/principal.hpp"
#include "platform/core/result.hpp"

namespace cumulo::notifications {

/// May the caller write to people other than itself, and so learn which of them exist?
[[nodiscard]] bool may_notify_others(const auth::principal& caller);

/// To oneself with notifications:write, to anyone with notify:send; otherwise errc::forbidden, in the same words
/// whether or not there is such a recipient.
[[nodiscard]] result<> check_may_notify(const auth::principal& caller, bool is_caller_itself);

/// May the caller have these events sent to an address outside, or see what is sent there and the secret that signs it?
/// Whoever may set that up may read what is sent there, so it needs notifications:read, and tasks:read for events of
/// tasks and projects; otherwise errc::forbidden.
[[nodiscard]] result<> check_may_receive(const auth::principal& caller, const std::vector<std::string>& patterns);

}  // namespace cumulo::notifications
