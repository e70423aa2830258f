#pragma once
// Times of the clock on the wall, by the system's time zone database. Any thread.
#include <string_view>

#include "platform/core/clock.hpp"

namespace date {
class time_zone;
}

namespace cumulo {

/// By its IANA name; null if the database does not know it. Lives as long as the process.
[[nodiscard]] const date::time_zone* find_time_zone(std::string_view name);

/// A wall clock's time, counted as if it were UTC, to the instant it means, and back. A time that the clocks skip
/// counts as that much after the jump (02:30 → 03:30), one that comes twice is the earlier.
[[nodiscard]] instant instant_of(instant wall_clock, const date::time_zone& zone);
[[nodiscard]] instant wall_clock_of(instant t, const date::time_zone& zone);

}  // namespace cumulo
