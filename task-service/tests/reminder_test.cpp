#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "task-service/domain/reminder.hpp"

namespace cumulo::tasks {
namespace {

constexpr std::string_view ada = "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00";
constexpr std::string_view a_task = "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e10";
const instant now = *parse_rfc3339("2026-11-22T12:00:00Z");

result<reminder> make(const reminder_creation& wanted) { return make_reminder(wanted, a_task, {ada, "UTC", now}); }

reminder before(std::string duration, std::string time = "") {
  reminder_creation wanted;
  wanted.before = std::move(duration);
  if (!time.empty()) wanted.time = std::move(time);
  return make(wanted).value();
}

reminder at(std::string moment, std::string zone = "") {
  reminder_creation wanted;
  wanted.at = std::move(moment);
  if (!zone.empty()) wanted.timezone = std::move(zone);
  return make(wanted).value();
}

std::string said(const std::optional<instant>& t) { return t ? to_rfc3339(*t) : "never"; }

// Made by Python's zoneinfo, which knows nothing of this code; tests/api/test_reminders.py compares random ones.
TEST(reminder, counts_back_from_the_due_time_in_every_zone_and_over_changes_of_the_clocks) {
  struct row {
    std::string due, zone, before, time, moment;
  };
  const std::vector<row> table{
      row{"2027-06-15", "UTC", "PT0M", "", "2027-06-15T09:00:00.000Z"},
      row{"2027-01-15T17:00:00", "UTC", "PT30M", "", "2027-01-15T16:30:00.000Z"},
      row{"2027-06-15", "Europe/Berlin", "PT0M", "", "2027-06-15T07:00:00.000Z"},
      row{"2027-01-15T17:00:00", "Europe/Berlin", "PT30M", "", "2027-01-15T15:30:00.000Z"},
      row{"2027-06-15", "America/New_York", "PT0M", "", "2027-06-15T13:00:00.000Z"},
      row{"2027-01-15T17:00:00", "America/New_York", "PT30M", "", "2027-01-15T21:30:00.000Z"},
      row{"2027-06-15", "Asia/Kathmandu", "PT0M", "", "2027-06-15T03:15:00.000Z"},
      row{"2027-01-15T17:00:00", "Asia/Kathmandu", "PT30M", "", "2027-01-15T10:45:00.000Z"},
      row{"2027-06-15", "Pacific/Kiritimati", "PT0M", "", "2027-06-14T19:00:00.000Z"},
      row{"2027-01-15T17:00:00", "Pacific/Kiritimati", "PT30M", "", "2027-01-15T02:30:00.000Z"},
      row{"2027-06-15", "Pacific/Pago_Pago", "PT0M", "", "2027-06-15T20:00:00.000Z"},
      row{"2027-01-15T17:00:00", "Pacific/Pago_Pago", "PT30M", "", "2027-01-16T03:30:00.000Z"},
      row{"2027-06-15", "Pacific/Chatham", "PT0M", "", "2027-06-14T20:15:00.000Z"},
      row{"2027-01-15T17:00:00", "Pacific/Chatham", "PT30M", "", "2027-01-15T02:45:00.000Z"},
      row{"2027-06-15", "Australia/Lord_Howe", "PT0M", "", "2027-06-14T22:30:00.000Z"},
      row{"2027-01-15T17:00:00", "Australia/Lord_Howe", "PT30M", "", "2027-01-15T05:30:00.000Z"},
      row{"2027-06-15", "Asia/Kolkata", "P1D", "18:00", "2027-06-14T12:30:00.000Z"},
      row{"2027-06-15", "Asia/Kolkata", "P1W", "", "2027-06-08T03:30:00.000Z"},
      row{"2027-06-15", "Asia/Kolkata", "P1W1DT1H1M", "00:00", "2027-06-06T17:29:00.000Z"},
      row{"2027-03-01", "UTC", "P1D", "", "2027-02-28T09:00:00.000Z"},
      row{"2028-03-01", "UTC", "P1D", "", "2028-02-29T09:00:00.000Z"},
      row{"2027-01-01", "UTC", "P1D", "23:59", "2026-12-31T23:59:00.000Z"},
      row{"2027-12-31T23:59:59", "UTC", "PT1M", "", "2027-12-31T23:58:59.000Z"},
      row{"2027-03-28T12:00:00", "Europe/Berlin", "PT0M", "", "2027-03-28T10:00:00.000Z"},
      row{"2027-03-28T12:00:00", "Europe/Berlin", "PT30M", "", "2027-03-28T09:30:00.000Z"},
      row{"2027-03-28T12:00:00", "Europe/Berlin", "P1D", "", "2027-03-27T11:00:00.000Z"},
      row{"2027-03-28T12:00:00", "Europe/Berlin", "PT24H", "", "2027-03-27T10:00:00.000Z"},
      row{"2027-03-28T12:00:00", "Europe/Berlin", "P1DT30M", "", "2027-03-27T10:30:00.000Z"},
      row{"2027-03-28T12:00:00", "Europe/Berlin", "P1W", "", "2027-03-21T11:00:00.000Z"},
      row{"2027-03-28T02:30:00", "Europe/Berlin", "PT0M", "", "2027-03-28T01:30:00.000Z"},
      row{"2027-03-28T02:30:00", "Europe/Berlin", "PT30M", "", "2027-03-28T01:00:00.000Z"},
      row{"2027-03-29T02:30:00", "Europe/Berlin", "P1D", "", "2027-03-28T01:30:00.000Z"},
      row{"2027-03-28", "Europe/Berlin", "PT0M", "02:30", "2027-03-28T01:30:00.000Z"},
      row{"2027-03-28", "Europe/Berlin", "PT7H", "", "2027-03-28T00:00:00.000Z"},
      row{"2027-03-29", "Europe/Berlin", "PT24H", "", "2027-03-28T07:00:00.000Z"},
      row{"2027-03-29", "Europe/Berlin", "P1D", "", "2027-03-28T07:00:00.000Z"},
      row{"2027-10-31T12:00:00", "Europe/Berlin", "PT0M", "", "2027-10-31T11:00:00.000Z"},
      row{"2027-10-31T12:00:00", "Europe/Berlin", "PT30M", "", "2027-10-31T10:30:00.000Z"},
      row{"2027-10-31T12:00:00", "Europe/Berlin", "P1D", "", "2027-10-30T10:00:00.000Z"},
      row{"2027-10-31T12:00:00", "Europe/Berlin", "PT24H", "", "2027-10-30T11:00:00.000Z"},
      row{"2027-10-31T12:00:00", "Europe/Berlin", "P1DT30M", "", "2027-10-30T09:30:00.000Z"},
      row{"2027-10-31T02:30:00", "Europe/Berlin", "PT0M", "", "2027-10-31T00:30:00.000Z"},
      row{"2027-10-31T03:30:00", "Europe/Berlin", "PT1H", "", "2027-10-31T01:30:00.000Z"},
      row{"2027-11-01T02:30:00", "Europe/Berlin", "P1D", "", "2027-10-31T00:30:00.000Z"},
      row{"2027-10-31", "Europe/Berlin", "PT0M", "02:00", "2027-10-31T00:00:00.000Z"},
      row{"2027-11-01", "Europe/Berlin", "P1D", "02:59", "2027-10-31T00:59:00.000Z"},
      row{"2027-11-01", "Europe/Berlin", "PT24H", "", "2027-10-31T08:00:00.000Z"},
      row{"2027-03-14T02:30:00", "America/New_York", "PT0M", "", "2027-03-14T07:30:00.000Z"},
      row{"2027-03-15T02:15:00", "America/New_York", "P1D", "", "2027-03-14T07:15:00.000Z"},
      row{"2027-11-07T01:30:00", "America/New_York", "PT0M", "", "2027-11-07T05:30:00.000Z"},
      row{"2027-11-07T01:30:00", "America/New_York", "PT1H", "", "2027-11-07T04:30:00.000Z"},
      row{"2027-11-08", "America/New_York", "P1D", "01:30", "2027-11-07T05:30:00.000Z"},
      row{"2027-03-28", "Asia/Beirut", "PT0M", "00:00", "2027-03-27T22:00:00.000Z"},
      row{"2027-03-28T00:30:00", "Asia/Beirut", "PT0M", "", "2027-03-27T22:30:00.000Z"},
      row{"2027-03-29", "Asia/Beirut", "P1D", "00:30", "2027-03-27T22:30:00.000Z"},
      row{"2027-10-31", "Asia/Beirut", "PT0M", "00:00", "2027-10-30T22:00:00.000Z"},
      row{"2027-04-04T01:45:00", "Australia/Lord_Howe", "PT0M", "", "2027-04-03T14:45:00.000Z"},
      row{"2027-10-03T02:15:00", "Australia/Lord_Howe", "PT0M", "", "2027-10-02T15:45:00.000Z"},
      row{"2027-10-03", "Australia/Lord_Howe", "P0D", "02:15", "2027-10-02T15:45:00.000Z"},
      row{"2027-09-05", "America/Santiago", "PT0M", "00:00", "2027-09-05T04:00:00.000Z"},
      row{"2027-04-04", "America/Santiago", "PT0M", "23:30", "2027-04-05T03:30:00.000Z"},
      row{"2027-09-26T02:50:00", "Pacific/Chatham", "PT0M", "", "2027-09-25T14:05:00.000Z"},
      row{"2027-10-31", "Atlantic/Azores", "PT0M", "00:30", "2027-10-31T00:30:00.000Z"},
      row{"2011-12-31", "Pacific/Apia", "P1D", "12:00", "2011-12-30T22:00:00.000Z"},
      row{"2011-12-30T12:00:00", "Pacific/Apia", "PT0M", "", "2011-12-30T22:00:00.000Z"},
      row{"2027-03-28T10:00:00Z", "Europe/Berlin", "P1D", "", "2027-03-27T11:00:00.000Z"},
      row{"2027-03-28T10:00:00Z", "Europe/Berlin", "PT24H", "", "2027-03-27T10:00:00.000Z"},
      row{"2027-06-15T02:00:00Z", "America/New_York", "P0D", "09:00", "2027-06-14T13:00:00.000Z"},
      row{"2027-06-15T02:00:00Z", "Asia/Tokyo", "P0D", "09:00", "2027-06-15T00:00:00.000Z"},
      row{"2027-06-15T02:00:00Z", "Asia/Tokyo", "P1W", "", "2027-06-08T02:00:00.000Z"},
      row{"2027-10-31T10:00:00Z", "Europe/Berlin", "P1DT1H", "02:30", "2027-10-29T23:30:00.000Z"},
  };
  EXPECT_GE(table.size(), 60U);
  for (const row& each : table) {
    const reminder r = before(each.before, each.time);
    // The task's zone counts, and the person's where it has none.
    EXPECT_EQ(said(moment_of(r, {each.due, each.zone}, "Asia/Tokyo")), each.moment)
        << each.due << ' ' << each.zone << ' ' << each.before << ' ' << each.time;
    EXPECT_EQ(said(moment_of(r, {each.due, {}}, each.zone)), each.moment) << each.due << ' ' << each.zone;
  }
}

TEST(reminder, at_a_time_is_that_time) {
  const reminded_task none;
  EXPECT_EQ(said(moment_of(at("2027-12-01T16:00:00+01:00"), none, "Asia/Tokyo")), "2027-12-01T15:00:00.000Z");
  EXPECT_EQ(said(moment_of(at("2027-12-01T16:00:00"), none, "Asia/Tokyo")), "2027-12-01T07:00:00.000Z");
  EXPECT_EQ(said(moment_of(at("2027-12-01T16:00:00", "Europe/Berlin"), none, "Asia/Tokyo")),
            "2027-12-01T15:00:00.000Z");
  EXPECT_EQ(said(moment_of(before("PT5M"), none, "UTC")), "never");
}

TEST(reminder, knows_whether_a_persons_zone_matters) {
  EXPECT_TRUE(follows_zone(at("2027-12-01T16:00:00")));
  EXPECT_FALSE(follows_zone(at("2027-12-01T16:00:00", "UTC")));
  EXPECT_FALSE(follows_zone(at("2027-12-01T16:00:00Z")));
  EXPECT_TRUE(follows_zone(before("P1D")));
  EXPECT_TRUE(follows_zone(before("PT1H", "09:00")));
  EXPECT_FALSE(follows_zone(before("PT24H")));
}

TEST(reminder, is_armed_only_for_what_is_to_come) {
  reminder r = before("PT1H");
  const reminded_task due{"2026-11-22T14:00:00Z", {}};
  EXPECT_TRUE(arm(r, due, "UTC", now));
  EXPECT_EQ(said(r.next_at), "2026-11-22T13:00:00.000Z");
  EXPECT_EQ(state_of(r, now), reminder_state::armed);
  EXPECT_FALSE(arm(r, due, "UTC", now)) << "nothing changed";
  const instant later = *parse_rfc3339("2026-11-22T13:30:00Z");
  EXPECT_FALSE(arm(r, due, "UTC", later)) << "it has yet to fire: a change at the task must not lose it";
  EXPECT_TRUE(r.next_at);

  EXPECT_TRUE(arm(r, {due.due, {}, false}, "UTC", now));
  EXPECT_EQ(state_of(r, now), reminder_state::paused);
  EXPECT_EQ(state_of(r, later), reminder_state::missed);
  EXPECT_FALSE(arm(r, due, "UTC", later)) << "reopened too late";
  EXPECT_TRUE(arm(r, due, "UTC", now));

  r.fired_for = r.next_at;  // as the queue does it
  r.next_at.reset();
  EXPECT_EQ(state_of(r, later), reminder_state::fired);
  EXPECT_FALSE(arm(r, due, "UTC", now)) << "once, even if the clock was set back";
  EXPECT_TRUE(arm(r, {"2026-11-23T14:00:00Z", {}}, "UTC", later)) << "a new due time is a new occasion";
  EXPECT_EQ(state_of(r, later), reminder_state::armed);
  EXPECT_TRUE(arm(r, {}, "UTC", later));
  EXPECT_EQ(state_of(r, later), reminder_state::dormant);
}

TEST(reminder, can_be_put_off_within_bounds) {
  struct row {
    std::optional<std::string> until;
    std::optional<std::int64_t> minutes;
    std::string outcome;  // remind_at, or the place of the fault
  };
  const std::array table{row{{}, 10, "2026-11-22T12:10:00.000Z"},
                         row{"2026-11-22T12:00:00.001Z", {}, "2026-11-22T12:00:00.001Z"},
                         row{"2026-11-22T12:00:00Z", {}, "/until"},
                         row{"2027-11-24T12:00:00Z", {}, "/until"},
                         row{{}, 0, "/minutes"},
                         row{{}, 527'041, "/minutes"},
                         row{{}, 527'040, "2027-11-23T12:00:00.000Z"},
                         row{"2026-12-22T12:00:00Z", 5, "/until"},
                         row{{}, {}, "/until"}};
  for (const row& each : table) {
    reminder r = at("2026-11-22T11:00:00Z");
    reminder_snooze wanted;
    if (each.until) wanted.until = *parse_rfc3339(*each.until);
    if (each.minutes) wanted.minutes = *each.minutes;
    const result<> done = snooze(r, wanted, {}, now);
    EXPECT_EQ(done.has_error() ? done.error().faults.at(0).pointer : said(r.next_at), each.outcome);
  }
  reminder r = at("2026-11-22T11:00:00Z");
  reminder_snooze wanted;
  wanted.minutes = 5;
  EXPECT_EQ(snooze(r, wanted, {{}, {}, false}, now).error().code, errc::conflict);
}

TEST(due_soon, is_told_before_a_time_and_in_the_morning_of_a_date) {
  struct row {
    std::string due, moment;
  };
  const std::array table{row{"2026-11-22T14:00:00Z", "2026-11-22T13:00:00.000Z"},
                         row{"2026-11-22T13:00:00Z", "never"},  // who sets it that late knows
                         row{"2026-11-23", "2026-11-23T08:00:00.000Z"},
                         row{"2026-11-22", "never"},
                         row{"2027-03-28", "2027-03-28T07:00:00.000Z"},
                         row{"2026-11-22T15:00:00", "2026-11-22T13:00:00.000Z"}};
  for (const row& each : table) {
    task_changes wanted;
    wanted.title = std::string{"x"};
    wanted.due = each.due;
    const task t = make_task(wanted, {ada, "Europe/Berlin", now}).value();
    EXPECT_EQ(said(due_soon_moment(t, {}, now)), each.moment) << each.due;
  }
}

}  // namespace
}  // namespace cumulo::tasks
