#include "notification-service/domain/local_time.hpp"

#include <date/date.h>

#include "platform/core/time_zone.hpp"

namespace cumulo::notifications {

namespace {

using std::chrono::milliseconds;
constexpr int minutes_a_day = 24 * 60;

/// A zone renamed since, or that this machine's tables are too old for: better late than never.
const date::time_zone& zone_named(std::string_view name) {
  const date::time_zone* found = find_time_zone(name);
  return found != nullptr ? *found : *find_time_zone("UTC");
}

date::local_time<milliseconds> wall_clock(instant t, std::string_view zone) {
  return date::local_time<milliseconds>{wall_clock_of(t, zone_named(zone)).time_since_epoch()};
}

}  // namespace

std::optional<minute_of_day> parse_minute(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0U, 1U, 3U, 4U}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (hour > 23 || minute > 59) return std::nullopt;
  return hour * 60 + minute;
}

std::string to_text(minute_of_day minute) {
  const auto two = [](int n) { return std::string{static_cast<char>('0' + n / 10), static_cast<char>('0' + n % 10)}; };
  return two(minute / 60) + ":" + two(minute % 60);
}

local_day day_of(instant t, std::string_view zone) {
  return date::floor<date::days>(wall_clock(t, zone)).time_since_epoch().count();
}

int weekday_of(local_day day) {
  return static_cast<int>(date::weekday{date::sys_days{date::days{day}}}.iso_encoding());
}

instant at_local(local_day day, minute_of_day minute, std::string_view zone) {
  return instant_of(instant{std::chrono::days{day} + std::chrono::minutes{minute}}, zone_named(zone));
}

std::string local_text(instant t, std::string_view zone) {
  return date::format("%F %R", date::floor<std::chrono::minutes>(wall_clock(t, zone)));
}

instant after(const day_part& part, instant t, std::string_view zone) {
  const auto local = wall_clock(t, zone);
  const auto midnight = date::floor<date::days>(local);
  const local_day day = midnight.time_since_epoch().count();
  const int now = static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(local - midnight).count());
  const int since = (now - part.from + minutes_a_day) % minutes_a_day;
  const int length = (part.to - part.from + minutes_a_day) % minutes_a_day;
  if (since >= length) return t;
  instant end = at_local(now < part.to ? day : day + 1, part.to, zone);
  // The hour that comes twice: `to` may have passed for the first time and the clock shows less again.
  if (end <= t) end = t + std::chrono::minutes{length - since};
  return end;
}

}  // namespace cumulo::notifications
