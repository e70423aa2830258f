#pragma once
// Who may notify whom.
#include <string_view>

#include "platform/auth/principal.hpp"
#include "platform/core/result.hpp"

namespace cumulo::notifications {

/// May the caller write to people other than itself, and so learn which of them exist?
[[nodiscard]] bool may_notify_others(const auth::principal& caller);

/// To oneself with notifications:write, to anyone with notify:send; otherwise errc::forbidden, in the same words
/// whether or not there is such a recipient.
[[nodiscard]] result<> check_may_notify(const auth::principal& caller, bool is_caller_itself);

}  // namespace cumulo::notifications
