#include "user-service/tests/storage_fixture.hpp"

namespace cumulo::users::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using namespace std::chrono_literals;

class account_storage : public on_each_engine {};
CUMULO_ON_EACH_ENGINE(account_storage);

TEST_P(account_storage, an_account_comes_back_as_it_was_registered) {
  account who = make_account("Ada@Example.org");
  who.name.reset();
  const auto token = new_refresh_token();
  const registration made{.who = who,
                          .password_hash = "hash",
                          .founds = true,
                          .opened = make_session(who.id, token),
                          .verification = make_link(purpose::email_verification, who)};
  ASSERT_TRUE(run([&] { return accounts->register_account(made, when, nullptr); }));
  const auto found = run([&] { return accounts->find_by_email("ADA@example.ORG"); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->who.id, who.id);
  EXPECT_EQ(found->who.email, "Ada@Example.org");
  EXPECT_EQ(found->who.name, std::nullopt);
  EXPECT_EQ(found->who.timezone, "Europe/London");
  EXPECT_EQ(found->who.locale, "en-GB");
  EXPECT_EQ(found->who.created_at, when.at);
  EXPECT_EQ(found->who.version, 1);
  EXPECT_EQ(found->password_hash, "hash");
  EXPECT_TRUE(found->who.is_active());
  EXPECT_THAT(events(), ElementsAre("user.registered", "session.created", "user.email_verification_requested"));
  const auto unknown = new_id();
  EXPECT_FALSE(run([&] { return accounts->find(unknown); }));
}

TEST_P(account_storage, an_address_has_one_account_however_it_is_spelt) {
  add_account("ada@example.org");
  const registration again{.who = make_account("ADA@Example.Org"), .password_hash = "other", .founds = true};
  const auto refused = run([&] { return accounts->register_account(again, when, nullptr); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict);
  EXPECT_FALSE(run([&] { return accounts->is_founded(); })) << "a refused registration leaves nothing behind";
  EXPECT_THAT(events(), ElementsAre("user.registered"));
}

TEST_P(account_storage, of_registrations_at_once_one_founds) {
  EXPECT_FALSE(run([&] { return accounts->is_founded(); }));
  const auto codes = run_parallel(16, [&](int i) -> awaitable<int> {
    const registration made{.who = make_account("a" + std::to_string(i) + "@example.org", role::administrator),
                            .password_hash = "hash",
                            .founds = true};
    const auto done = co_await accounts->register_account(made, when, nullptr);
    co_return done ? 0 : static_cast<int>(done.error().code);
  });
  EXPECT_EQ(std::ranges::count(codes, 0), 1);
  EXPECT_EQ(std::ranges::count(codes, static_cast<int>(errc::precondition_failed)), 15);
  EXPECT_TRUE(run([&] { return accounts->is_founded(); }));
  static constexpr sql::statement administrators{"test.administrators",
                                                 "SELECT COUNT(*) FROM accounts WHERE role = 'administrator'"};
  EXPECT_EQ(count(administrators), 1);
}

TEST_P(account_storage, of_registrations_of_one_address_at_once_one_is_made) {
  const auto codes = run_parallel(16, [&](int) -> awaitable<int> {
    const registration made{.who = make_account("ada@example.org"), .password_hash = "hash"};
    const auto done = co_await accounts->register_account(made, when, nullptr);
    co_return done ? 0 : static_cast<int>(done.error().code);
  });
  EXPECT_EQ(std::ranges::count(codes, 0), 1);
  EXPECT_EQ(std::ranges::count(codes, static_cast<int>(errc::conflict)), 15);
}

TEST_P(account_storage, a_profile_keeps_what_is_left_out_and_clears_what_is_null) {
  const auto who = add_account("ada@example.org");
  auto changed =
      run([&] { return accounts->update_profile(who.id, {.timezone = std::string{"Asia/Tokyo"}}, 1, when); });
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->name, "Ada");
  EXPECT_EQ(changed->timezone, "Asia/Tokyo");
  EXPECT_EQ(changed->locale, "en-GB");
  EXPECT_EQ(changed->version, 2);
  changed = run([&] {
    return accounts->update_profile(who.id, {.name = std::nullopt, .timezone = std::nullopt, .locale = std::nullopt},
                                    std::nullopt, when);
  });
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->name, std::nullopt);
  EXPECT_EQ(changed->timezone, "UTC");
  EXPECT_EQ(changed->locale, "en");
  const auto stale = run([&] { return accounts->update_profile(who.id, {.name = std::string{"X"}}, 2, when); });
  ASSERT_FALSE(stale);
  EXPECT_EQ(stale.error().code, errc::precondition_failed);
  const auto unknown = new_id();
  const auto absent =
      run([&] { return accounts->update_profile(unknown, {.name = std::string{"X"}}, std::nullopt, when); });
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, errc::not_found);
  EXPECT_THAT(events(), ElementsAre("user.registered", "user.updated", "user.updated"));
}

