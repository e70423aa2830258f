#pragma once
// The user-service, composed: accounts, sign-in, sessions, tokens, keys.
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/auth/password.hpp"
#include "platform/service/component.hpp"
#include "user-service/api/registration_mode.hpp"
#include "user-service/domain/key_schedule.hpp"
#include "user-service/domain/lifetimes.hpp"
#include "user-service/domain/sign_in_throttle.hpp"

namespace cumulo::users {

struct settings {
  std::string database_url;
  sql::pool_settings pool{};
  auth::token_settings tokens{};
  auth::password_settings passwords{};
  lifetimes lives{};
  key_policy keys{};
  throttle_rates throttle{};
  api::registration_mode registration{};
  std::string public_url;             ///< without a slash at its end
  std::string key_encryption_secret;  ///< empty: signing keys are stored as they are
};

/// This service's options, beside the platform's.
[[nodiscard]] std::vector<option> options();
[[nodiscard]] settings settings_from(const config& c);
/// "user create", "user list", "user disable", "user enable", "user reset-password",
/// "user verify-email".
[[nodiscard]] std::vector<service::command_line> commands();

class app final : public service::component {
 public:
  /// Brings the schema up to date. Throws as sql::migrate() and sql::open() do.
  app(service::runtime& shared, settings s);
  explicit app(service::runtime& shared) : app(shared, settings_from(shared.options)) {}
  ~app() override;

  [[nodiscard]] std::string_view name() const override { return "user-service"; }
  [[nodiscard]] std::vector<http::route> routes() override;
  void start() override;
  void stop() override;
  [[nodiscard]] std::vector<service::dependency> check() const override;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace cumulo::users
