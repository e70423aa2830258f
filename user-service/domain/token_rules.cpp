#include "user-service/domain/token_rules.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "platform/auth/principal.hpp"
#include "user-service/domain/rules.hpp"

namespace cumulo::users {

namespace {

using days = std::chrono::duration<std::int64_t, std::ratio<86'400>>;

constexpr std::array<std::string_view, 7> grantable{
    auth::scope_profile_read,       auth::scope_profile_write,       auth::scope_tasks_read, auth::scope_tasks_write,
    auth::scope_notifications_read, auth::scope_notifications_write, auth::scope_notify_send};

void check_scopes(const std::vector<std::string>& scopes, bool administrator, std::vector<fault>& faults) {
  if (scopes.empty()) faults.push_back({"/scopes", "too_short", "A token needs at least one scope."});
  if (scopes.size() > 20) {
    faults.push_back({"/scopes", "too_long", "A token has at most 20 scopes."});
    return;
  }
  for (auto scope = scopes.begin(); scope != scopes.end(); ++scope) {
    const std::string pointer = "/scopes/" + std::to_string(scope - scopes.begin());
    if (std::ranges::find(grantable, *scope) == grantable.end()) {
      faults.push_back({pointer, "unknown_value", "There is no such scope."});
    } else if (std::find(scopes.begin(), scope, *scope) != scope) {
      faults.push_back({pointer, "duplicate", "This scope is given twice."});
    } else if (*scope == auth::scope_notify_send && !administrator) {
      faults.push_back({pointer, "not_allowed", "Only administrators grant notify:send."});
    }
  }
}

}  // namespace

std::vector<fault> check_token(const token_wish& wish, bool administrator, instant now, const lifetimes& lives) {
  std::vector<fault> faults;
  check_name(wish.name, "/name", faults);
  if (faults.empty() && length_in_characters(wish.name) > 100) {
    faults.push_back({"/name", "too_long", "A token's name has at most 100 characters."});
  }
  check_scopes(wish.scopes, administrator, faults);
  const auto most = std::chrono::duration_cast<days>(lives.personal_token).count();
  if (wish.expires_at && wish.expires_in_days) {
    faults.push_back({"/expires_in_days", "conflict", "Give expires_at or expires_in_days, not both."});
  }
  if (wish.expires_at && (*wish.expires_at <= now || *wish.expires_at > now + lives.personal_token)) {
    faults.push_back({"/expires_at", "out_of_range",
                      "A token ends in the future, at most " + std::to_string(most) + " days ahead."});
  }
  if (wish.expires_in_days && (*wish.expires_in_days < 1 || *wish.expires_in_days > most)) {
    faults.push_back({"/expires_in_days", "out_of_range", "From 1 to " + std::to_string(most) + " days."});
  }
  return faults;
}

instant expiry_of_token(const token_wish& wish, instant now, const lifetimes& lives) {
  if (wish.expires_at) return *wish.expires_at;
  return now + std::min<std::chrono::milliseconds>(days{wish.expires_in_days.value_or(90)}, lives.personal_token);
}

}  // namespace cumulo::users