TEST_P(account_storage, of_changes_to_one_version_at_once_one_is_made) {
  const auto who = add_account("ada@example.org");
  const auto done = run_parallel(64, [&](int i) -> awaitable<bool> {
    const profile_change what{.name = "Ada " + std::to_string(i)};
    const auto changed = co_await accounts->update_profile(who.id, what, 1, when);
    co_return changed.has_value();
  });
  EXPECT_EQ(std::ranges::count(done, true), 1);
  EXPECT_EQ(run([&] { return accounts->find(who.id); })->who.version, 2);
}

TEST_P(account_storage, another_password_ends_the_other_sessions) {
  const auto who = add_account("ada@example.org");
  const auto kept = add_session(who.id);
  const auto ended = add_session(who.id);
  const auto foreign = add_session(add_account("bob@example.org").id);
  const auto done = run([&] { return accounts->change_password(who.id, "hash", "new", kept.what.id, when); });
  ASSERT_TRUE(done);
  EXPECT_THAT(*done, ElementsAre(ended.what.id));
  EXPECT_THAT(revoked(), ElementsAre(ended.what.id));
  const auto left = run([&] { return sessions->list_sessions(who.id, when.at, {}); });
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].id, kept.what.id);
  const auto again = run([&] { return accounts->change_password(who.id, "hash", "newer", kept.what.id, when); });
  ASSERT_FALSE(again) << "the old password was verified before it changed";
  EXPECT_EQ(again.error().code, errc::conflict);
}

TEST_P(account_storage, accounts_are_listed_newest_first_page_by_page_and_by_what_they_contain) {
  std::vector<std::string> ids;
  for (const auto* email : {"ada@example.org", "b_b@example.org", "bob@sample.net", "cleo@example.org"}) {
    ids.push_back(add_account(email).id);
  }
  const auto ids_of = [](const std::vector<account>& some) {
    std::vector<std::string> out;
    for (const auto& each : some) out.push_back(each.id);
    return out;
  };
  EXPECT_THAT(ids_of(run([&] { return accounts->list("", {.limit = 3}); })), ElementsAre(ids[3], ids[2], ids[1]));
  EXPECT_THAT(ids_of(run([&] { return accounts->list("", {.before = ids[1], .limit = 3}); })), ElementsAre(ids[0]));
  EXPECT_THAT(ids_of(run([&] { return accounts->list("EXAMPLE", {}); })), ElementsAre(ids[3], ids[1], ids[0]));
  EXPECT_THAT(ids_of(run([&] { return accounts->list("b_b", {}); })), ElementsAre(ids[1])) << "no wildcard";
  EXPECT_THAT(run([&] { return accounts->list("%", {}); }), IsEmpty());
  EXPECT_EQ(run([&] { return accounts->list("ada", {}); }).size(), 4U) << "all are called Ada";
}

