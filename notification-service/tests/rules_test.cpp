#include "notification-service/domain/rules.hpp"

#include <gmock/gmock.h>

#include "notification-service/domain/unsubscribe.hpp"

namespace cumulo::notifications {
namespace {

using namespace std::chrono_literals;

const std::string ann = "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e01";
const std::string bob = "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e02";
const std::string project = "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e03";
const instant noon = *parse_rfc3339("2026-12-01T12:00:00Z");

/// "inbox email+300 webhook": channels, and by how many seconds later than now; "email+300g" is gathered.
std::string written(const std::vector<telling>& told) {
  std::string out;
  for (const telling& each : told) {
    if (!out.empty()) out += ' ';
    out += to_text(each.through);
    if (each.at != noon) out += "+" + std::to_string((each.at - noon) / 1s);
    if (each.gathered) out += 'g';
  }
  return out;
}

TEST(rules, are_in_the_order_of_their_kinds) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    EXPECT_EQ(static_cast<std::size_t>(rules[i].of), i);
    EXPECT_EQ(parse_kind(rules[i].name), rules[i].of);
  }
  EXPECT_EQ(parse_kind("direct"), std::nullopt);
}

struct by_kind {
  kind about;
  const char* to_others;  ///< somebody else did it, or nobody
  const char* to_oneself;
  const char* muted;  ///< the project is
  const char* quiet;  ///< in quiet hours until 13:00
};
class each_kind : public testing::TestWithParam<by_kind> {};
INSTANTIATE_TEST_SUITE_P(
    table, each_kind,
    testing::Values(
        by_kind{kind::reminder, "inbox email webhook push", "inbox email webhook push", "inbox email webhook push",
                "inbox email+3600 webhook+3600 push+3600"},
        by_kind{kind::due_soon, "inbox webhook push", "inbox webhook push", "", "inbox webhook+3600 push+3600"},
        by_kind{kind::digest, "inbox email", "inbox email", "inbox email", "inbox email+3600"},
        by_kind{kind::task_changed, "inbox email+300g webhook push", "", "",
                "inbox email+3600g webhook+3600 push+3600"},
        by_kind{kind::security, "inbox email push", "inbox email push", "inbox email push", "inbox email push"},
        by_kind{kind::announcement, "inbox email", "inbox email", "inbox email", "inbox email+3600"},
        by_kind{kind::assigned, "inbox email webhook push", "", "inbox email webhook push",
                "inbox email+3600 webhook+3600 push+3600"},
        by_kind{kind::mentioned, "inbox email webhook push", "", "inbox email webhook push",
                "inbox email+3600 webhook+3600 push+3600"},
        by_kind{kind::commented, "inbox email+300g webhook push", "", "", "inbox email+3600g webhook+3600 push+3600"},
        by_kind{kind::shared, "inbox email webhook push", "", "inbox email webhook push",
                "inbox email+3600 webhook+3600 push+3600"}));

TEST_P(each_kind, tells_whom_it_should) {
  const by_kind& c = GetParam();
  const listener who{ann, "UTC"};
  preferences muting;
  muting.muted_projects = {project};
  preferences sleeping;
  sleeping.quiet_hours = day_part{11 * 60, 13 * 60};
  const occasion by_other{c.about, bob, project};
  EXPECT_EQ(written(tell(by_other, {}, who, noon)), c.to_others);
  EXPECT_EQ(written(tell({c.about, "", project}, {}, who, noon)), c.to_others) << "nobody's doing";
  EXPECT_EQ(written(tell({c.about, ann, project}, {}, who, noon)), c.to_oneself);
  EXPECT_EQ(written(tell(by_other, muting, who, noon)), c.muted);
  EXPECT_EQ(written(tell({c.about, bob, bob}, muting, who, noon)), c.to_others) << "another project";
  EXPECT_EQ(written(tell({c.about, bob, ""}, muting, who, noon)), c.to_others) << "no project";
  EXPECT_EQ(written(tell(by_other, sleeping, who, noon)), c.quiet);
  EXPECT_EQ(written(tell(by_other, sleeping, {ann, "Asia/Tokyo"}, noon)), c.to_others) << "there it is 21:00";
}

TEST_P(each_kind, follows_each_choice) {
  const kind about = GetParam().about;
  const listener who{ann, "UTC"};
  for (const channel_name through : channel_names) {
    preferences only;
    for (const channel_name each : channel_names) only.choose(about, each, each == through);
    const auto told = tell({about, bob, ""}, only, who, noon);
    const bool with_inbox = rule_of(about).inbox_stays && through != channel_name::inbox;
    EXPECT_EQ(told.size(), with_inbox ? 2U : 1U);
    EXPECT_EQ(told.back().through, through);
  }
  preferences none;
  for (const channel_name each : channel_names) none.choose(about, each, false);
  EXPECT_EQ(written(tell({about, bob, ""}, none, who, noon)), about == kind::security ? "inbox" : "");
}

TEST(gathering, ends_after_quiet_hours_that_begin_meanwhile) {
  preferences sleeping;
  sleeping.quiet_hours = day_part{12 * 60 + 3, 13 * 60};
  EXPECT_EQ(written(tell({kind::task_changed, bob, ""}, sleeping, {ann, "UTC"}, noon)),
            "inbox email+3600g webhook push");
}

TEST(choices, are_kept_as_words) {
  preferences p;
  EXPECT_EQ(choices_to_text(p), "");
  p.choose(kind::reminder, channel_name::email, false);
  p.choose(kind::shared, channel_name::push, true);
  EXPECT_EQ(choices_to_text(p), "reminder:email=0 shared:push=1");
  preferences back;
  choices_from_text("reminder:email=0 shared:push=1 later:email=1 shared:fax=0 nonsense =: :=", back);
  EXPECT_EQ(back.choices, p.choices);
}

TEST(unsubscription, is_of_one_account_and_kind) {
  const std::string token = sign_unsubscription({ann, kind::task_changed}, "secret");
  const auto read = verify_unsubscription(token, "secret");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->account_id, ann);
  EXPECT_EQ(read->what, kind::task_changed);
  EXPECT_FALSE(verify_unsubscription(token, "another"));
  EXPECT_EQ(token, sign_unsubscription({ann, kind::task_changed}, "secret")) << "mails of years ago still work";
}

TEST(unsubscription, cannot_be_forged) {
  const std::string token = sign_unsubscription({ann, kind::task_changed}, "secret");
  const std::string mac = token.substr(token.rfind('.'));
  for (std::string each :
       {std::string{}, std::string{"."}, std::string{".."}, ann, ann + ".task_changed", ann + ".task_changed.",
        bob + ".task_changed" + mac, ann + ".digest" + mac, ann + ".direct" + mac, token + "A", token + "=",
        token.substr(0, token.size() - 1), token + ".x", "." + token}) {
    EXPECT_FALSE(verify_unsubscription(each, "secret")) << each;
  }
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    EXPECT_FALSE(verify_unsubscription(changed, "secret")) << changed;
  }
}

}  // namespace
}  // namespace cumulo::notifications
