#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/clock.hpp"

namespace cumulo::auth {

/// Scopes that a personal access token may carry. A signed-in session may do all of these, and what needs `session`.
inline constexpr std::string_view scope_profile_read = "profile:read";
inline constexpr std::string_view scope_profile_write = "profile:write";
inline constexpr std::string_view scope_tasks_read = "tasks:read";
inline constexpr std::string_view scope_tasks_write = "tasks:write";
inline constexpr std::string_view scope_notifications_read = "notifications:read";
inline constexpr std::string_view scope_notifications_write = "notifications:write";
inline constexpr std::string_view scope_notify_send = "notify:send";  ///< administrators' sessions have it too
/// Held by sessions only, never by tokens: passwords, sessions, tokens, erasure.
inline constexpr std::string_view scope_session = "session";

/// Who is calling, as proved by a verified token. Immutable; shared from the verifier's cache.
struct principal {
  std::string account_id{};
  std::string credential_id{};  ///< the session (`sid`) or the personal access token (`jti`): what revocation names
  bool is_session{true};        ///< an interactive session; otherwise a personal access token
  bool administrator{false};
  std::vector<std::string> scopes{};  ///< of a personal access token
  std::string timezone{};             ///< IANA name, the `zoneinfo` claim; "UTC" if none
  std::string locale{};               ///< the `locale` claim; "en" if none
  instant expires_at{};

  /// notify:send is an administrator's or an explicitly granted right; a session has every other scope.
  [[nodiscard]] bool may(std::string_view scope) const;
};

}  // namespace cumulo::auth
