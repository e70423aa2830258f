#include "notification-service/mail/letters.hpp"

#include <gmock/gmock.h>

namespace cumulo::notifications::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

const letter_writer writer{{{"Cumulo", "cumulo@mail.example.org"}, "https://cumulo.example.org"}};

letter some() {
  return {.id = "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e30",
          .kind = "reminder",
          .to = {"Ann", "ann@example.org"},
          .says = {"Tea", "line 1\nline 2", "/app/tasks/1"},
          .date = from_millis(1'800'000'000'000)};
}

std::string field(const mail_message& m, std::string_view name) {
  for (const auto& [n, value] : m.fields) {
    if (n == name) return value;
  }
  return "";
}

TEST(text_templates, fill_hide_and_escape) {
  const text_template t{"a {{x}}{{#y}} [{{y}}{{#x}}!{{/x}}]{{/y}} b"};
  EXPECT_EQ(t.render({{"x", "1"}, {"y", ""}}, escaping::none), "a 1 b");
  EXPECT_EQ(t.render({{"x", "1"}, {"y", "2"}}, escaping::none), "a 1 [2!] b");
  EXPECT_EQ(t.render({{"x", "{{y}}"}, {"y", ""}}, escaping::none), "a {{y}} b") << "values are not searched";
  EXPECT_EQ(t.render({{"x", "<&\"'>\x01"}, {"y", ""}}, escaping::html), "a &lt;&amp;&quot;&#39;&gt; b");
  EXPECT_THROW(static_cast<void>(t.render({{"y", "1"}}, escaping::none)), std::logic_error);
  EXPECT_THAT(t.names(), testing::ElementsAre("x", "y"));
  for (const char* bad : {"{{x", "{{}}", "{{#x}}", "{{/x}}", "{{#x}}{{#y}}{{/x}}{{/y}}", "{{X}}", "{{ x }}"}) {
    EXPECT_THROW(text_template{bad}, std::logic_error) << bad;
  }
}

TEST(letters, have_both_forms_and_say_what_they_are) {
  const mail_message m = writer.write(some());
  EXPECT_EQ(m.subject, "Tea");
  EXPECT_EQ(m.message_id, "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e30@mail.example.org");
  EXPECT_THAT(m.text, HasSubstr("Hello Ann,"));
  EXPECT_THAT(m.text, HasSubstr("line 1\nline 2"));
  EXPECT_THAT(m.text, HasSubstr("https://cumulo.example.org/app/tasks/1"));
  EXPECT_THAT(m.html, HasSubstr("href=\"https://cumulo.example.org/app/tasks/1\""));
  EXPECT_EQ(field(m, "Auto-Submitted"), "auto-generated");
  EXPECT_EQ(field(m, "List-Id"), "\"Cumulo\" <notifications.mail.example.org>");
  EXPECT_EQ(field(m, "List-Unsubscribe"), "");
  EXPECT_EQ(field(m, "List-Unsubscribe-Post"), "");
}

TEST(letters, speak_german) {
  letter l = some();
  l.speaks = language::german;
  const mail_message m = writer.write(l);
  EXPECT_THAT(m.text, HasSubstr("Hallo Ann,"));
  EXPECT_THAT(m.html, HasSubstr("<html lang=\"de\">"));
  EXPECT_THAT(m.html, HasSubstr("\u00d6ffnen"));
}

TEST(letters, escape_what_people_wrote) {
  letter l = some();
  l.to.name = l.says.title = "<script>alert(1)</script>";
  l.says.body = "</p><img src=x onerror=\"x\">{{link}}";
  const mail_message m = writer.write(l);
  EXPECT_THAT(m.html, Not(HasSubstr("<script")));
  EXPECT_THAT(m.html, Not(HasSubstr("<img")));
  EXPECT_THAT(m.html, HasSubstr("{{link}}")) << "as written";
  EXPECT_THAT(m.text, HasSubstr("<script>alert(1)</script>")) << "plain text has nothing to escape";
}

TEST(letters, leave_out_what_there_is_not) {
  const letter_writer bare{{{"", "c@example.org"}, ""}};
  letter l = some();
  l.to.name.clear();
  l.says = {"Only a title"};
  mail_message m = bare.write(l);
  for (const char* absent : {"Hello", "Open", "http", "{{"}) EXPECT_THAT(m.text, Not(HasSubstr(absent)));
  for (const char* absent : {"<a ", "{{"}) EXPECT_THAT(m.html, Not(HasSubstr(absent)));
  l.says.link = "/app/x";
  EXPECT_THAT(bare.write(l).text, Not(HasSubstr("/app/x"))) << "a path leads nowhere without the site";
}

TEST(letters, one_click_unsubscription) {
  letter l = some();
  l.unsubscribe = "https://cumulo.example.org/unsubscribe/x";
  const mail_message m = writer.write(l);
  EXPECT_EQ(field(m, "List-Unsubscribe"), "<https://cumulo.example.org/unsubscribe/x>");
  EXPECT_EQ(field(m, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
  EXPECT_THAT(m.text, HasSubstr(l.unsubscribe));
}

}  // namespace
}  // namespace cumulo::notifications::mail
