#include "user-service/domain/links.hpp"

#include "platform/core/id.hpp"

namespace cumulo::users {

one_time_token make_one_time_token(purpose what, const account& who, instant now, const lifetimes& lives) {
  const auto valid = what == purpose::password_reset ? lives.reset_link : lives.verification_link;
  return {.secret = random_secret(),
          .purpose = what,
          .account_id = who.id,
          .email = who.email,
          .created_at = now,
          .expires_at = now + valid};
}

std::string link_of(const one_time_token& token, std::string_view public_url) {
  const std::string_view page =
      token.purpose == purpose::password_reset ? "/app/reset-password#token=" : "/app/verify-email#token=";
  return std::string{public_url}.append(page).append(token.secret);
}

}  // namespace cumulo::users
