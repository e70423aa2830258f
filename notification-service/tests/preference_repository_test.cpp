#include "notification-service/storage/preference_repository.hpp"

#include "notification-service/tests/rules_fixture.hpp"

namespace cumulo::notifications {
namespace {

using testing::ElementsAre;

class preference_storage : public rules_test {
 protected:
  preferences find(const std::string& account) {
    return run([&] { return settings.find(account); }).wanted;
  }
  const std::string ann = add_account("Ann");
  const std::string bob = add_account("Bob");
};
CUMULO_ON_EACH_ENGINE(preference_storage);

TEST_P(preference_storage, begin_as_the_defaults) {
  const preferences p = find(ann);
  EXPECT_EQ(p.version, 0);
  EXPECT_TRUE(p.wants(kind::reminder, channel_name::email));
  EXPECT_EQ(find(new_id()).version, 0) << "of an account that is not known yet, too";
}

TEST_P(preference_storage, come_back_as_they_were_set_and_are_one_accounts) {
  const std::vector<std::string> muted{new_id(), new_id()};
  prefer(ann, [&](preferences& p) {
    p.choose(kind::digest, channel_name::email, false);
    p.choose(kind::due_soon, channel_name::email, true);
    p.quiet_hours = day_part{1320, 0};
    p.digest = {.daily = false, .weekly = true, .weekday = 7, .at = 1};
    p.muted_projects = muted;
  });
  const preferences p = find(ann);
  EXPECT_EQ(choices_to_text(p), "due_soon:email=1 digest:email=0");
  EXPECT_EQ(p.quiet_hours, (day_part{1320, 0}));
  EXPECT_EQ(p.digest, (digest_settings{false, true, 7, 1}));
  EXPECT_EQ(p.muted_projects, muted);
  EXPECT_EQ(p.version, 1);
  EXPECT_EQ(find(bob).version, 0);
  prefer(ann, [](preferences& q) { q.quiet_hours.reset(); });
  EXPECT_EQ(find(ann).quiet_hours, std::nullopt);
  EXPECT_EQ(find(ann).version, 2);
}

TEST_P(preference_storage, only_one_of_two_changes_of_one_version_wins) {
  auto accept = [](preferences&) -> result<> { return {}; };
  EXPECT_TRUE(change(ann, accept, 0));
  EXPECT_EQ(change(ann, accept, 0).error().code, errc::precondition_failed);
  EXPECT_TRUE(change(ann, accept, 1));
  std::vector<std::future<result<preferences>>> racing;
  for (std::size_t i = 0; i < 8; ++i) {
    auto one = [&]() -> awaitable<result<preferences>> {
      co_return co_await settings.change(bob, 0, accept, time.now());
    };
    racing.push_back(test::start(threads, std::move(one), i % 2));
  }
  int won = 0;
  for (auto& each : racing) won += test::wait_for(std::move(each)).has_value() ? 1 : 0;
  EXPECT_EQ(won, 1);
}

TEST_P(preference_storage, a_refused_merge_changes_nothing) {
  auto refuse = [](preferences& p) -> result<> {
    p.quiet_hours = day_part{1, 2};
    return error{errc::invalid, "no"};
  };
  EXPECT_EQ(change(ann, refuse).error().code, errc::invalid);
  EXPECT_EQ(find(ann).version, 0);
}

TEST_P(preference_storage, are_forgotten_with_the_account) {
  prefer(ann, [](preferences& p) { p.digest.at = 1; });
  erase(ann);
  EXPECT_EQ(find(ann).version, 0);
  auto accept = [](preferences&) -> result<> { return {}; };
  EXPECT_EQ(change(ann, accept).error().code, errc::not_found);
  static constexpr sql::statement left{"test.left", "SELECT account_id FROM digests"};
  EXPECT_THAT(rows(left, {}, 1), ElementsAre(bob));
}

}  // namespace
}  // namespace cumulo::notifications
