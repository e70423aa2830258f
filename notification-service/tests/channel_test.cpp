#include "notification-service/domain/channel.hpp"

#include <gmock/gmock.h>

namespace cumulo::notifications {
namespace {

message some_message() {
  return {"0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e30", "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e00",
          "0198f0a2-1b2c-7d3e-8f40-5a6b7c8d9e01", content{"Hello"}, from_millis(1)};
}

/// A channel as the delivery engine will bring them: it has still to deliver.
class mail_for_test final : public channel {
 public:
  [[nodiscard]] channel_name name() const override { return channel_name::email; }
  [[nodiscard]] bool configured() const override { return true; }
  [[nodiscard]] delivery_status deliver(acceptance&) const override { return delivery_status::pending; }
};

std::vector<std::unique_ptr<channel>> only(std::unique_ptr<channel> one) {
  std::vector<std::unique_ptr<channel>> given;
  given.push_back(std::move(one));
  return given;
}

TEST(channels, names_round_trip) {
  for (const channel_name name : channel_names) EXPECT_EQ(parse_channel(to_text(name)), name);
  EXPECT_EQ(parse_channel("Inbox"), std::nullopt);
  EXPECT_EQ(parse_channel(""), std::nullopt);
}

TEST(channels, that_are_not_configured_answer_disabled_and_never_delivered) {
  const channel_set channels{only(std::make_unique<inbox_channel>())};
  const acceptance outcome = channels.accept(
      some_message(), {channel_name::push, channel_name::inbox, channel_name::webhook, channel_name::email});
  std::vector<std::string> seen;
  for (const delivery& each : outcome.deliveries) {
    seen.push_back(std::string{to_text(each.channel)} + " " + std::string{to_text(each.status)});
  }
  EXPECT_THAT(seen, testing::ElementsAre("push disabled", "inbox delivered", "webhook disabled", "email disabled"));
  EXPECT_TRUE(outcome.in_inbox);
  EXPECT_FALSE(outcome.has_pending());
  for (const channel_name name : channel_names) EXPECT_EQ(channels.at(name).configured(), name == channel_name::inbox);
}

TEST(channels, a_message_for_later_is_scheduled_where_it_can_be_delivered) {
  const channel_set channels{only(std::make_unique<inbox_channel>())};
  message later = some_message();
  later.send_at = later.created_at + std::chrono::hours{1};
  const acceptance outcome = channels.accept(later, {channel_name::inbox, channel_name::push});
  EXPECT_EQ(outcome.deliveries[0].status, delivery_status::scheduled);
  EXPECT_EQ(outcome.deliveries[1].status, delivery_status::disabled);
  EXPECT_FALSE(outcome.in_inbox);
  EXPECT_TRUE(outcome.has_pending());
  later.send_at = later.created_at;
  EXPECT_TRUE(channels.accept(later, {channel_name::inbox}).in_inbox);
}

TEST(channels, without_the_inbox_nothing_is_put_there) {
  const channel_set channels{only(std::make_unique<inbox_channel>())};
  const acceptance outcome = channels.accept(some_message(), {channel_name::email});
  EXPECT_FALSE(outcome.in_inbox);
}

TEST(channels, that_have_still_to_deliver_keep_the_content) {
  const channel_set channels{only(std::make_unique<mail_for_test>())};
  const acceptance outcome = channels.accept(some_message(), {channel_name::email});
  ASSERT_EQ(outcome.deliveries.size(), 1U);
  EXPECT_EQ(outcome.deliveries[0].status, delivery_status::pending);
  EXPECT_TRUE(outcome.has_pending());
}

}  // namespace
}  // namespace cumulo::notifications
