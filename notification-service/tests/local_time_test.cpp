#include "notification-service/domain/local_time.hpp"

#include <gtest/gtest.h>

#include "notification-service/domain/preferences.hpp"

namespace cumulo::notifications {
namespace {

instant at(const char* text) {
  const auto t = parse_rfc3339(text);
  if (!t) throw std::logic_error(text);
  return *t;
}

TEST(times_of_day, are_written_in_one_way) {
  for (const char* good : {"00:00", "07:30", "23:59"}) {
    const auto minute = parse_minute(good);
    ASSERT_TRUE(minute) << good;
    EXPECT_EQ(to_text(*minute), good);
  }
  for (const char* bad : {"", "7:30", "24:00", "12:60", "12.30", "12:3", "-1:00", "12:30:00", "ab:cd", "+1:00"}) {
    EXPECT_FALSE(parse_minute(bad)) << bad;
  }
}

struct quiet_case {
  const char *from, *to, *zone, *now, *then;
};
class quiet_hours : public testing::TestWithParam<quiet_case> {};
INSTANTIATE_TEST_SUITE_P(
    table, quiet_hours,
    testing::Values(
        // By day, with both of its edges.
        quiet_case{"12:00", "14:00", "UTC", "2026-12-01T11:59:59.999Z", "2026-12-01T11:59:59.999Z"},
        quiet_case{"12:00", "14:00", "UTC", "2026-12-01T12:00:00Z", "2026-12-01T14:00:00Z"},
        quiet_case{"12:00", "14:00", "UTC", "2026-12-01T13:59:59.999Z", "2026-12-01T14:00:00Z"},
        quiet_case{"12:00", "14:00", "UTC", "2026-12-01T14:00:00Z", "2026-12-01T14:00:00Z"},
        // Over midnight, before it and after it.
        quiet_case{"22:00", "07:00", "UTC", "2026-12-01T21:59:00Z", "2026-12-01T21:59:00Z"},
        quiet_case{"22:00", "07:00", "UTC", "2026-12-01T22:00:00Z", "2026-12-02T07:00:00Z"},
        quiet_case{"22:00", "07:00", "UTC", "2026-12-02T03:00:00Z", "2026-12-02T07:00:00Z"},
        quiet_case{"22:00", "07:00", "UTC", "2026-12-02T07:00:00Z", "2026-12-02T07:00:00Z"},
        // To midnight itself, and from it.
        quiet_case{"20:00", "00:00", "UTC", "2026-12-01T23:00:00Z", "2026-12-02T00:00:00Z"},
        quiet_case{"00:00", "06:00", "UTC", "2026-12-01T00:00:00Z", "2026-12-01T06:00:00Z"},
        // Where the person lives.
        quiet_case{"22:00", "07:00", "Asia/Tokyo", "2026-12-01T13:00:00Z", "2026-12-01T22:00:00Z"},
        quiet_case{"22:00", "07:00", "Asia/Tokyo", "2026-12-01T12:59:00Z", "2026-12-01T12:59:00Z"},
        quiet_case{"22:00", "07:00", "America/Los_Angeles", "2026-12-01T07:00:00Z", "2026-12-01T15:00:00Z"},
        quiet_case{"22:00", "07:00", "Europe/London", "2038-07-01T00:00:00Z", "2038-07-01T06:00:00Z"},
        quiet_case{"22:00", "07:00", "Asia/Kathmandu", "2026-12-01T16:30:00Z", "2026-12-02T01:15:00Z"},
        quiet_case{"22:00", "07:00", "no/such_zone", "2026-12-01T22:00:00Z", "2026-12-02T07:00:00Z"},
        quiet_case{"22:00", "07:00", "", "2026-12-01T22:00:00Z", "2026-12-02T07:00:00Z"},
        // The night in which the clocks go forward is an hour shorter, the other an hour longer.
        quiet_case{"22:00", "07:00", "Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"},
        quiet_case{"22:00", "07:00", "Europe/Berlin", "2026-10-24T21:00:00Z", "2026-10-25T06:00:00Z"},
        // An end that the clocks skip, and one that comes twice.
        quiet_case{"22:00", "02:30", "Europe/Berlin", "2026-03-28T22:00:00Z", "2026-03-29T01:30:00Z"},
        quiet_case{"22:00", "02:30", "Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"},
        quiet_case{"22:00", "02:30", "Europe/Berlin", "2026-10-25T01:10:00Z", "2026-10-25T01:30:00Z"}));

TEST_P(quiet_hours, end_where_the_clock_on_the_wall_says) {
  const quiet_case& c = GetParam();
  const day_part part{*parse_minute(c.from), *parse_minute(c.to)};
  EXPECT_EQ(to_rfc3339(after(part, at(c.now), c.zone)), to_rfc3339(at(c.then)));
}

TEST(quiet_hours_everywhere, always_end_outside_and_within_a_day) {
  for (const char* zone : {"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia"}) {
    for (const day_part part : {day_part{22 * 60, 7 * 60}, day_part{2 * 60, 150}, day_part{150, 2 * 60}}) {
      for (instant t = at("2026-03-01T00:00:00Z"); t < at("2026-12-01T00:00:00Z"); t += std::chrono::minutes{37}) {
        const instant end = after(part, t, zone);
        ASSERT_GE(end, t);
        ASSERT_LE(end - t, std::chrono::hours{25}) << zone << " " << to_rfc3339(t);
      }
    }
  }
}

struct digest_case {
  const char* what;
  digest_settings wanted;
  const char *zone, *now;
  const char* last;  ///< the day of the last one, as midnight UTC; empty: none yet
  const char* then;  ///< empty: none
};
constexpr digest_settings daily{};
constexpr digest_settings off{.daily = false};
constexpr digest_settings mondays{.daily = false, .weekly = true, .weekday = 1};
constexpr digest_settings both{.weekly = true, .weekday = 7, .at = 1};
constexpr digest_settings half_past_two{.at = 150};

class digest_times : public testing::TestWithParam<digest_case> {};
INSTANTIATE_TEST_SUITE_P(
    table, digest_times,
    testing::Values(
        digest_case{"today", daily, "UTC", "2026-12-01T07:59:00Z", "", "2026-12-01T08:00:00Z"},
        digest_case{"passed for today", daily, "UTC", "2026-12-01T08:00:00Z", "", "2026-12-02T08:00:00Z"},
        digest_case{"off", off, "UTC", "2026-12-01T07:59:00Z", "", ""},
        digest_case{"had today's, then moved it later", daily, "UTC", "2026-12-01T07:00:00Z", "2026-12-01T00:00:00Z",
                    "2026-12-02T08:00:00Z"},
        digest_case{"had tomorrow's: flew west over the date line", daily, "America/Los_Angeles",
                    "2026-12-01T12:00:00Z", "2026-12-02T00:00:00Z", "2026-12-03T16:00:00Z"},
        digest_case{"in Tokyo it is tomorrow", daily, "Asia/Tokyo", "2026-12-01T20:00:00Z", "", "2026-12-01T23:00:00Z"},
        digest_case{"weekly", mondays, "UTC", "2026-12-01T00:00:00Z", "", "2026-12-07T08:00:00Z"},
        digest_case{"weekly, on the day", mondays, "UTC", "2026-12-07T07:59:59Z", "", "2026-12-07T08:00:00Z"},
        digest_case{"weekly, had", mondays, "UTC", "2026-12-07T08:00:01Z", "2026-12-07T00:00:00Z",
                    "2026-12-14T08:00:00Z"},
        digest_case{"both", both, "UTC", "2026-12-05T12:00:00Z", "", "2026-12-06T00:01:00Z"},
        digest_case{"summer time", daily, "Europe/Berlin", "2026-03-28T12:00:00Z", "", "2026-03-29T06:00:00Z"},
        digest_case{"winter time", daily, "Europe/Berlin", "2026-10-24T12:00:00Z", "", "2026-10-25T07:00:00Z"},
        digest_case{"a time that is skipped", half_past_two, "Europe/Berlin", "2026-03-28T12:00:00Z", "",
                    "2026-03-29T01:30:00Z"},
        digest_case{"a time that comes twice", half_past_two, "Europe/Berlin", "2026-10-24T12:00:00Z", "",
                    "2026-10-25T00:30:00Z"},
        digest_case{"not again when it comes a second time", half_past_two, "Europe/Berlin", "2026-10-25T00:30:00Z",
                    "2026-10-25T00:00:00Z", "2026-10-26T01:30:00Z"},
        digest_case{"a day that a zone left out", daily, "Pacific/Apia", "2011-12-30T05:00:00Z", "",
                    "2011-12-30T18:00:00Z"}));

TEST_P(digest_times, come_once_a_day) {
  const digest_case& c = GetParam();
  std::optional<local_day> last;
  if (*c.last != '\0') last = day_of(at(c.last), "UTC");
  const auto next = next_digest(c.wanted, c.zone, at(c.now), last);
  ASSERT_EQ(next.has_value(), *c.then != '\0') << c.what;
  if (!next) return;
  EXPECT_EQ(to_rfc3339(next->at), to_rfc3339(at(c.then))) << c.what;
}

TEST(digests_over_years, are_one_a_day_in_every_zone) {
  for (const char* zone : {"Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca"}) {
    instant now = at("2025-12-31T12:00:00Z");
    std::optional<local_day> last;
    local_day before = day_of(now, zone);
    for (int i = 0; i < 800; ++i) {
      const auto next = next_digest(half_past_two, zone, now, last);
      ASSERT_TRUE(next);
      ASSERT_EQ(next->day, before + 1) << zone << " " << to_rfc3339(now);
      ASSERT_GT(next->at, now);
      before = next->day;
      last = next->day;
      now = next->at;
    }
  }
}

}  // namespace
}  // namespace cumulo::notifications
