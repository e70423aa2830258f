#pragma once
// A reminder: when one person wants to be told of a task. No I/O.
//   at      an instant (2026-12-01T16:00:00Z), or a local time (2026-12-01T17:00:00) in `timezone`; without one, in the
//           zone of whom it belongs to, and it moves when they do
//   before  an ISO 8601 duration before the task is due: P1D, PT30M, P1DT2H, PT0M. Weeks and days are taken on the
//           calendar of the task's zone (else the person's), so that the clock on the wall says the same; hours and
//           minutes are exact. With `time` (09:00) it counts from that time of the due day; a task that is due on a
//           date counts from 09:00 unless told.
// Local times that the clocks skip or repeat are taken as in due.hpp.
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/core/clock.hpp"
#include "platform/core/member.hpp"
#include "platform/core/result.hpp"
#include "task-service/domain/task.hpp"

namespace cumulo::tasks {

enum class reminder_state : std::uint8_t {
  armed,    ///< fires at remind_at
  fired,    ///< has fired at remind_at
  paused,   ///< remind_at is to come, but the task is done, cancelled or in the trash
  missed,   ///< remind_at passed while it was not armed
  dormant,  ///< counts from a due time that the task does not have
};
[[nodiscard]] std::string_view to_text(reminder_state s);

struct reminder {
  std::string id;
  std::string task_id;
  std::string account_id;  ///< whom it belongs to: nobody else sees it
  std::optional<std::string> at, timezone, before, time;
  std::optional<instant> snoozed_until;
  std::optional<instant> remind_at;  ///< what all of that comes to
  std::optional<instant> next_at;    ///< remind_at while it is armed
  std::optional<instant> fired_for;  ///< the remind_at that it last fired for
  std::optional<instant> fired_at;
  instant created_at{};
  std::int64_t version{1};

  bool operator==(const reminder&) const = default;
};

/// The body of POST /tasks/{id}/reminders.
struct reminder_creation {
  member<std::string> at, timezone, before, time;
};
BOOST_DESCRIBE_STRUCT(reminder_creation, (), (at, timezone, before, time))

/// The body of POST …/snooze: one of the two.
struct reminder_snooze {
  member<instant> until;
  member<std::int64_t> minutes;
};
BOOST_DESCRIBE_STRUCT(reminder_snooze, (), (until, minutes))

/// What a reminder asks of its task.
struct reminded_task {
  std::optional<std::string> due, timezone;
  bool open{true};  ///< neither done nor cancelled nor in the trash
};
[[nodiscard]] reminded_task reminded(const task& t);

/// A new reminder, not armed yet. errc::invalid names every fault.
[[nodiscard]] result<reminder> make_reminder(const reminder_creation& wanted, std::string_view task_id,
                                             const author& who);

/// Does its moment depend on the zone of whom it belongs to?
[[nodiscard]] bool follows_zone(const reminder& r);
/// The moment it asks for, snoozing aside; nothing if the task is not due. `zone` is its owner's and known.
[[nodiscard]] std::optional<instant> moment_of(const reminder& r, const reminded_task& t, std::string_view zone);
/// Works out remind_at anew and arms it if that is to come and the task is open. What is armed already for that moment
/// stays so even if it has passed: it has yet to fire. True if anything changed; the version is then one higher.
bool arm(reminder& r, const reminded_task& t, std::string_view zone, instant now);
/// Puts it off. errc::invalid unless that is in the future, and within a year; errc::conflict if the task is not open.
[[nodiscard]] result<> snooze(reminder& r, const reminder_snooze& wanted, const reminded_task& t, instant now);
[[nodiscard]] reminder_state state_of(const reminder& r, instant now);

/// "09:00": nothing if it is no time of day.
[[nodiscard]] std::optional<std::chrono::minutes> parse_time_of_day(std::string_view text);

/// When the audience of a task is told that it is due soon.
struct due_soon_rule {
  std::chrono::milliseconds lead{std::chrono::hours{1}};         ///< before a due time
  std::chrono::milliseconds time_of_day{std::chrono::hours{9}};  ///< local, on the day of a due date
};
/// The moment for it, if the task is due and that moment is still to come.
[[nodiscard]] std::optional<instant> due_soon_moment(const task& t, const due_soon_rule& rule, instant now);

inline constexpr int most_reminders = 20;  ///< of one person on one task
inline constexpr std::chrono::days furthest_before{366};
inline constexpr std::chrono::days furthest_snooze{366};

}  // namespace cumulo::tasks
