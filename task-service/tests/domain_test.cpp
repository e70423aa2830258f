#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "task-service/domain/due.hpp"
#include "task-service/domain/project.hpp"
#include "task-service/domain/task.hpp"
#include "task-service/domain/text.hpp"

namespace cumulo::tasks {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::string_view ada = "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00";
const instant now = *parse_rfc3339("2026-11-22T12:00:00Z");

author ada_at(instant t) { return {ada, "Europe/Berlin", t}; }

std::vector<std::string> codes(const error& e) {
  std::vector<std::string> all;
  for (const fault& f : e.faults) all.push_back(f.pointer + " " + f.code);
  return all;
}

TEST(due, takes_exactly_three_forms_of_times_that_exist) {
  struct row {
    std::string_view text;
    std::optional<due_form> form;
  };
  const std::array table{
      row{"2026-12-01", due_form::date},
      row{"0001-01-01", due_form::date},
      row{"9999-12-31", due_form::date},
      row{"2024-02-29", due_form::date},
      row{"2000-02-29", due_form::date},
      row{"2026-12-01T17:00:00", due_form::floating},
      row{"2026-12-01T23:59:59", due_form::floating},
      row{"2026-12-01T16:00:00Z", due_form::instant},
      row{"2026-12-01T16:00:00.000Z", due_form::instant},
      row{"2026-12-01T16:00:00.123456789Z", due_form::instant},
      row{"2026-12-01T17:00:00+01:00", due_form::instant},
      row{"2026-12-01T10:30:00-05:30", due_form::instant},
      row{"", {}},
      row{"tomorrow", {}},
      row{"2026-02-30", {}},
      row{"2025-02-29", {}},
      row{"1900-02-29", {}},
      row{"2026-04-31", {}},
      row{"2026-13-01", {}},
      row{"2026-00-10", {}},
      row{"2026-01-00", {}},
      row{"0000-01-01", {}},
      row{"2026-1-1", {}},
      row{"20261201", {}},
      row{"2026-12-01 ", {}},
      row{" 2026-12-01", {}},
      row{"2026-12-01T", {}},
      row{"2026-12-01T17:00", {}},
      row{"2026-12-01T24:00:00", {}},
      row{"2026-12-01T17:60:00", {}},
      row{"2026-12-01T17:00:60", {}},
      row{"2026-12-01T17:00:00.5", {}},
      row{"2026-12-01 17:00:00", {}},
      row{"2026-12-01t17:00:00z", {}},
      row{"2026-12-01T16:00:00z", {}},
      row{"2026-12-01T23:59:60Z", {}},
      row{"2026-02-30T10:00:00Z", {}},
      row{"2026-12-01T16:00:00+25:00", {}},
      row{"2026-12-01T16:00:00+0100", {}},
      row{"2026-12-01T16:00:00[Europe/Berlin]", {}},
      row{"-026-12-01", {}},
      row{"+2026-12-01", {}},
  };
  for (const row& each : table) {
    const std::optional<due_time> parsed = parse_due(each.text);
    EXPECT_EQ(parsed.has_value(), each.form.has_value()) << each.text;
    if (parsed && each.form) {
      EXPECT_EQ(parsed->form, *each.form) << each.text;
    }
  }
}

TEST(due, is_late_after_the_right_moment_in_every_zone) {
  struct row {
    std::string_view due, zone, deadline;
  };
  const std::array table{
      row{"2026-12-01", "UTC", "2026-12-01T23:59:59.999Z"},
      row{"2026-12-01", "Europe/Berlin", "2026-12-01T22:59:59.999Z"},
      row{"2026-12-01", "Pacific/Kiritimati", "2026-12-01T09:59:59.999Z"},
      row{"2026-12-01", "Asia/Kathmandu", "2026-12-01T18:14:59.999Z"},
      row{"2026-12-01T17:00:00", "Europe/Berlin", "2026-12-01T16:00:00.000Z"},
      row{"2026-07-01T17:00:00", "Europe/Berlin", "2026-07-01T15:00:00.000Z"},
      row{"2026-12-01T16:00:00Z", "", "2026-12-01T16:00:00.000Z"},
      row{"2026-12-01T17:00:00.25+01:00", "Asia/Tokyo", "2026-12-01T16:00:00.250Z"},
      // The clocks go from 02:00 to 03:00: 02:30 is half an hour after the jump.
      row{"2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T01:30:00.000Z"},
      row{"2026-03-29T02:00:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"},
      row{"2026-03-08T02:30:00", "America/New_York", "2026-03-08T07:30:00.000Z"},
      // They go back from 03:00 to 02:00: the first 02:30 counts.
      row{"2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:30:00.000Z"},
      row{"2026-11-01T01:30:00", "America/New_York", "2026-11-01T05:30:00.000Z"},
      // Days of 23 and 25 hours, and one that begins at 01:00 (Beirut's clocks jump at midnight).
      row{"2026-03-29", "Europe/Berlin", "2026-03-29T21:59:59.999Z"},
      row{"2026-10-25", "Europe/Berlin", "2026-10-25T22:59:59.999Z"},
      row{"2026-03-28", "Asia/Beirut", "2026-03-28T21:59:59.999Z"},
      row{"2038-07-01T09:00:00", "Europe/London", "2038-07-01T08:00:00.000Z"},
  };
  for (const row& each : table) {
    const std::optional<due_time> parsed = parse_due(each.due);
    ASSERT_TRUE(parsed) << each.due;
    EXPECT_EQ(to_rfc3339(deadline_of(*parsed, each.zone)), each.deadline) << each.due << ' ' << each.zone;
  }
  EXPECT_EQ(to_rfc3339(start_of(*parse_due("2026-12-01"), "Europe/Berlin")), "2026-11-30T23:00:00.000Z");
}

TEST(due, knows_time_zones_by_their_iana_names) {
  for (const std::string_view good :
       {"UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "US/Pacific"}) {
    EXPECT_TRUE(is_timezone(good)) << good;
  }
  for (const std::string_view bad :
       {"", "Mars/Olympus", "europe/berlin", "../../etc/passwd", "Europe", "Europe/Berlin ", "+01:00"}) {
    EXPECT_FALSE(is_timezone(bad)) << bad;
  }
}

TEST(text, is_trimmed_of_every_kind_of_white_space) {
  EXPECT_EQ(trim("  a b \t\n"), "a b");
  EXPECT_EQ(trim("\u00a0\u3000x\u2003"), "x");
  EXPECT_EQ(trim(" \u200b "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(text, makes_words_that_do_not_depend_on_case_or_marks) {
  EXPECT_THAT(words_of("Buy Milk, buy BREAD!"), ElementsAre("buy", "milk", "bread"));
  EXPECT_THAT(words_of("Crème brûlée — Straße"), ElementsAre("creme", "brulee", "straße"));
  EXPECT_THAT(words_of("re\u0301sume\u0301 résumé"), ElementsAre("resume"));
  EXPECT_THAT(words_of("ПРИВЕТ, мир"), ElementsAre("привет", "мир"));
  EXPECT_THAT(words_of("会議の資料2026"), ElementsAre("会", "議", "の", "資", "料", "2026"));
  EXPECT_THAT(words_of("\"a\" OR b* -c 'd':* \\ ()"), ElementsAre("a", "or", "b", "c", "d"));
  EXPECT_THAT(words_of("🎉 !!! …"), IsEmpty());
  EXPECT_EQ(words_of(std::string(1000, 'x')).front().size(), 64U);
}

/// Against the words themselves: whole ones, beginnings, and what only nearly is there.
TEST(text, has_the_words_that_it_is_made_of) {
  const std::vector<std::string> pieces{"a",
                                        "B",
                                        "ab",
                                        "Ba",
                                        "aab",
                                        "7",
                                        " ",
                                        " ",
                                        ",",
                                        "-",
                                        "_",
                                        "\"",
                                        "\\",
                                        "\n",
                                        "z",
                                        "aba",
                                        std::string(31, 'a'),
                                        "[",
                                        "é",
                                        "ß",
                                        "e\u0301",
                                        "京",
                                        "Я",
                                        "ё"};
  std::mt19937 random{7};  // NOLINT(*-msc51-cpp): the same in every run
  const auto some = [&](std::size_t most, std::size_t kinds) {
    std::string text;
    for (std::size_t count = random() % (most + 1); count > 0; --count) text += pieces[random() % kinds];
    return text;
  };
  const std::size_t ascii = pieces.size() - 6;
  for (int round = 0; round < 20'000; ++round) {
    const std::size_t kinds = round % 2 == 0 ? ascii : pieces.size();
    const std::string text = some(12, kinds);
    const std::vector<std::string> own = words_of(text);
    std::vector<std::string> asked = words_of(some(4, pieces.size()));
    asked.insert(asked.end(), own.begin(), own.end());
    for (const std::string& each : own) {
      if (each.size() > 1 && static_cast<unsigned char>(each.back()) < 0x80)
        asked.push_back(each.substr(0, each.size() - 1));
    }
    // A piece of memory that ends where the text does, so that the address sanitizer sees who reads on.
    const std::vector<char> bytes(text.begin(), text.end());
    const std::string_view exact{bytes.data(), bytes.size()};
    for (const std::string& word : asked) {
      const auto begins = [&](const std::string& each) { return each.starts_with(word); };
      EXPECT_EQ(has_word(exact, word, false), std::ranges::count(own, word) != 0) << text << " | " << word;
      EXPECT_EQ(has_word(exact, word, true), std::ranges::any_of(own, begins)) << text << " | " << word << "*";
    }
  }
}

TEST(text, folds_labels_but_keeps_their_marks) {
  EXPECT_EQ(fold("HOME"), fold("home"));
  EXPECT_EQ(fold("ÄRGER"), fold("ärger"));
  EXPECT_NE(fold("cafe"), fold("café"));
  EXPECT_EQ(sort_key("Éclair"), "eclair");
}

TEST(task, title_rules) {
  struct row {
    std::string title;
    std::vector<std::string> faults;
  };
  std::string exact;
  for (std::size_t i = 0; i < longest_title; ++i) exact += "ü";
  const std::array table{
      row{"Water the plants", {}},
      row{"  trimmed  ", {}},
      row{exact, {}},
      row{exact + "ü", {"/title too_long"}},
      row{"", {"/title empty"}},
      row{"   \t ", {"/title empty"}},
      row{"a\nb", {"/title control_character"}},
      row{std::string{"a\0b", 3}, {"/title control_character"}},
      row{"a\u0085b", {"/title control_character"}},
  };
  for (const row& each : table) {
    task_changes wanted;
    wanted.title = each.title;
    const result<task> made = make_task(wanted, ada_at(now));
    if (each.faults.empty()) {
      ASSERT_TRUE(made.has_value()) << each.title;
      EXPECT_EQ(made->title, trim(each.title));
    } else {
      ASSERT_TRUE(made.has_error()) << each.title;
      EXPECT_EQ(codes(made.error()), each.faults) << each.title;
    }
  }
}

TEST(task, names_every_fault_at_once) {
  task_changes wanted;
  wanted.description = std::string(longest_description + 1, 'x');
  wanted.due = std::string{"2026-02-30"};
  wanted.labels = std::vector<std::string>{"home", "", "HOME", std::string(101, 'l')};
  wanted.project_id = std::string{"nonsense"};
  const result<task> made = make_task(wanted, ada_at(now));
  ASSERT_TRUE(made.has_error());
  EXPECT_EQ(made.error().code, errc::invalid);
  EXPECT_THAT(codes(made.error()),
              UnorderedElementsAre("/title required", "/description too_long", "/due invalid_due", "/labels/1 empty",
                                   "/labels/2 duplicate", "/labels/3 too_long", "/project_id not_found"));
}

TEST(task, begins_in_the_inbox_with_the_authors_zone_for_local_times) {
  task_changes wanted;
  wanted.title = std::string{"Call"};
  wanted.due = std::string{"2026-12-01T17:00:00"};
  const task made = make_task(wanted, ada_at(now)).value();
  EXPECT_EQ(made.project_id, "0198f0a2-1b2c-8d3e-8f40-5a6b7c8d9e00");
  EXPECT_EQ(made.project_id, inbox_of(ada));
  EXPECT_EQ(made.timezone, "Europe/Berlin");
  EXPECT_EQ(made.due, "2026-12-01T17:00:00");
  EXPECT_EQ(to_rfc3339(*made.due_at), "2026-12-01T16:00:00.000Z");
  EXPECT_EQ(made.version, 1);
  EXPECT_EQ(made.created_by, ada);
  EXPECT_FALSE(made.completed_at);

  wanted.due = std::string{"2026-12-01T16:00:00Z"};
  EXPECT_FALSE(make_task(wanted, ada_at(now))->timezone);
  wanted.timezone = std::string{"Mars/Olympus"};
  EXPECT_THAT(codes(make_task(wanted, ada_at(now)).error()), ElementsAre("/timezone unknown_timezone"));
}

class merging : public testing::Test {
 protected:
  merging() {
    task_changes wanted;
    wanted.title = std::string{"Call"};
    wanted.description = std::string{"about the garden"};
    wanted.due = std::string{"2026-12-01"};
    wanted.labels = std::vector<std::string>{"home", "phone"};
    wanted.priority = task_priority::high;
    t = make_task(wanted, ada_at(now)).value();
  }
  change_summary change(const task_changes& wanted, std::chrono::minutes later = std::chrono::minutes{1}) {
    return apply_changes(t, wanted, ada_at(now + later)).value();
  }
  task t;
};

TEST_F(merging, leaves_what_is_left_out) {
  const task before = t;
  const change_summary nothing = change({});
  EXPECT_THAT(nothing.members, IsEmpty());
  EXPECT_EQ(t.version, before.version);
  EXPECT_EQ(t.updated_at, before.updated_at);

  task_changes same;
  same.title = before.title;
  same.labels = before.labels;
  EXPECT_THAT(change(same).members, IsEmpty());
}

TEST_F(merging, clears_what_is_null) {
  task_changes wanted;
  wanted.description = std::nullopt;
  wanted.due = std::nullopt;
  wanted.labels = std::nullopt;
  wanted.priority = std::nullopt;
  const change_summary changes = change(wanted);
  EXPECT_THAT(changes.members, UnorderedElementsAre("description", "due", "timezone", "labels", "priority"));
  EXPECT_EQ(t.description, "");
  EXPECT_FALSE(t.due);
  EXPECT_FALSE(t.due_at);
  EXPECT_FALSE(t.timezone);
  EXPECT_THAT(t.labels, IsEmpty());
  EXPECT_EQ(t.priority, task_priority::none);
  EXPECT_EQ(t.title, "Call");
  EXPECT_EQ(t.version, 2);
  EXPECT_EQ(t.updated_at, now + std::chrono::minutes{1});
}

TEST_F(merging, refuses_null_where_there_must_be_something) {
  task_changes wanted;
  wanted.title = std::nullopt;
  wanted.status = std::nullopt;
  const task before = t;
  const result<change_summary> outcome = apply_changes(t, wanted, ada_at(now));
  ASSERT_TRUE(outcome.has_error());
  EXPECT_THAT(codes(outcome.error()), ElementsAre("/title wrong_type", "/status wrong_type"));
  EXPECT_EQ(t.version, before.version);
}

TEST_F(merging, completed_at_follows_status) {
  task_changes wanted;
  wanted.status = task_status::done;
  const change_summary done = change(wanted);
  EXPECT_TRUE(done.became_done);
  EXPECT_THAT(done.members, UnorderedElementsAre("status", "completed_at"));
  EXPECT_EQ(t.completed_at, now + std::chrono::minutes{1});

  wanted.title = std::string{"Called"};
  EXPECT_FALSE(change(wanted, std::chrono::minutes{2}).became_done);
  EXPECT_EQ(t.completed_at, now + std::chrono::minutes{1}) << "done again changes nothing";

  wanted.status = task_status::in_progress;
  EXPECT_THAT(change(wanted, std::chrono::minutes{3}).members, UnorderedElementsAre("status", "completed_at"));
  EXPECT_FALSE(t.completed_at);
}

TEST_F(merging, another_zone_moves_the_deadline) {
  task_changes wanted;
  wanted.timezone = std::string{"America/New_York"};
  EXPECT_THAT(change(wanted).members, ElementsAre("timezone"));
  EXPECT_EQ(t.due, "2026-12-01");
  EXPECT_EQ(to_rfc3339(*t.due_at), "2026-12-02T04:59:59.999Z");
}

TEST_F(merging, time_never_runs_backwards) {
  task_changes wanted;
  wanted.title = std::string{"Call back"};
  change(wanted, std::chrono::minutes{-5});
  EXPECT_EQ(t.updated_at, now);
}

TEST(project, the_inbox_is_known_before_it_is_written) {
  const project inbox = unwritten_inbox(ada);
  EXPECT_TRUE(inbox.is_inbox);
  EXPECT_EQ(inbox.id, inbox_of(ada));
  EXPECT_EQ(to_rfc3339(inbox.created_at), "2025-08-28T12:23:32.396Z");
}

TEST(project, the_inbox_keeps_its_name_and_place) {
  project inbox = unwritten_inbox(ada);
  project_changes wanted;
  wanted.name = std::string{"Outbox"};
  EXPECT_EQ(apply_changes(inbox, wanted, ada_at(now)).error().code, errc::conflict);
  wanted = {};
  wanted.archived = true;
  EXPECT_EQ(apply_changes(inbox, wanted, ada_at(now)).error().code, errc::conflict);
  wanted = {};
  wanted.color = std::string{"#2f9e44"};
  EXPECT_THAT(apply_changes(inbox, wanted, ada_at(now))->members, ElementsAre("color"));
}

TEST(project, names_every_fault_at_once) {
  project_creation wanted;
  wanted.name = std::string{" "};
  wanted.color = std::string{"green"};
  wanted.position = std::int64_t{-1};
  EXPECT_THAT(codes(make_project(wanted, ada_at(now)).error()),
              UnorderedElementsAre("/name empty", "/color invalid_color", "/position out_of_range"));
}

}  // namespace
}  // namespace cumulo::tasks
