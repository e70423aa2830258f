#include "notification-service/domain/texts.hpp"

#include <gmock/gmock.h>

#include "notification-service/domain/kind.hpp"

namespace cumulo::notifications {
namespace {

using testing::HasSubstr;
using testing::Not;

const instant noon = *parse_rfc3339("2026-12-01T12:00:00Z");
const std::string id = "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e01";

/// Whatever people wrote, what is made of it is a message that POST /notify would take.
void expect_valid(const content& says) {
  draft asked{.user_id = id, .says = says};
  for (const fault& each : faults_of(asked)) ADD_FAILURE() << each.pointer << ": " << each.detail;
  EXPECT_THAT(says.title + says.body.value_or(""), Not(HasSubstr("{"))) << "something was not filled in";
}

TEST(texts, say_it_in_the_readers_language_and_zone) {
  const task_facts task{id, "Pay rent", "2026-12-01T17:00:00", noon};
  const reader english{"en-GB", "Europe/Berlin"};
  const reader german{"de-AT", "Europe/Berlin"};
  EXPECT_EQ(reminder_text(english, task).title, "Reminder: Pay rent");
  EXPECT_EQ(reminder_text(english, task).body, "Due: 2026-12-01 13:00");
  EXPECT_EQ(reminder_text(english, task).link, "/app/tasks/" + id);
  EXPECT_EQ(reminder_text(german, task).title, "Erinnerung: Pay rent");
  EXPECT_EQ(due_soon_text(german, task).body, "Fällig: 2026-12-01 13:00");
  EXPECT_EQ(reminder_text({"fr", ""}, task).body, "Due: 2026-12-01 12:00");
  EXPECT_EQ(reminder_text(english, {id, "x", "2026-12-24", noon}).body, "Due: 2026-12-24") << "a date has no hour";
  EXPECT_EQ(reminder_text(english, {id, "x", "", {}}).body, std::nullopt);
}

TEST(texts, tell_who_changed_what) {
  const task_facts task{id, "Pay rent", "", {}};
  const content said = task_change_text({"en", ""}, task_change::updated, task, {"due", "title", "version"}, "Bob");
  EXPECT_EQ(said.title, "Bob changed: Pay rent");
  EXPECT_EQ(said.body, "Changed: title, due date");
  EXPECT_EQ(task_change_text({"de", ""}, task_change::completed, task, {}, "").title, "Erledigt: Pay rent");
}

TEST(texts, bound_what_people_wrote) {
  const std::string long_title(2'000, 'x');
  std::string wide;
  for (int i = 0; i < 500; ++i) wide += "ü";
  for (const char* locale : {"en", "de"}) {
    const reader who{locale, "Europe/Berlin"};
    for (const std::string& title : {long_title, wide, std::string{"<b>&\"'"}, std::string{"a\nb\tc\x7f"}}) {
      const task_facts task{id, title, title, noon};
      expect_valid(reminder_text(who, task));
      expect_valid(due_soon_text(who, task));
      for (const auto what : {task_change::created, task_change::updated, task_change::completed, task_change::trashed,
                              task_change::restored}) {
        expect_valid(task_change_text(who, what, task, {title, "due"}, title));
        expect_valid(task_change_text(who, what, task, {}, ""));
      }
      expect_valid(gathered_text(who, 1'000, std::vector<std::string>(most_gathered_lines, title)));
      for (const auto what :
           {security_event::signed_in, security_event::password_changed, security_event::token_created}) {
        expect_valid(security_text(who, what, {noon, title, title, title, 20}));
        expect_valid(security_text(who, what, {noon, "", "", ""}));
      }
      expect_valid(digest_text(who, {500, 3, 9, std::vector<task_facts>(most_digest_tasks, task)}));
    }
  }
  EXPECT_EQ(length_in_characters(reminder_text({"en", ""}, {id, wide, "", {}}).title), longest_title);
}

TEST(texts, count_what_is_left_out) {
  const content few = gathered_text({"en", ""}, 3, {"one", "two", "three"});
  EXPECT_EQ(few.title, "3 changes of your tasks");
  EXPECT_EQ(few.body, "• one\n• two\n• three");
  EXPECT_THAT(*gathered_text({"en", ""}, 30, {"one"}).body, HasSubstr("and 29 more"));
  const content digest = digest_text({"en", ""}, {2, 1, 0, {{id, "Late", "2026-11-30", noon}}});
  EXPECT_EQ(digest.title, "2 overdue, 1 due today");
  EXPECT_EQ(digest.body, "• Late (2026-11-30)\n… and 2 more");
}

TEST(texts, name_every_kind) {
  for (const char* locale : {"en", "de"}) {
    for (const rule& each : rules) EXPECT_FALSE(kind_text(locale, each.name).empty());
  }
  EXPECT_EQ(kind_text("en", "direct"), "");
}

}  // namespace
}  // namespace cumulo::notifications
