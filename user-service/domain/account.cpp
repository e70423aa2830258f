#include "user-service/domain/account.hpp"

namespace cumulo::users {

std::string_view to_text(role r) { return r == role::administrator ? "administrator" : "member"; }

role role_from_text(std::string_view text) { return text == "administrator" ? role::administrator : role::member; }

std::string_view to_text(purpose p) {
  return p == purpose::email_verification ? "email_verification" : "password_reset";
}

}  // namespace cumulo::users
