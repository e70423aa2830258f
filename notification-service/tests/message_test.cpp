#include "notification-service/domain/message.hpp"

#include <gmock/gmock.h>

namespace cumulo::notifications {
namespace {

using testing::UnorderedElementsAreArray;

constexpr const char* someone = "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00";

draft to_someone() {
  draft asked;
  asked.user_id = someone;
  asked.says.title = "The build is done";
  return asked;
}

std::string repeat(std::string_view piece, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += piece;
  return out;
}

struct rule_case {
  std::string name;
  void (*change)(draft&);
  std::vector<std::string> faults;  // "pointer code", in any order
};

class message_rules : public testing::TestWithParam<rule_case> {};

TEST_P(message_rules, names_every_fault) {
  draft asked = to_someone();
  GetParam().change(asked);
  std::vector<std::string> found;
  for (const fault& each : faults_of(asked)) {
    found.push_back(each.pointer + " " + each.code);
    EXPECT_FALSE(each.detail.empty());
  }
  EXPECT_THAT(found, UnorderedElementsAreArray(GetParam().faults));
}

const rule_case rule_cases[] = {
    {"least", [](draft&) {}, {}},
    {"nobody", [](draft& d) { d.user_id.reset(); }, {"/user_id required"}},
    {"two_recipients", [](draft& d) { d.email = "a@example.org"; }, {"/email exclusive"}},
    {"no_id", [](draft& d) { d.user_id = "42"; }, {"/user_id invalid_id"}},
    {"upper_case_id", [](draft& d) { d.user_id = "0198F0A2-1B2C-7D3E-8F40-5A6B7C8D9E00"; }, {"/user_id invalid_id"}},
    {"by_email", [](draft& d) { d.user_id.reset(), d.email = "Ann@Example.org"; }, {}},
    {"no_email", [](draft& d) { d.user_id.reset(), d.email = "example.org"; }, {"/email invalid_email"}},
    {"email_without_host", [](draft& d) { d.user_id.reset(), d.email = "ann@"; }, {"/email invalid_email"}},
    {"email_with_line_break", [](draft& d) { d.user_id.reset(), d.email = "a@b\nc"; }, {"/email invalid_email"}},
    {"long_email", [](draft& d) { d.user_id.reset(), d.email = "a@" + repeat("b", 253); }, {"/email invalid_email"}},
    {"empty_title", [](draft& d) { d.says.title = ""; }, {"/title too_short"}},
    {"blank_title", [](draft& d) { d.says.title = "   "; }, {"/title too_short"}},
    {"longest_title", [](draft& d) { d.says.title = repeat("\u00fc", 200); }, {}},
    {"long_title", [](draft& d) { d.says.title = repeat("\u00fc", 201); }, {"/title too_long"}},
    {"two_lines", [](draft& d) { d.says.title = "a\r\nBcc: all"; }, {"/title invalid_character"}},
    {"largest_body", [](draft& d) { d.says.body = repeat("x", 8192); }, {}},
    {"large_body", [](draft& d) { d.says.body = repeat("x", 8193); }, {"/body too_long"}},
    {"script_link", [](draft& d) { d.says.link = "javascript:alert(1)"; }, {"/link invalid_link"}},
    {"long_link", [](draft& d) { d.says.link = "/" + repeat("x", 2000); }, {"/link too_long"}},
    {"data_array", [](draft& d) { d.says.data = "[1]"; }, {"/data wrong_type"}},
    {"data_object", [](draft& d) { d.says.data = R"({"build":42})"; }, {}},
    {"large_data", [](draft& d) { d.says.data = "{\"a\":\"" + repeat("x", 4096) + "\"}"; }, {"/data too_long"}},
    {"all_channels", [](draft& d) { d.channels = {"inbox", "email", "webhook", "push"}; }, {}},
    {"no_channel", [](draft& d) { d.channels.emplace(); }, {"/channels too_short"}},
    {"unknown_channel", [](draft& d) { d.channels = {"inbox", "fax"}; }, {"/channels/1 unknown_channel"}},
    {"channel_twice", [](draft& d) { d.channels = {"inbox", "email", "inbox"}; }, {"/channels/2 duplicate"}},
    {"everything",
     [](draft& d) {
       d = draft{};
       d.email = "x";
       d.user_id = "y";
       d.says.body = repeat("x", 9000);
       d.says.link = "//evil.example";
       d.says.data = "7";
       d.channels = {"fax", "fax"};
     },
     {"/email exclusive", "/email invalid_email", "/user_id invalid_id", "/title too_short", "/body too_long",
      "/link invalid_link", "/data wrong_type", "/channels/0 unknown_channel", "/channels/1 unknown_channel"}},
};
INSTANTIATE_TEST_SUITE_P(drafts, message_rules, testing::ValuesIn(rule_cases),
                         [](const auto& each) { return each.param.name; });

TEST(links, that_are_safe) {
  for (const std::string_view link :
       {"/", "/app/tasks/7", "/a?b=c#d", "https://ci.example.org/42", "http://localhost:3000", "HTTPS://EXAMPLE.ORG/x",
        "https://[2001:db8::1]/x", "https://example.org/stra\u00dfe", "https://example.org?at=a@b"}) {
    EXPECT_TRUE(is_safe_link(link)) << link;
  }
}

TEST(links, that_are_not) {
  for (const std::string_view link : {"",
                                      "tasks",
                                      "javascript:alert(1)",
                                      "JavaScript:alert(1)",
                                      " javascript:alert(1)",
                                      "java\nscript:alert(1)",
                                      "//evil.example/x",
                                      "/\\evil.example",
                                      "\\\\evil.example",
                                      "data:text/html,x",
                                      "ftp://example.org",
                                      "http://",
                                      "https:///path",
                                      "https://:80/",
                                      "https://bank.example@evil.example/",
                                      "https://exa mple.org",
                                      "http:/x",
                                      "https://example.org/\"onclick",
                                      "file:///etc/passwd",
                                      "vbscript://x"}) {
    EXPECT_FALSE(is_safe_link(link)) << link;
  }
}

TEST(account_ids, tell_whether_the_account_may_be_too_new_to_be_known) {
  const instant made = from_millis(0x0198f0a21b2c);  // as the id says
  EXPECT_TRUE(may_be_new(someone, made));
  EXPECT_TRUE(may_be_new(someone, made + settling_time));
  EXPECT_FALSE(may_be_new(someone, made + settling_time + std::chrono::milliseconds{1}));
  EXPECT_TRUE(may_be_new(someone, made - std::chrono::seconds{5})) << "clocks differ";
  EXPECT_FALSE(may_be_new(someone, made - std::chrono::hours{1}));
  EXPECT_FALSE(may_be_new("0198f0a2-1b2c-4d3e-8f40-5a6b7c8d9e00", made)) << "a random id holds no time";
  EXPECT_FALSE(may_be_new("", made));
}

TEST(email_keys, ignore_the_case_of_ascii_letters_only) {
  EXPECT_EQ(email_key("Ann.B@Example.ORG"), "ann.b@example.org");
  EXPECT_EQ(email_key("\u00c4nn@example.org"), "\u00c4nn@example.org");
}

}  // namespace
}  // namespace cumulo::notifications
