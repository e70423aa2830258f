#include "user-service/tests/storage_fixture.hpp"

namespace cumulo::users::storage {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

class link_storage : public on_each_engine {};
CUMULO_ON_EACH_ENGINE(link_storage);

TEST_P(link_storage, a_link_verifies_an_address_once) {
  const auto who = add_account("ada@example.org");
  const auto made = make_link(purpose::email_verification, who);
  run([&] { return links->request_link(who.email, who, made, when, nullptr); });
  EXPECT_EQ(events().back(), "user.email_verification_requested");
  const auto outcomes = run_parallel(10, [&](int) -> awaitable<bool> {
    const auto done = co_await links->verify_email(made.token.secret, when, nullptr);
    co_return done.has_value();
  });
  EXPECT_EQ(std::ranges::count(outcomes, true), 1);
  const auto now = run([&] { return accounts->find(who.id); });
  EXPECT_EQ(now->who.email_verified_at, when.at);
  EXPECT_EQ(now->who.version, 2);
  const auto again = run([&] { return links->verify_email(made.token.secret, when, nullptr); });
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, errc::gone);
}

TEST_P(link_storage, a_void_link_is_gone_whatever_is_wrong_with_it) {
  const auto who = add_account("ada@example.org");
  const auto reset = make_link(purpose::password_reset, who);
  run([&] { return links->issue_link(reset); });
  const auto expect_gone = [&](std::string_view secret, instant at, const char* what) {
    const change then{at, {}};
    const auto verified = run([&] { return links->verify_email(secret, then, nullptr); });
    ASSERT_FALSE(verified) << what;
    EXPECT_EQ(verified.error().code, errc::gone) << what;
  };
  expect_gone("", when.at, "empty");
  expect_gone("unknown", when.at, "unknown");
  expect_gone(reset.token.secret, when.at, "for another purpose");
  EXPECT_FALSE(run([&] { return links->find_reset(reset.token.secret, reset.token.expires_at); })) << "expired";
  EXPECT_TRUE(run([&] { return links->find_reset(reset.token.secret, when.at); })) << "still good";
  add_account("admin@example.org", role::administrator);
  ASSERT_TRUE(run([&] { return authority->change_authority(who.id, {.disabled = true}, 1, when); }));
  EXPECT_FALSE(run([&] { return links->find_reset(reset.token.secret, when.at); })) << "a disabled account";
}

TEST_P(link_storage, a_new_password_ends_all_sessions_and_tokens_and_voids_the_other_links) {
  const auto who = add_account("ada@example.org");
  const auto opened = add_session(who.id);
  const personal_token personal{.id = new_id(),
                                .account_id = who.id,
                                .name = "n",
                                .scopes = {"tasks:read"},
                                .created_at = when.at,
                                .expires_at = when.at + 1h};
  ASSERT_TRUE(run([&] { return sessions->create_token(personal, when, nullptr); }));
  const auto one = make_link(purpose::password_reset, who);
  const auto two = make_link(purpose::password_reset, who);
  run([&] { return links->issue_link(one); });
  run([&] { return links->issue_link(two); });
  const auto outcomes = run_parallel(10, [&](int i) -> awaitable<bool> {
    const auto done =
        co_await links->reset_password(i % 2 == 0 ? one.token.secret : two.token.secret, "new", when, nullptr);
    co_return done.has_value();
  });
  EXPECT_EQ(std::ranges::count(outcomes, true), 1);
  const auto now = run([&] { return accounts->find(who.id); });
  EXPECT_EQ(now->password_hash, "new");
  EXPECT_EQ(now->who.email_verified_at, when.at) << "who has the link reads the mail";
  EXPECT_THAT(revoked(), UnorderedElementsAre(opened.what.id, personal.id));
  EXPECT_THAT(run([&] { return sessions->list_tokens(who.id, when.at, {}); }), IsEmpty());
  EXPECT_THAT(events(), Contains("user.password_changed").Times(1));
  static constexpr sql::statement resets{"test.resets",
                                         "SELECT COUNT(*) FROM outbox WHERE data LIKE '%\"reset\":true%'"};
  EXPECT_EQ(count(resets), 1) << "not by somebody who was signed in";
  EXPECT_THAT(events(), Contains("user.updated").Times(1)) << "the address is verified now";
}

