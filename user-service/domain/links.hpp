#pragma once
// One-time tokens and the links that carry them.
#include <string>
#include <string_view>

#include "user-service/domain/account.hpp"
#include "user-service/domain/lifetimes.hpp"

namespace cumulo::users {

[[nodiscard]] one_time_token make_one_time_token(purpose what, const account& who, instant now, const lifetimes& lives);

/// Where the page takes the token from. It stands in the fragment, which browsers send to no server and in no Referer.
/// `public_url` has no slash at its end.
[[nodiscard]] std::string link_of(const one_time_token& token, std::string_view public_url);

}  // namespace cumulo::users
