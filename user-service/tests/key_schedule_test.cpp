#include "user-service/domain/key_schedule.hpp"

#include <gmock/gmock.h>

namespace cumulo::users {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto day = 24h;
const instant start = from_millis(1'800'000'000'000);
const key_policy policy{.rotate_after = 90 * day, .publish_before_use = 10min, .longest_token = 366 * day};

stored_key key(std::string id, std::chrono::milliseconds created, std::chrono::milliseconds signs) {
  return {.id = std::move(id),
          .private_key = {},
          .public_jwk = {},
          .created_at = start + created,
          .signs_from = start + signs};
}

TEST(key_schedule, the_first_key_signs_at_once_and_later_ones_after_they_are_known) {
  EXPECT_EQ(begins_to_sign({}, policy, start), start);
  const std::vector<stored_key> one{key("a", 0ms, 0ms)};
  EXPECT_EQ(begins_to_sign(one, policy, start + 90 * day), start + 90 * day + 10min);
}

TEST(key_schedule, the_latest_key_that_has_begun_signs) {
  const std::vector<stored_key> keys{key("b", 90 * day, 90 * day + 10min), key("a", 0ms, 0ms)};
  EXPECT_EQ(signing_key_at(keys, start - 1ms), nullptr);
  EXPECT_EQ(signing_key_at(keys, start)->id, "a");
  EXPECT_EQ(signing_key_at(keys, start + 90 * day + 10min - 1ms)->id, "a");
  EXPECT_EQ(signing_key_at(keys, start + 90 * day + 10min)->id, "b");
  EXPECT_EQ(signing_key_at({}, start), nullptr);
}

TEST(key_schedule, a_key_is_made_at_first_and_when_the_newest_is_old) {
  EXPECT_TRUE(needs_new_key({}, policy, start));
  const std::vector<stored_key> one{key("a", 0ms, 0ms)};
  EXPECT_FALSE(needs_new_key(one, policy, start + 90 * day - 1ms));
  EXPECT_TRUE(needs_new_key(one, policy, start + 90 * day));
  const std::vector<stored_key> two{one[0], key("b", 90 * day, 90 * day + 10min)};
  EXPECT_FALSE(needs_new_key(two, policy, start + 90 * day)) << "not once more before the new one signs";
}

TEST(key_schedule, a_key_stays_until_the_last_token_it_can_have_signed_is_over) {
  const std::vector<stored_key> keys{key("a", 0ms, 0ms), key("b", 90 * day, 90 * day + 10min),
                                     key("c", 180 * day, 180 * day + 10min)};
  const instant last_use_of_a = start + 90 * day + 10min;
  EXPECT_THAT(retired_keys(keys, policy, last_use_of_a + 366 * day), IsEmpty());
  EXPECT_THAT(retired_keys(keys, policy, last_use_of_a + 366 * day + 10min + 1ms), ElementsAre("a"));
  EXPECT_THAT(retired_keys(keys, policy, start + 10'000 * day), ElementsAre("a", "b")) << "never the last one";
}

}  // namespace
}  // namespace cumulo::users