TEST_P(link_storage, a_stranger_cannot_cause_much_mail_and_learns_nothing) {
  const auto who = add_account("ada@example.org");
  const auto ask = [&](std::string_view address, const std::optional<account>& whose) {
    const auto made = make_link(purpose::password_reset, whose.value_or(make_account(std::string{address})));
    run([&] { return links->request_link(address, whose, made, when, nullptr); });
  };
  for (int i = 0; i < 5; ++i) {
    ask("Ada@example.org", who);
    ask("nobody@example.org", std::nullopt);
  }
  EXPECT_THAT(events(), Contains("user.password_reset_requested").Times(1));
  when.at += lives.between_links;
  ask("ada@example.org", who);
  EXPECT_THAT(events(), Contains("user.password_reset_requested").Times(2));
  static constexpr sql::statement tokens{"test.tokens", "SELECT COUNT(*) FROM one_time_tokens"};
  static constexpr sql::statement addresses{"test.addresses",
                                            "SELECT COUNT(*) FROM link_requests WHERE address_hash LIKE '%example%'"};
  EXPECT_EQ(count(tokens), 2);
  EXPECT_EQ(count(addresses), 0) << "only hashes";
}

TEST_P(link_storage, an_invitation_makes_one_account) {
  const auto admin = add_account("admin@example.org", role::administrator);
  const invitation made{.id = new_id(), .created_by = admin.id, .created_at = when.at, .expires_at = when.at + 1h};
  const auto hash = hash_secret("token");
  EXPECT_TRUE(run([&] { return links->create_invitation(made, hash, when, nullptr); }));
  const auto open = run([&] { return links->list_invitations(when.at, {}); });
  ASSERT_EQ(open.size(), 1U);
  EXPECT_EQ(open[0].id, made.id);
  EXPECT_EQ(open[0].email, std::nullopt);
  EXPECT_THAT(run([&] { return links->list_invitations(when.at + 1h, {}); }), IsEmpty());

  const auto outcomes = run_parallel(10, [&](int i) -> awaitable<bool> {
    const registration with{.who = make_account("u" + std::to_string(i) + "@example.org"),
                            .password_hash = "hash",
                            .invitation_hash = hash};
    const auto done = co_await accounts->register_account(with, when, nullptr);
    co_return done.has_value();
  });
  EXPECT_EQ(std::ranges::count(outcomes, true), 1);
  EXPECT_THAT(run([&] { return links->list_invitations(when.at, {}); }), IsEmpty());
  EXPECT_FALSE(run([&] { return links->withdraw_invitation(made.id, when); })) << "it was used";
}

TEST_P(link_storage, an_invitation_is_for_its_address_and_time_only) {
  const auto admin = add_account("admin@example.org", role::administrator);
  const invitation made{.id = new_id(),
                        .email = "Grace@example.org",
                        .created_by = admin.id,
                        .created_at = when.at,
                        .expires_at = when.at + 1h};
  const auto hash = hash_secret("token");
  EXPECT_TRUE(run([&] { return links->create_invitation(made, hash, when, nullptr); }));
  const auto try_as = [&](std::string email, std::string token_hash, std::chrono::milliseconds later) {
    const registration with{.who = make_account(std::move(email)), .password_hash = "h", .invitation_hash = token_hash};
    const change then{when.at + later, {}};
    const auto done = run([&] { return accounts->register_account(with, then, nullptr); });
    return done ? 0 : static_cast<int>(done.error().code);
  };
  EXPECT_EQ(try_as("other@example.org", hash, 0ms), static_cast<int>(errc::gone));
  EXPECT_EQ(try_as("grace@example.org", hash_secret("guess"), 0ms), static_cast<int>(errc::gone));
  EXPECT_EQ(try_as("grace@example.org", hash, 1h), static_cast<int>(errc::gone));
  EXPECT_FALSE(run([&] { return accounts->find_by_email("grace@example.org"); })) << "nothing of it stays";
  EXPECT_EQ(try_as("admin@example.org", hash, 0ms), static_cast<int>(errc::gone))
      << "a taken address is no secret told";
  EXPECT_EQ(try_as("admin@example.org", hash_secret("guess"), 0ms), static_cast<int>(errc::gone));
  EXPECT_EQ(try_as("grace@EXAMPLE.org", hash, 59min), 0);
}

