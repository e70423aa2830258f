#include "notification-service/domain/webhook.hpp"

#include <gmock/gmock.h>

#include <set>

namespace cumulo::notifications {
namespace {

constexpr instant noon = from_millis(1'800'000'000'000);

TEST(webhooks, are_signed_as_the_standards_own_libraries_do) {
  EXPECT_EQ(sign_webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                         R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  std::set<std::string> secrets;
  for (int i = 0; i < 100; ++i) secrets.insert(new_webhook_secret());
  EXPECT_EQ(secrets.size(), 100U);
  EXPECT_EQ(secrets.begin()->size(), 38U);
}

TEST(webhooks, get_the_events_that_their_patterns_name) {
  struct pattern_case {
    std::vector<std::string> patterns;
    const char* type;
    bool wanted;
  };
  const std::vector<pattern_case> cases{
      {{"notification.*"}, "notification.direct", true},
      {{"notification.*"}, "task.created", false},
      {{"notification.direct"}, "notification.direct", true},
      {{"notification.direct"}, "notification.directed", false},
      {{"task.*", "project.created"}, "project.created", true},
      {{"task.*", "project.created"}, "project.updated", false},
      {{"*"}, "anything.else", true},
      {{}, "task.created", false},
  };
  for (const auto& each : cases) EXPECT_EQ(is_wanted(each.patterns, each.type), each.wanted) << each.type;
  EXPECT_FALSE(asks_for_tasks({"notification.*", "notification.direct"}));
  EXPECT_TRUE(asks_for_tasks({"notification.*", "project.created"}));
  EXPECT_TRUE(asks_for_tasks({"*"}));
}

TEST(webhooks, changes_merge_and_resuming_forgets_the_failures) {
  webhook w{.id = "1", .account_id = "2", .name = "old", .url = "https://a.example/", .events = {"*"}};
  EXPECT_FALSE(apply(w, {}, noon));
  EXPECT_FALSE(apply(w, {.url = std::string{"https://a.example/"}, .enabled = true}, noon)) << "as it was";
  EXPECT_EQ(w.version, 1);
  EXPECT_TRUE(apply(w, {.name = std::nullopt, .format = std::string{"slack"}, .enabled = false}, noon));
  EXPECT_EQ(w.name, std::nullopt);
  EXPECT_EQ(w.format, webhook_format::slack);
  EXPECT_EQ(w.paused_at, noon);
  EXPECT_EQ(w.paused_because, pause_reason::owner);
  EXPECT_EQ(w.version, 2);
  w.paused_because = pause_reason::failing;
  w.failing_since = noon;
  w.failures = 9;
  EXPECT_TRUE(apply(w, {.enabled = true}, noon));
  EXPECT_EQ(w.paused_at, std::nullopt);
  EXPECT_EQ(w.paused_because, std::nullopt);
  EXPECT_EQ(w.failing_since, std::nullopt);
  EXPECT_EQ(w.failures, 0);
}

}  // namespace
}  // namespace cumulo::notifications
