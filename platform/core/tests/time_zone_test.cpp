#include "platform/core/time_zone.hpp"

#include <date/tz.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <random>

namespace cumulo {
namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

const date::time_zone& zone(std::string_view name) {
  const date::time_zone* found = find_time_zone(name);
  if (found == nullptr) throw std::runtime_error("no such zone: " + std::string{name});
  return *found;
}

TEST(time_zones, are_known_by_their_iana_names) {
  EXPECT_NE(find_time_zone("Europe/London"), nullptr);
  EXPECT_EQ(find_time_zone("Mars/Olympus"), nullptr);
  EXPECT_EQ(find_time_zone(""), nullptr);
}

TEST(time_zones, know_summer_time_in_years_that_the_stored_transitions_do_not_reach) {
  struct {
    std::string_view zone, wall_clock, instant;
  } constexpr table[] = {
      {"Europe/London", "2037-07-01T09:00:00Z", "2037-07-01T08:00:00.000Z"},
      {"Europe/London", "2038-07-01T09:00:00Z", "2038-07-01T08:00:00.000Z"},
      {"Europe/London", "2038-12-01T09:00:00Z", "2038-12-01T09:00:00.000Z"},
      {"America/New_York", "2100-07-01T09:00:00Z", "2100-07-01T13:00:00.000Z"},
      {"Australia/Sydney", "2400-01-15T09:00:00Z", "2400-01-14T22:00:00.000Z"},
      {"Europe/London", "9999-07-01T09:00:00Z", "9999-07-01T08:00:00.000Z"},
      {"Asia/Tokyo", "2150-07-01T09:00:00Z", "2150-07-01T00:00:00.000Z"},
      {"Europe/London", "2038-03-28T01:30:00.250Z", "2038-03-28T01:30:00.250Z"},  // skipped
      {"Europe/London", "2038-10-31T01:30:00Z", "2038-10-31T00:30:00.000Z"},      // comes twice
  };
  for (const auto& each : table) {
    const instant wall_clock = parse_rfc3339(each.wall_clock).value();
    EXPECT_EQ(to_rfc3339(instant_of(wall_clock, zone(each.zone))), each.instant) << each.zone << each.wall_clock;
  }
}

instant new_year(int year) { return std::chrono::sys_days{std::chrono::year{year} / 1 / 1}; }
instant first_of_march(int year) { return std::chrono::sys_days{std::chrono::year{year} / 3 / 1}; }

/// The C library's answer: it reads the same files itself.
seconds offset_by_libc(instant t) {
  const std::time_t whole = std::chrono::floor<seconds>(t).time_since_epoch().count();
  std::tm local{};
  localtime_r(&whole, &local);
  return seconds{local.tm_gmtoff};
}

instant instant_by_libc(instant wall_clock) {
  const seconds before = offset_by_libc(wall_clock - 36h);
  const seconds after = offset_by_libc(wall_clock + 36h);
  if (offset_by_libc(wall_clock - before) == before || offset_by_libc(wall_clock - after) != after) {
    return wall_clock - before;
  }
  return wall_clock - after;
}

TEST(time_zones, agree_with_the_c_library_in_both_directions) {
  std::mt19937_64 random{2038};
  // Stored with each Ramadan until 2086, which is within reach; the rule after that is not.
  std::uniform_int_distribution<std::int64_t> moment{to_millis(new_year(2024)), to_millis(new_year(2500))};

  for (const date::time_zone& each : date::get_tzdb().zones) {
    setenv("TZ", each.name().c_str(), 1);
    tzset();
    const bool in_palestine = each.name() == "Asia/Gaza" || each.name() == "Asia/Hebron";
    int wrong = 0;
    const auto look_at = [&](instant t) {
      if (in_palestine && t > new_year(2086)) return;
      if (wall_clock_of(t, each) != t + offset_by_libc(t)) ++wrong;
      if (instant_of(t, each) != instant_by_libc(t)) ++wrong;
      if (wrong == 1) ADD_FAILURE() << each.name() << " at " << to_rfc3339(t);
    };
    for (int n = 0; n < 300; ++n) look_at(from_millis(moment(random)));

    // Beside each change, and at the ends of years and of February. 2096 to 2104 are eight years without a leap year.
    for (const auto& [from, to] : {std::pair{2025, 2042}, std::pair{2084, 2089}, std::pair{2095, 2106}}) {
      seconds before = offset_by_libc(new_year(from));
      for (instant day = new_year(from); day < new_year(to); day += 24h) {
        const seconds offset = offset_by_libc(day);
        if (offset == before) continue;
        before = offset;
        for (instant t = day - 27h; t < day + 27h; t += 30min) look_at(t);
      }
      for (int year = from; year < to; ++year) {
        for (const auto beside : {-24h, -1h, 0h, 1h, 23h}) {
          look_at(new_year(year) + beside);
          look_at(first_of_march(year) + beside);
        }
      }
    }
    EXPECT_EQ(wrong, 0) << each.name();
  }
  unsetenv("TZ");
  tzset();
}

}  // namespace
}  // namespace cumulo
