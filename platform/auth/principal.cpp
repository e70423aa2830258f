#include "platform/auth/principal.hpp"

#include <algorithm>

namespace cumulo::auth {

bool principal::may(std::string_view scope) const {
  const bool granted = std::ranges::find(scopes, scope) != scopes.end();
  if (!is_session) return granted && scope != scope_session;
  if (scope == scope_notify_send) return administrator || granted;
  return true;
}

}  // namespace cumulo::auth
