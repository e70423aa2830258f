#include "user-service/routes.hpp"

#include "user-service/api/account_api.hpp"
#include "user-service/api/administration_api.hpp"
#include "user-service/api/recovery_api.hpp"
#include "user-service/api/sign_in_api.hpp"

namespace cumulo::users {

namespace {

template <class Api>
http::handler to(Api& api, awaitable<result<>> (Api::*method)(const http::request&, http::response&)) {
  return [&api, method](const http::request& r, http::response& answer) { return (api.*method)(r, answer); };
}

}  // namespace

std::vector<http::route> make_routes(api::sign_in_api& signing_in, api::account_api& account,
                                     api::recovery_api& recovery, api::administration_api& administration,
                                     api::trust_api& trust) {
  using enum http::verb;
  using enum http::limit;
  using api::account_api, api::administration_api, api::recovery_api, api::sign_in_api, api::trust_api;
  using auth::scope_profile_read, auth::scope_profile_write, auth::scope_session;
  using http::administrator_with, http::anyone, http::caller_with;

  return {
      {get, "/registration", to(signing_in, &sign_in_api::get_registration), anyone, read},
      {post, "/register", to(signing_in, &sign_in_api::register_account), anyone, sign_in},
      {post, "/login", to(signing_in, &sign_in_api::log_in), anyone, sign_in},
      {post, "/token/refresh", to(signing_in, &sign_in_api::refresh), anyone, write},
      {post, "/logout", to(signing_in, &sign_in_api::log_out), anyone, write},

      {get, "/profile", to(account, &account_api::get_profile), caller_with(scope_profile_read), read},
      {patch, "/profile", to(account, &account_api::change_profile), caller_with(scope_profile_write), write},
      {put, "/profile", to(account, &account_api::change_profile), caller_with(scope_profile_write), write},
      {delete_, "/profile", to(account, &account_api::request_erasure), caller_with(scope_session), sign_in},
      {put, "/profile/password", to(account, &account_api::change_password), caller_with(scope_session), sign_in},

      {get, "/sessions", to(account, &account_api::list_sessions), caller_with(scope_session), read},
      {delete_, "/sessions/{id}", to(account, &account_api::end_session), caller_with(scope_session), write},

      {get, "/tokens", to(account, &account_api::list_tokens), caller_with(scope_session), read},
      {post, "/tokens", to(account, &account_api::create_token), caller_with(scope_session), write},
      {delete_, "/tokens/{id}", to(account, &account_api::revoke_token), caller_with(scope_session), write},

      {post, "/email/verify-request", to(recovery, &recovery_api::request_verification), caller_with(scope_session),
       sign_in},
      {post, "/email/verify", to(recovery, &recovery_api::verify_email), anyone, sign_in},
      {post, "/password/reset-request", to(recovery, &recovery_api::request_reset), anyone, sign_in},
      {post, "/password/reset", to(recovery, &recovery_api::reset_password), anyone, sign_in},

      {get, "/users", to(administration, &administration_api::list_users), administrator_with(scope_session), read},
      {get, "/users/{id}", to(administration, &administration_api::get_user), administrator_with(scope_session), read},
      {patch, "/users/{id}", to(administration, &administration_api::change_user), administrator_with(scope_session),
       write},

      {get, "/invitations", to(administration, &administration_api::list_invitations),
       administrator_with(scope_session), read},
      {post, "/invitations", to(administration, &administration_api::create_invitation),
       administrator_with(scope_session), write},
      {delete_, "/invitations/{id}", to(administration, &administration_api::withdraw_invitation),
       administrator_with(scope_session), write},

      {get, "/.well-known/jwks.json", to(trust, &trust_api::get_keys), anyone, none},
      {get, "/.well-known/revocations", to(trust, &trust_api::get_revocations), anyone, none},
  };
}

}  // namespace cumulo::users
