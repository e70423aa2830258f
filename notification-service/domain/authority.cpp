#include "notification-service/domain/authority.hpp"

#include "notification-service/domain/webhook.hpp"

namespace cumulo::notifications {

bool may_notify_others(const auth::principal& caller) { return caller.may(auth::scope_notify_send); }

result<> check_may_notify(const auth::principal& caller, bool is_caller_itself) {
  if (may_notify_others(caller)) return {};
  if (!is_caller_itself) {
    return error{errc::forbidden, "Notifying other people needs the scope notify:send."};
  }
  if (!caller.may(auth::scope_notifications_write)) {
    return error{errc::forbidden, "Notifying yourself needs the scope notifications:write."};
  }
  return {};
}

result<> check_may_receive(const auth::principal& caller, const std::vector<std::string>& patterns) {
  if (!caller.may(auth::scope_notifications_read)) {
    return error{errc::forbidden, "A webhook carries notifications, which needs the scope notifications:read."};
  }
  if (asks_for_tasks(patterns) && !caller.may(auth::scope_tasks_read)) {
    return error{errc::forbidden, "A webhook for tasks and projects needs the scope tasks:read."};
  }
  return {};
}

}  // namespace cumulo::notifications
