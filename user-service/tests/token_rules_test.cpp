#include "user-service/domain/token_rules.hpp"

#include <gtest/gtest.h>

namespace cumulo::users {
namespace {

using namespace std::chrono_literals;

const instant now = from_millis(1'800'000'000'000);
constexpr auto day = 24h;

struct row {
  std::string what;
  std::string name{"backup"};
  std::vector<std::string> scopes{"tasks:read"};
  std::optional<instant> expires_at{};
  std::optional<std::int64_t> days{};
  bool administrator{false};
  std::string faults{};
};

TEST(token_rules, name_every_fault) {
  const std::vector<row> table{
      {.what = "plain"},
      {.what = "all scopes of a member",
       .scopes = {"profile:read", "profile:write", "tasks:read", "tasks:write", "notifications:read",
                  "notifications:write"}},
      {.what = "sending as an administrator", .scopes = {"notify:send"}, .administrator = true},
      {.what = "a year", .days = 366},
      {.what = "an end", .expires_at = now + 1ms},
      {.what = "no name", .name = "", .faults = "/name required"},
      {.what = "long name", .name = std::string(101, 'n'), .faults = "/name too_long"},
      {.what = "no scope", .scopes = {}, .faults = "/scopes too_short"},
      {.what = "unknown scope", .scopes = {"tasks:read", "tasks:*"}, .faults = "/scopes/1 unknown_value"},
      {.what = "what only sessions may", .scopes = {"session"}, .faults = "/scopes/0 unknown_value"},
      {.what = "twice", .scopes = {"tasks:read", "tasks:read"}, .faults = "/scopes/1 duplicate"},
      {.what = "a thousand", .scopes = std::vector<std::string>(1'000, "x"), .faults = "/scopes too_long"},
      {.what = "sending as a member", .scopes = {"notify:send"}, .faults = "/scopes/0 not_allowed"},
      {.what = "past", .expires_at = now, .faults = "/expires_at out_of_range"},
      {.what = "too far", .expires_at = now + 366 * day + 1ms, .faults = "/expires_at out_of_range"},
      {.what = "zero days", .days = 0, .faults = "/expires_in_days out_of_range"},
      {.what = "too many days", .days = 9'223'372'036'854'775'807, .faults = "/expires_in_days out_of_range"},
      {.what = "both", .expires_at = now + day, .days = 3, .faults = "/expires_in_days conflict"},
      {.what = "all at once",
       .name = "",
       .scopes = {"no"},
       .days = -1,
       .faults = "/name required, /scopes/0 unknown_value, /expires_in_days out_of_range"},
  };
  for (const auto& r : table) {
    std::string all;
    for (const auto& f : check_token({r.name, r.scopes, r.expires_at, r.days}, r.administrator, now, {})) {
      if (!all.empty()) all += ", ";
      all += f.pointer + " " + f.code;
    }
    EXPECT_EQ(all, r.faults) << r.what;
  }
}

TEST(token_rules, the_end_is_what_was_said_or_90_days) {
  const std::string name{"n"};
  const std::vector<std::string> scopes{"tasks:read"};
  EXPECT_EQ(expiry_of_token({name, scopes, {}, {}}, now, {}), now + 90 * day);
  EXPECT_EQ(expiry_of_token({name, scopes, {}, 7}, now, {}), now + 7 * day);
  EXPECT_EQ(expiry_of_token({name, scopes, now + 5min, {}}, now, {}), now + 5min);
  lifetimes brief;
  brief.personal_token = 30 * day;
  EXPECT_EQ(expiry_of_token({name, scopes, {}, {}}, now, brief), now + 30 * day) << "never beyond what is allowed";
}

}  // namespace
}  // namespace cumulo::users
