#pragma once
#include <vector>

#include "platform/http/router.hpp"

namespace cumulo::users {

namespace api {
class sign_in_api;
class account_api;
class recovery_api;
class administration_api;
class trust_api;
}  // namespace api

/// The whole HTTP surface of this service. What is given outlives the routes.
[[nodiscard]] std::vector<http::route> make_routes(api::sign_in_api& sign_in, api::account_api& account,
                                                   api::recovery_api& recovery, api::administration_api& administration,
                                                   api::trust_api& trust);

}  // namespace cumulo::users
