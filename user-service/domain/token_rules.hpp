#pragma once
// What a personal access token may be asked for.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/core/result.hpp"
#include "user-service/domain/lifetimes.hpp"

namespace cumulo::users {

struct token_wish {
  const std::string& name;
  const std::vector<std::string>& scopes;
  std::optional<instant> expires_at;
  std::optional<std::int64_t> expires_in_days;
};

/// A name of 1–100 characters, 1–20 known scopes without repeats (notify:send for administrators only), and an end that
/// is in the future and no further than allowed, said in one way.
[[nodiscard]] std::vector<fault> check_token(const token_wish& wish, bool administrator, instant now,
                                             const lifetimes& lives);
/// When it ends; 90 days from now if nothing was said and that is allowed.
[[nodiscard]] instant expiry_of_token(const token_wish& wish, instant now, const lifetimes& lives);

}  // namespace cumulo::users
