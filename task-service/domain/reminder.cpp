#include "task-service/domain/reminder.hpp"

#include <array>
#include <utility>

#include "platform/core/id.hpp"
#include "task-service/domain/due.hpp"
#include "task-service/domain/rules.hpp"

namespace cumulo::tasks {

namespace {

using std::chrono::days;
using std::chrono::milliseconds;
using std::chrono::minutes;

constexpr minutes default_time{9 * 60};
constexpr std::array<std::string_view, 5> state_names{"armed", "fired", "paused", "missed", "dormant"};

struct offset {
  days calendar{0};
  minutes exact{0};
};

/// Takes "30M" off the front if it ends in `unit`; false if the number is malformed.
bool take(std::string_view& rest, char unit, int& value) {
  std::size_t digits = 0;
  while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') ++digits;
  if (digits == 0 || digits > 6 || digits == rest.size() || rest[digits] != unit) return false;
  value = 0;
  for (const char c : rest.substr(0, digits)) value = value * 10 + (c - '0');
  rest.remove_prefix(digits + 1);
  return true;
}

/// P[nW][nD][T[nH][nM]], at least one of them.
std::optional<offset> parse_offset(std::string_view text) {
  if (!text.starts_with('P') || text.size() < 3) return std::nullopt;
  text.remove_prefix(1);
  int n = 0;
  offset out;
  if (take(text, 'W', n)) out.calendar += days{7 * n};
  if (take(text, 'D', n)) out.calendar += days{n};
  if (text.starts_with('T')) {
    text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    if (take(text, 'H', n)) out.exact += std::chrono::hours{n};
    if (take(text, 'M', n)) out.exact += minutes{n};
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

void check_absolute(const reminder& r, std::vector<fault>& faults) {
  const std::optional<due_time> when = parse_due(*r.at);
  if (!when || when->form == due_form::date) {
    faults.push_back({"/at", "invalid_time",
                      "An instant (2026-12-01T16:00:00Z) or a local time (2026-12-01T17:00:00) that exists."});
  } else if (when->form == due_form::instant && r.timezone) {
    faults.push_back({"/timezone", "not_applicable", "An instant needs no time zone."});
  }
  if (r.timezone && !is_timezone(*r.timezone)) {
    faults.push_back({"/timezone", "unknown_timezone", "It is no IANA time zone."});
  }
  if (r.time) faults.push_back({"/time", "not_applicable", "It goes with before."});
}

void check_relative(const reminder& r, std::vector<fault>& faults) {
  const std::optional<offset> parsed = parse_offset(*r.before);
  if (!parsed) {
    faults.push_back({"/before", "invalid_duration", "An ISO 8601 duration of weeks, days, hours and minutes: PT30M."});
  } else if (parsed->calendar + parsed->exact > furthest_before) {
    faults.push_back({"/before", "out_of_range", "At most 366 days."});
  }
  if (r.time && !parse_time_of_day(*r.time)) faults.push_back({"/time", "invalid_time", "A time of day: 09:00."});
  if (r.timezone) faults.push_back({"/timezone", "not_applicable", "The due time's zone counts."});
}

instant moment_before(const reminder& r, const due_time& due, std::string_view zone) {
  const offset back = parse_offset(*r.before).value_or(offset{});
  const std::optional<minutes> time = r.time ? parse_time_of_day(*r.time) : std::nullopt;
  if (due.form == due_form::instant && !time && back.calendar == days{0}) return due.clock - back.exact;

  instant wall = due.form == due_form::instant ? wall_clock_of(due.clock, zone) : due.clock;
  if (time || due.form == due_form::date) wall = std::chrono::floor<days>(wall) + time.value_or(default_time);
  return instant_of(wall - back.calendar, zone) - back.exact;
}

}  // namespace

std::optional<minutes> parse_time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  for (const std::size_t i : {0U, 1U, 3U, 4U}) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  }
  const int hour = (text[0] - '0') * 10 + (text[1] - '0');
  const int minute = (text[3] - '0') * 10 + (text[4] - '0');
  if (hour > 23 || minute > 59) return std::nullopt;
  return std::chrono::hours{hour} + minutes{minute};
}

std::string_view to_text(reminder_state s) { return state_names[static_cast<std::size_t>(s)]; }

reminded_task reminded(const task& t) {
  const bool open = t.status == task_status::todo || t.status == task_status::in_progress;
  return {t.due, t.timezone, open && !t.trashed_at};
}

result<reminder> make_reminder(const reminder_creation& wanted, std::string_view task_id, const author& who) {
  reminder r;
  r.id = new_id();
  r.task_id = task_id;
  r.account_id = who.account_id;
  r.created_at = who.now;
  wanted.at.merge_into(r.at);
  wanted.timezone.merge_into(r.timezone);
  wanted.before.merge_into(r.before);
  wanted.time.merge_into(r.time);

  std::vector<fault> faults;
  if (r.at && r.before) {
    faults.push_back({"/before", "not_applicable", "Either at or before, not both."});
  } else if (r.at) {
    check_absolute(r, faults);
  } else if (r.before) {
    check_relative(r, faults);
  } else {
    faults.push_back({"/at", "required", "A reminder needs at or before."});
  }
  if (!faults.empty()) return invalid(std::move(faults));
  return r;
}

bool follows_zone(const reminder& r) {
  if (r.at) return !r.timezone && parse_due(*r.at).value_or(due_time{}).form != due_form::instant;
  return r.time || parse_offset(*r.before).value_or(offset{}).calendar != days{0};
}

std::optional<instant> moment_of(const reminder& r, const reminded_task& t, std::string_view zone) {
  if (r.at) {
    const std::optional<due_time> when = parse_due(*r.at);
    if (!when) return std::nullopt;
    return deadline_of(*when, r.timezone ? std::string_view{*r.timezone} : zone);
  }
  if (!t.due || !r.before) return std::nullopt;
  const std::optional<due_time> due = parse_due(*t.due);
  if (!due) return std::nullopt;
  return moment_before(r, *due, t.timezone ? std::string_view{*t.timezone} : zone);
}

bool arm(reminder& r, const reminded_task& t, std::string_view zone, instant now) {
  const reminder before = r;
  r.remind_at = r.snoozed_until ? r.snoozed_until : moment_of(r, t, zone);
  const bool waits = before.next_at && before.next_at == r.remind_at;
  const bool to_come = r.remind_at && *r.remind_at > now && r.remind_at != r.fired_for;
  r.next_at = t.open && (waits || to_come) ? r.remind_at : std::nullopt;
  if (r == before) return false;
  ++r.version;
  return true;
}

result<> snooze(reminder& r, const reminder_snooze& wanted, const reminded_task& t, instant now) {
  const bool by_minutes = wanted.minutes.has_value();
  if (by_minutes == wanted.until.has_value()) {
    return invalid({{"/until", by_minutes ? "not_applicable" : "required", "Either until or minutes."}});
  }
  const std::string_view pointer = by_minutes ? "/minutes" : "/until";
  const std::int64_t furthest = std::chrono::duration_cast<minutes>(furthest_snooze).count();
  if (by_minutes && (*wanted.minutes < 1 || *wanted.minutes > furthest)) {
    return invalid({{"/minutes", "out_of_range", "1 to " + std::to_string(furthest) + " minutes."}});
  }
  const instant until = by_minutes ? now + minutes{*wanted.minutes} : *wanted.until;
  if (until <= now || until > now + furthest_snooze) {
    return invalid({{std::string{pointer}, "out_of_range", "In the future, and within 366 days."}});
  }
  if (!t.open) return error{errc::conflict, "The task is done or cancelled."};
  r.snoozed_until = until;
  r.remind_at = until;
  r.next_at = until;
  ++r.version;
  return {};
}

reminder_state state_of(const reminder& r, instant now) {
  if (r.next_at) return reminder_state::armed;
  if (!r.remind_at) return reminder_state::dormant;
  if (r.fired_for == r.remind_at) return reminder_state::fired;
  return *r.remind_at > now ? reminder_state::paused : reminder_state::missed;
}

std::optional<instant> due_soon_moment(const task& t, const due_soon_rule& rule, instant now) {
  if (!t.due || !t.due_at) return std::nullopt;
  const std::optional<due_time> due = parse_due(*t.due);
  if (!due) return std::nullopt;
  const instant moment = due->form == due_form::date
                             ? instant_of(due->clock + rule.time_of_day, t.timezone ? *t.timezone : "UTC")
                             : *t.due_at - rule.lead;
  if (moment <= now) return std::nullopt;
  return moment;
}

}  // namespace cumulo::tasks