TEST_P(link_storage, an_invitation_stays_open_when_the_address_is_taken) {
  const auto admin = add_account("admin@example.org", role::administrator);
  const invitation made{.id = new_id(), .created_by = admin.id, .created_at = when.at, .expires_at = when.at + 1h};
  const auto hash = hash_secret("token");
  EXPECT_TRUE(run([&] { return links->create_invitation(made, hash, when, nullptr); }));
  const registration with{.who = make_account("admin@example.org"), .password_hash = "h", .invitation_hash = hash};
  const auto refused = run([&] { return accounts->register_account(with, when, nullptr); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict);
  EXPECT_EQ(run([&] { return links->list_invitations(when.at, {}); }).size(), 1U);
}

TEST_P(link_storage, a_session_that_has_ended_invites_nobody) {
  const auto admin = add_account("admin@example.org", role::administrator);
  const invitation made{.id = new_id(), .created_by = admin.id, .created_at = when.at, .expires_at = when.at + 1h};
  const auto hash = hash_secret("token");
  when.session_id = new_id();
  EXPECT_FALSE(run([&] { return links->create_invitation(made, hash, when, nullptr); }));
  EXPECT_THAT(run([&] { return links->list_invitations(when.at, {}); }), IsEmpty());
  when.session_id = add_session(admin.id, new_refresh_token(), role::administrator).what.id;
  EXPECT_TRUE(run([&] { return links->create_invitation(made, hash, when, nullptr); }));
  when.session_id = new_id();
  const auto refused = run([&] { return links->withdraw_invitation(made.id, when); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::unauthenticated);
  EXPECT_EQ(run([&] { return links->list_invitations(when.at, {}); }).size(), 1U);
}

TEST_P(link_storage, a_withdrawn_invitation_is_void) {
  const auto admin = add_account("admin@example.org", role::administrator);
  const invitation made{.id = new_id(), .created_by = admin.id, .created_at = when.at, .expires_at = when.at + 1h};
  const auto hash = hash_secret("token");
  EXPECT_TRUE(run([&] { return links->create_invitation(made, hash, when, nullptr); }));
  EXPECT_TRUE(run([&] { return links->withdraw_invitation(made.id, when); }));
  EXPECT_FALSE(run([&] { return links->withdraw_invitation(made.id, when); }));
  const registration with{.who = make_account("u@example.org"), .password_hash = "h", .invitation_hash = hash};
  EXPECT_FALSE(run([&] { return accounts->register_account(with, when, nullptr); }));
}

TEST_P(link_storage, what_expired_long_ago_is_swept) {
  const auto who = add_account("ada@example.org");
  const auto made = make_link(purpose::password_reset, who);
  run([&] { return links->request_link(who.email, who, made, when, nullptr); });
  run([&] { return links->sweep(when.at + 24h * 29); });
  static constexpr sql::statement tokens{"test.tokens", "SELECT COUNT(*) FROM one_time_tokens"};
  static constexpr sql::statement requests{"test.requests", "SELECT COUNT(*) FROM link_requests"};
  EXPECT_EQ(count(tokens), 1);
  EXPECT_EQ(count(requests), 0);
  run([&] { return links->sweep(when.at + 24h * 31); });
  EXPECT_EQ(count(tokens), 0);
}

}  // namespace
}  // namespace cumulo::users::storage
