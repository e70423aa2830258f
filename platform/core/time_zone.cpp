#include "platform/core/time_zone.hpp"

#include <date/tz.h>

#include <stdexcept>

namespace cumulo {

namespace {

using date::March;
using std::chrono::seconds;

/// Here the transitions that the files store end; from here on their footer says the rule, which the library of Debian
/// 12 does not read. The ten years before follow it.
constexpr date::year first_year_of_rule{2028};
constexpr date::year end_of_stored{2038};

/// True of what the library takes for the state until the end of time. Zones whose stored transitions go on (with each
/// Ramadan of this century) are known by those alone.
bool is_beyond_stored(const date::sys_info& info) {
  return info.begin < date::sys_days{end_of_stored / March / 1} && info.end > date::sys_days{date::year{20000} / 1 / 1};
}

/// Back to a year for which transitions are stored and that goes the same way. Years from March to February do if they
/// begin with the same weekday: rules speak of a month's n-th weekday, and no zone changes at the end of February.
date::days since_like_year(instant t) {
  const date::year_month_day date{date::floor<date::days>(t)};
  const date::year year = date.month() < March ? date.year() - date::years{1} : date.year();
  if (year < end_of_stored) return date::days{0};
  const date::sys_days start{year / March / 1};
  date::year like = first_year_of_rule;
  while (date::weekday{date::sys_days{like / March / 1}} != date::weekday{start}) ++like;
  return start - date::sys_days{like / March / 1};
}

}  // namespace

const date::time_zone* find_time_zone(std::string_view name) {
  try {
    return date::locate_zone(name);
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

// get_info is about whole seconds; the milliseconds are carried past it.
instant instant_of(instant wall_clock, const date::time_zone& zone) {
  const date::local_seconds local{std::chrono::floor<seconds>(wall_clock).time_since_epoch()};
  // In a gap `first` is the offset from before it; in an overlap it is that of the earlier time.
  date::sys_info info = zone.get_info(local).first;
  if (is_beyond_stored(info)) info = zone.get_info(local - since_like_year(wall_clock)).first;
  return wall_clock - info.offset;
}

instant wall_clock_of(instant t, const date::time_zone& zone) {
  const date::sys_seconds whole = std::chrono::floor<seconds>(t);
  date::sys_info info = zone.get_info(whole);
  if (is_beyond_stored(info)) info = zone.get_info(whole - since_like_year(t));
  return t + info.offset;
}

}  // namespace cumulo
