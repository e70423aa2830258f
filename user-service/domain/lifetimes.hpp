#pragma once
#include <chrono>

namespace cumulo::users {

/// How long what is issued here is good for.
struct lifetimes {
  std::chrono::milliseconds access_token{std::chrono::minutes{15}};
  std::chrono::milliseconds session{std::chrono::hours{24 * 30}};          ///< since its refresh token was last used
  std::chrono::milliseconds personal_token{std::chrono::hours{24 * 366}};  ///< the longest that may be asked for
  std::chrono::milliseconds verification_link{std::chrono::hours{24 * 3}};
  std::chrono::milliseconds reset_link{std::chrono::hours{1}};
  std::chrono::milliseconds invitation{std::chrono::hours{24 * 7}};
  std::chrono::milliseconds erasure_grace{std::chrono::hours{24 * 30}};
  std::chrono::milliseconds between_links{
      std::chrono::minutes{1}};  ///< least time between two one-time links to an address

  /// How long an id stays in the revocations list: the token's life and what clocks may differ by.
  [[nodiscard]] std::chrono::milliseconds revoked_session() const { return access_token + clock_skew; }
  [[nodiscard]] std::chrono::milliseconds revoked_account() const { return personal_token + clock_skew; }
  static constexpr std::chrono::milliseconds clock_skew{std::chrono::minutes{1}};
};

}  // namespace cumulo::users
