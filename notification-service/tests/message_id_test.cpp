#include "notification-service/domain/message_id.hpp"

#include <gmock/gmock.h>

#include "notification-service/domain/message.hpp"
#include "platform/core/id.hpp"

namespace cumulo::notifications {
namespace {

constexpr instant noon = from_millis(1'800'000'000'123);

TEST(message_ids, are_the_same_for_the_same_cause_and_no_other) {
  EXPECT_EQ(message_id(noon, "event/ann"), message_id(noon, "event/ann"));
  EXPECT_NE(message_id(noon, "event/ann"), message_id(noon, "event/bob"));
  EXPECT_NE(message_id(noon, "event/ann"), message_id(noon + std::chrono::milliseconds{1}, "event/ann"));
  EXPECT_NE(message_id(noon, ""), message_id(noon, "x"));
}

TEST(message_ids, are_uuids_that_stand_in_the_order_of_time) {
  for (const std::int64_t ms : {std::int64_t{0}, std::int64_t{1}, to_millis(noon), (std::int64_t{1} << 48) - 1}) {
    const std::string id = message_id(from_millis(ms), "seed");
    EXPECT_TRUE(is_id(id)) << id;
    EXPECT_EQ(id[14], '7');
    EXPECT_THAT("89ab", testing::HasSubstr(std::string{id[19]}));
  }
  EXPECT_LT(message_id(noon, "z"), message_id(noon + std::chrono::milliseconds{1}, "a"));
  EXPECT_TRUE(may_be_new(message_id(noon, "x"), noon)) << "the time can be read back";
  EXPECT_EQ(message_id(from_millis(0x0123456789ab), "x").substr(0, 13), "01234567-89ab");
}

}  // namespace
}  // namespace cumulo::notifications
