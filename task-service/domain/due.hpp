#pragma once
// When a task is due, in one of three forms, kept exactly as its author wrote it:
//   a date               2026-12-01             until the end of that day where the task lives
//   a floating time      2026-12-01T17:00:00    whatever the clock on the wall says there
//   an instant           2026-12-01T16:00:00Z   RFC 3339, with any offset and up to nine fractional digits
// Dates that do not exist are refused (RFC 3339 §5.7: no leap second either). Local forms become an instant, for
// sorting and reminders, through the task's IANA zone: a time that the clocks skip counts as that much after the jump
// (02:30 → 03:30), one that comes twice is the earlier, and a day ends with its last millisecond, however long it was.
#include <optional>
#include <string>
#include <string_view>

#include "platform/core/clock.hpp"

namespace cumulo::tasks {

enum class due_form { date, floating, instant };

struct due_time {
  due_form form{due_form::date};
  /// The local forms' wall clock, counted as if it were UTC; an instant's own time.
  instant clock{};
};

/// Nothing if it has none of the three forms or does not exist.
[[nodiscard]] std::optional<due_time> parse_due(std::string_view text);

/// Does the system's time zone database know this name? Any thread.
[[nodiscard]] bool is_timezone(std::string_view name);

/// The moment after which it is late: a date's end. Precondition: is_timezone(zone), unless the form is instant.
[[nodiscard]] instant deadline_of(const due_time& due, std::string_view zone);
/// The same, but a date's first moment: what "before" and "after" a date mean in a filter.
[[nodiscard]] instant start_of(const due_time& due, std::string_view zone);

/// A wall clock's time in a known zone, counted as if it were UTC, to the instant it means, and back.
[[nodiscard]] instant instant_of(instant wall_clock, std::string_view zone);
[[nodiscard]] instant wall_clock_of(instant t, std::string_view zone);

}  // namespace cumulo::tasks
