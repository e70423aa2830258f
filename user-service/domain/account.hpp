#pragma once
// Who there is, and by what they prove it.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/clock.hpp"

namespace cumulo::users {

enum class role { member, administrator };
[[nodiscard]] std::string_view to_text(role r);
/// Anything but "administrator" is a member: an unknown word never gives rights.
[[nodiscard]] role role_from_text(std::string_view text);

struct account {
  std::string id{};
  std::string email{};  ///< as its owner writes it; compared by normalise_email()
  std::optional<std::string> name{};
  std::string timezone{};  ///< IANA
  std::string locale{};    ///< BCP 47
  users::role role{users::role::member};
  std::optional<instant> email_verified_at{};
  std::optional<instant> disabled_at{};  ///< by an administrator
  std::optional<instant> erase_at{};     ///< its owner asked for erasure, and may take it back until then by signing in
  instant created_at{};
  instant updated_at{};
  std::int64_t version{1};

  /// May its credentials be used?
  [[nodiscard]] bool is_active() const { return !disabled_at && !erase_at; }
};

/// A signed-in device. Its refresh token is kept only as two hashes, in storage.
struct session {
  std::string id{};
  std::string account_id{};
  std::string user_agent{};
  std::string address{};
  instant created_at{};
  instant last_used_at{};
  instant expires_at{};
};

/// A personal access token. The token itself is shown once and kept nowhere.
struct personal_token {
  std::string id{};
  std::string account_id{};
  std::string name{};
  std::vector<std::string> scopes{};
  instant created_at{};
  instant expires_at{};
};

struct invitation {
  std::string id{};
  std::optional<std::string> email{};  ///< who alone may use it
  std::string created_by{};
  instant created_at{};
  instant expires_at{};
};

enum class purpose { email_verification, password_reset };
[[nodiscard]] std::string_view to_text(purpose p);

/// A token that works once, as stored and as sent.
struct one_time_token {
  std::string secret{};  ///< what the link holds; never stored
  users::purpose purpose{};
  std::string account_id{};
  std::string email{};  ///< the address it goes to, and proves
  instant created_at{};
  instant expires_at{};
};

/// When and as part of what a change happens: written into rows and events.
struct change {
  instant at{};
  std::string traceparent{};  ///< W3C, or empty
  std::string address{};      ///< of the client that asks for it; empty at the command line and in jobs
  std::string user_agent{};
  std::string session_id{};  ///< that asks for it; empty for a personal access token, at the command line and in jobs
};

}  // namespace cumulo::users