TEST_P(account_storage, the_last_active_administrator_stays_one) {
  const auto admin = add_account("admin@example.org", role::administrator);
  const auto closing = add_account("closing@example.org", role::administrator);
  ASSERT_TRUE(run([&] { return authority->request_erasure(closing.id, when.at + 1h, when); }));
  for (const authority_change& what : {authority_change{.role = role::member}, authority_change{.disabled = true}}) {
    const auto refused = run([&] { return authority->change_authority(admin.id, what, std::nullopt, when); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::conflict);
  }
  const auto refused = run([&] { return authority->request_erasure(admin.id, when.at + 1h, when); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::conflict);
  const auto now = run([&] { return accounts->find(admin.id); });
  EXPECT_TRUE(now->who.is_active());
  EXPECT_EQ(now->who.version, 1) << "nothing of a refused change stays";
}

TEST_P(account_storage, administrators_who_demote_each_other_at_once_leave_one) {
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i) {
    ids.push_back(add_account("a" + std::to_string(i) + "@example.org", role::administrator).id);
  }
  const authority_change demote{.role = role::member};
  const auto codes = run_parallel(8, [&](int i) -> awaitable<int> {
    for (;;) {
      try {
        const auto done =
            co_await authority->change_authority(ids[static_cast<std::size_t>(i)], demote, std::nullopt, when);
        co_return done ? 0 : static_cast<int>(done.error().code);
      } catch (const sql::database_error& e) {
        if (e.kind() != sql::failure::serialization) throw;  // a 503, which the client repeats
      }
    }
  });
  EXPECT_EQ(std::ranges::count(codes, 0), 7);
  EXPECT_EQ(std::ranges::count(codes, static_cast<int>(errc::conflict)), 1);
  static constexpr sql::statement administrators{"test.administrators",
                                                 "SELECT COUNT(*) FROM accounts WHERE role = 'administrator'"};
  EXPECT_EQ(count(administrators), 1);
}

TEST_P(account_storage, who_is_no_longer_an_administrator_gives_nobody_a_role) {
  add_account("admin@example.org", role::administrator);
  const auto was = add_account("was@example.org", role::administrator);
  const auto friend_of = add_account("friend@example.org");
  change asked = when;
  asked.session_id = add_session(was.id, new_refresh_token(), role::administrator).what.id;
  ASSERT_TRUE(run([&] { return authority->change_authority(was.id, {.role = role::member}, std::nullopt, when); }));
  const authority_change promote{.role = role::administrator};
  const auto refused = run([&] { return authority->change_authority(friend_of.id, promote, std::nullopt, asked); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::unauthenticated);
  EXPECT_EQ(run([&] { return accounts->find(friend_of.id); })->who.version, 1);
}

TEST_P(account_storage, of_two_administrators_who_demote_each_other_at_once_one_is_heard) {
  add_account("admin@example.org", role::administrator);
  std::array<account, 2> who;
  std::array<change, 2> asked;
  for (std::size_t i = 0; i < 2; ++i) {
    who[i] = add_account("a" + std::to_string(i) + "@example.org", role::administrator);
    asked[i] = when;
    asked[i].session_id = add_session(who[i].id, new_refresh_token(), role::administrator).what.id;
  }
  const authority_change demote{.role = role::member};
  const auto codes = run_parallel(2, [&](int i) -> awaitable<int> {
    const auto mine = static_cast<std::size_t>(i);
    for (;;) {
      try {
        const auto done = co_await authority->change_authority(who[1 - mine].id, demote, std::nullopt, asked[mine]);
        co_return done ? 0 : static_cast<int>(done.error().code);
      } catch (const sql::database_error& e) {
        if (e.kind() != sql::failure::serialization) throw;
      }
    }
  });
  EXPECT_THAT(codes, UnorderedElementsAre(0, static_cast<int>(errc::unauthenticated)));
}

TEST_P(account_storage, a_disabled_account_is_refused_everywhere_until_it_is_enabled) {
  add_account("admin@example.org", role::administrator);
  const auto who = add_account("ada@example.org");
  const auto token = new_refresh_token();
  const auto opened = add_session(who.id, token);
  const personal_token personal{.id = new_id(),
                                .account_id = who.id,
                                .name = "n",
                                .scopes = {"tasks:read"},
                                .created_at = when.at,
                                .expires_at = when.at + 1h};
  ASSERT_TRUE(run([&] { return sessions->create_token(personal, when, nullptr); }));

  const auto disabled = run([&] { return authority->change_authority(who.id, {.disabled = true}, 1, when); });
  ASSERT_TRUE(disabled);
  EXPECT_TRUE(disabled->refused);
  EXPECT_THAT(disabled->ended, UnorderedElementsAre(opened.what.id, personal.id));
  EXPECT_THAT(revoked(), UnorderedElementsAre(opened.what.id, personal.id, who.id));
  EXPECT_FALSE(run([&] { return sessions->find_by_family(token.family_hash(), when.at); }));
  const session_store::opening opening{make_session(who.id, new_refresh_token()), "hash"};
  EXPECT_FALSE(run([&] { return sessions->open_session(opening, when, nullptr); }));

  const auto enabled = run([&] { return authority->change_authority(who.id, {.disabled = false}, 2, when); });
  ASSERT_TRUE(enabled);
  EXPECT_TRUE(enabled->restored);
  EXPECT_THAT(revoked(), UnorderedElementsAre(opened.what.id, personal.id)) << "what was ended stays so";
  EXPECT_TRUE(run([&] { return sessions->open_session(opening, when, nullptr); }));
  EXPECT_THAT(run([&] { return sessions->list_tokens(who.id, when.at, {}); }), IsEmpty());
}

// Who is told goes by the time of what it is told, and passes over what seems older than what it knows.
TEST_P(account_storage, what_is_told_of_an_account_is_never_older_than_what_was_told_before) {
  add_account("admin@example.org", role::administrator);
  const auto who = add_account("ada@example.org");
  const auto verification = make_link(purpose::email_verification, who);
  run([&] { return links->issue_link(verification); });
  const profile_change tokyo{.timezone = std::string{"Asia/Tokyo"}};
  const session_store::opening back{make_session(who.id, new_refresh_token()), "hash", role::member, true};
  // Each time a replica whose clock is ahead, and then another whose clock is right.
  const auto at = [&](std::chrono::milliseconds ahead, auto work) {
    change then = when;
    then.at += ahead;
    ASSERT_TRUE(run([&] { return work(then); }));
  };
  at(10s, [&](const change& c) { return accounts->update_profile(who.id, tokyo, std::nullopt, c); });
  at(1s, [&](const change& c) { return links->verify_email(verification.token.secret, c, nullptr); });
  at(20s, [&](const change& c) { return authority->change_authority(who.id, {.disabled = true}, std::nullopt, c); });
  at(2s, [&](const change& c) { return authority->change_authority(who.id, {.disabled = false}, std::nullopt, c); });
  at(30s, [&](const change& c) { return authority->request_erasure(who.id, when.at + 1h, c); });
  at(3s, [&](const change& c) { return sessions->open_session(back, c, nullptr); });
  at(4s, [&](const change& c) { return accounts->update_profile(who.id, tokyo, std::nullopt, c); });

  static constexpr sql::statement told{"test.told",
                                       "SELECT time FROM outbox WHERE subject = ?1 AND type IN "
                                       "('io.cumulo.user.updated.v1', 'io.cumulo.user.disabled.v1', "
                                       "'io.cumulo.user.enabled.v1') ORDER BY position"};
  std::vector<std::int64_t> times;
  run([&]() -> awaitable<void> {
    const std::array values{sql::param{who.id}};
    auto take = [&](const sql::row& row) { times.push_back(row.integer(0)); };
    co_await database->query(told, values, take);
  });
  EXPECT_EQ(times.size(), 9U);
  EXPECT_TRUE(std::ranges::is_sorted(times)) << testing::PrintToString(times);
}

TEST_P(account_storage, who_loses_the_administrators_role_loses_the_tokens_that_carry_it) {
  add_account("admin@example.org", role::administrator);
  const auto who = add_account("ada@example.org", role::administrator);
  const auto opened = add_session(who.id, new_refresh_token(), role::administrator);
  const personal_token personal{.id = new_id(),
                                .account_id = who.id,
                                .name = "n",
                                .scopes = {"notify:send"},
                                .created_at = when.at,
                                .expires_at = when.at + 1h};
  ASSERT_TRUE(run([&] { return sessions->create_token(personal, when, nullptr); }));
  const auto done = run([&] { return authority->change_authority(who.id, {.role = role::member}, 1, when); });
  ASSERT_TRUE(done);
  EXPECT_THAT(done->ended, UnorderedElementsAre(opened.what.id, personal.id));
  EXPECT_THAT(revoked(), UnorderedElementsAre(opened.what.id, personal.id));
}

TEST_P(account_storage, an_account_is_erased_when_its_grace_is_over_unless_its_owner_comes_back) {
  add_account("admin@example.org", role::administrator);
  const auto goes = add_account("goes@example.org");
  const auto stays = add_account("stays@example.org");
  const auto opened = add_session(goes.id);
  const instant due = when.at + lives.erasure_grace;
  for (const auto& id : {goes.id, stays.id}) {
    ASSERT_TRUE(run([&] { return authority->request_erasure(id, due, when); }));
  }
  EXPECT_THAT(revoked(), UnorderedElementsAre(goes.id, stays.id, opened.what.id));

  const session_store::opening back{make_session(stays.id, new_refresh_token()), "hash", role::member, true};
  ASSERT_TRUE(run([&] { return sessions->open_session(back, when, nullptr); }));
  EXPECT_THAT(revoked(), UnorderedElementsAre(goes.id, opened.what.id));
  EXPECT_THAT(run([&] { return authority->due_for_erasure(due - 1ms); }), IsEmpty());
  EXPECT_THAT(run([&] { return authority->due_for_erasure(due); }), ElementsAre(goes.id));

  const change later{due, {}};
  EXPECT_FALSE(run([&] { return authority->erase(stays.id, later); }));
  EXPECT_TRUE(run([&] { return authority->erase(goes.id, later); }));
  EXPECT_FALSE(run([&] { return authority->erase(goes.id, later); }));
  EXPECT_FALSE(run([&] { return accounts->find(goes.id); }));
  EXPECT_TRUE(run([&] { return accounts->find(stays.id); }));
  EXPECT_EQ(events().back(), "user.erased");
  EXPECT_THAT(run([&] { return sessions->list_revoked(due); }), ElementsAre(goes.id)) << "its tokens stay refused";
  EXPECT_FALSE(run([&] { return accounts->find_by_email("goes@example.org"); }));
  add_account("goes@example.org");
}

TEST_P(account_storage, of_replicas_that_need_a_key_at_once_one_makes_it) {
  const key_policy policy;
  const auto kept = run_parallel(4, [&](int i) -> awaitable<std::string> {
    const stored_key candidate{.id = "key" + std::to_string(i), .private_key = "pem", .public_jwk = "{}"};
    const auto now = co_await keys->rotate(candidate, policy, when.at);
    co_return now.size() == 1 ? now[0].id : "several";
  });
  for (const auto& id : kept) EXPECT_EQ(id, kept[0]);

  const stored_key next{.id = "next", .private_key = "pem", .public_jwk = "{}"};
  const auto two = run([&] { return keys->rotate(next, policy, when.at + policy.rotate_after); });
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[1].signs_from, when.at + policy.rotate_after + policy.publish_before_use);
  const auto much_later = when.at + 3 * policy.rotate_after + policy.longest_token;
  run([&] { return keys->rotate({.id = "last", .private_key = "pem", .public_jwk = "{}"}, policy, much_later); });
  const auto left = run([&] { return keys->list_keys(); });
  ASSERT_EQ(left.size(), 2U) << "the first has retired";
  EXPECT_EQ(left[0].id, "next");
}

}  // namespace
}  // namespace cumulo::users::storage
