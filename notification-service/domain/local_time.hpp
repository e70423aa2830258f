#pragma once
// Times of day where a person lives. Zones are IANA names; one that is empty or unknown counts as UTC. A time that the
// clocks skip counts as that much after the jump, one that comes twice is the earlier. Any thread.
#include <optional>
#include <string>
#include <string_view>

#include "platform/core/clock.hpp"

namespace cumulo::notifications {

/// Minutes since midnight, 0–1439.
using minute_of_day = int;

/// "07:30"; nothing if it is no time of day.
[[nodiscard]] std::optional<minute_of_day> parse_minute(std::string_view text);
[[nodiscard]] std::string to_text(minute_of_day minute);

/// Days since 1970 of the date that the calendar on the wall shows.
using local_day = std::int64_t;
[[nodiscard]] local_day day_of(instant t, std::string_view zone);
/// 1 (Monday) to 7, as ISO 8601 counts.
[[nodiscard]] int weekday_of(local_day day);
/// When the clock on the wall shows this.
[[nodiscard]] instant at_local(local_day day, minute_of_day minute, std::string_view zone);
/// "2026-12-01 17:00" there.
[[nodiscard]] std::string local_text(instant t, std::string_view zone);

/// A part of each day, which may run over midnight. Never empty: from and to differ.
struct day_part {
  minute_of_day from{};
  minute_of_day to{};
  [[nodiscard]] bool operator==(const day_part&) const = default;
};
/// If `t` lies in the part, when that ends (the first moment outside); otherwise `t`.
[[nodiscard]] instant after(const day_part& part, instant t, std::string_view zone);

}  // namespace cumulo::notifications
