#include "platform/http/request_builder.hpp"
#include "user-service/domain/device.hpp"
#include "user-service/tests/storage_fixture.hpp"

namespace cumulo::users::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

class session_storage : public on_each_engine {
 protected:
  personal_token make_token(const std::string& owner) const {
    return {.id = new_id(),
            .account_id = owner,
            .name = "n",
            .scopes = {"tasks:read"},
            .created_at = when.at,
            .expires_at = when.at + 1h};
  }
  /// Nothing for a token that was created.
  std::optional<errc> create(const personal_token& made) {
    const auto done = run([&] { return sessions->create_token(made, when, nullptr); });
    if (done) return std::nullopt;
    return done.error().code;
  }
  rotation rotate(const refresh_token& used, const refresh_token& next) {
    const session_store::renewal what{used.family_hash(), used.turn_hash(), next.turn_hash(), "10.0.0.1"};
    return run([&] { return sessions->rotate(what, when, nullptr); });
  }
};
CUMULO_ON_EACH_ENGINE(session_storage);

TEST_P(session_storage, a_refresh_token_is_good_for_one_use) {
  const auto who = add_account("ada@example.org");
  const auto first = new_refresh_token();
  const auto opened = add_session(who.id, first);
  const auto second = next_turn(first);
  const auto third = next_turn(second);
  EXPECT_EQ(rotate(first, second), rotation::rotated);
  EXPECT_EQ(rotate(second, third), rotation::rotated);
  const auto found = run([&] { return sessions->find_by_family(first.family_hash(), when.at); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->what.id, opened.what.id);
  EXPECT_EQ(found->who.id, who.id);
  EXPECT_EQ(found->what.address, "10.0.0.1");
  EXPECT_THAT(revoked(), IsEmpty());
}

TEST_P(session_storage, a_refresh_token_used_twice_ends_its_session) {
  const auto who = add_account("ada@example.org");
  const auto first = new_refresh_token();
  const auto opened = add_session(who.id, first);
  const auto other = add_session(who.id);
  const auto second = next_turn(first);
  ASSERT_EQ(rotate(first, second), rotation::rotated);
  EXPECT_EQ(rotate(first, next_turn(first)), rotation::reused);
  EXPECT_EQ(rotate(second, next_turn(second)), rotation::refused) << "the whole family is over";
  EXPECT_EQ(rotate(first, next_turn(first)), rotation::refused);
  EXPECT_THAT(revoked(), ElementsAre(opened.what.id));
  EXPECT_EQ(events().back(), "session.revoked");
  const auto left = run([&] { return sessions->list_sessions(who.id, when.at, {}); });
  ASSERT_EQ(left.size(), 1U);
  EXPECT_EQ(left[0].id, other.what.id);
}

TEST_P(session_storage, twenty_uses_of_a_refresh_token_at_once_end_its_session) {
  const auto who = add_account("ada@example.org");
  const auto first = new_refresh_token();
  const auto opened = add_session(who.id, first);
  const auto outcomes = run_parallel(20, [&](int) -> awaitable<rotation> {
    const auto next = next_turn(first);
    const session_store::renewal what{first.family_hash(), first.turn_hash(), next.turn_hash(), "10.0.0.1"};
    co_return co_await sessions->rotate(what, when, nullptr);
  });
  EXPECT_EQ(std::ranges::count(outcomes, rotation::rotated), 1);
  EXPECT_EQ(std::ranges::count(outcomes, rotation::reused), 1);
  EXPECT_EQ(std::ranges::count(outcomes, rotation::refused), 18);
  EXPECT_THAT(revoked(), ElementsAre(opened.what.id));
  EXPECT_FALSE(run([&] { return sessions->find_by_family(first.family_hash(), when.at); }));
}

/// POST /token/refresh as a client sends it, and what it was answered with.
struct refreshing {
  explicit refreshing(std::string_view idempotency_key) {
    fields.add("Idempotency-Key", idempotency_key);
    http::request_builder builder{asked};
    builder.method(http::verb::post);
    builder.target("/token/refresh", "/token/refresh", {});
    builder.client("10.0.0.1", true);
    builder.fields(fields);
  }
  refreshing(const refreshing&) = delete;

  http::header_fields fields;
  http::request asked;
  http::response answer;
};

TEST_P(session_storage, a_repeat_under_one_key_that_lost_the_race_is_no_second_use) {
  const auto who = add_account("ada@example.org");
  const auto used = new_refresh_token();
  add_session(who.id, used);
  service::idempotency repeats{*database, time};
  std::vector<rotation> outcomes;
  const auto refresh = [&](refreshing& r, service::idempotency_record* record) -> awaitable<result<>> {
    const auto next = next_turn(used);
    r.answer.body() = next.text();
    record->seal(r.answer, true);
    const session_store::renewal what{used.family_hash(), used.turn_hash(), next.turn_hash(), "10.0.0.1"};
    outcomes.push_back(co_await sessions->rotate(what, when, record));
    if (outcomes.back() == rotation::rotated) co_return result<>{};
    co_return error{errc::unauthenticated, "The session is over."};
  };

  refreshing winner{"one-key"};
  refreshing loser{"one-key"};
  service::idempotency::work first = [&](auto* record) { return refresh(winner, record); };
  service::idempotency::work second = [&](auto* record) -> awaitable<result<>> {
    (void)co_await repeats.run(winner.asked, winner.answer, first);  // after the loser looked for an answer
    co_return co_await refresh(loser, record);
  };
  EXPECT_TRUE(run([&] { return repeats.run(loser.asked, loser.answer, second); }));
  EXPECT_THAT(outcomes, ElementsAre(rotation::rotated, rotation::repeated));
  EXPECT_EQ(loser.answer.body_text(), winner.answer.body_text());
  EXPECT_THAT(revoked(), IsEmpty());

  refreshing thief{"another-key"};
  service::idempotency::work third = [&](auto* record) { return refresh(thief, record); };
  EXPECT_FALSE(run([&] { return repeats.run(thief.asked, thief.answer, third); }));
  EXPECT_EQ(outcomes.back(), rotation::reused);
  EXPECT_EQ(revoked().size(), 1U);
}

TEST_P(session_storage, a_session_ends_when_it_was_not_used_for_long) {
  const auto who = add_account("ada@example.org");
  const auto first = new_refresh_token();
  add_session(who.id, first);
  when.at += lives.session - 1ms;
  const auto second = next_turn(first);
  EXPECT_EQ(rotate(first, second), rotation::rotated);
  when.at += lives.session;
  EXPECT_EQ(rotate(second, next_turn(second)), rotation::refused);
  EXPECT_FALSE(run([&] { return sessions->find_by_family(first.family_hash(), when.at); }));
  EXPECT_THAT(run([&] { return sessions->list_sessions(who.id, when.at, {}); }), IsEmpty());
}

TEST_P(session_storage, the_password_that_was_verified_must_still_be_it) {
  const auto who = add_account("ada@example.org");
  const session_store::opening opening{make_session(who.id, new_refresh_token()), "an older hash"};
  const auto refused = run([&] { return sessions->open_session(opening, when, nullptr); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::unauthenticated);
  EXPECT_THAT(run([&] { return sessions->list_sessions(who.id, when.at, {}); }), IsEmpty());
  EXPECT_THAT(events(), ElementsAre("user.registered"));
}

TEST_P(session_storage, the_role_that_was_signed_must_still_be_it) {
  add_account("admin@example.org", role::administrator);
  const auto who = add_account("ada@example.org", role::administrator);
  ASSERT_TRUE(run([&] { return authority->change_authority(who.id, {.role = role::member}, 1, when); }));
  for (const bool restores : {false, true}) {
    const session_store::opening opening{make_session(who.id, new_refresh_token()), "hash", role::administrator,
                                         restores};
    const auto refused = run([&] { return sessions->open_session(opening, when, nullptr); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::unauthenticated);
  }
  EXPECT_THAT(run([&] { return sessions->list_sessions(who.id, when.at, {}); }), IsEmpty());
}

TEST_P(session_storage, a_refresh_does_not_outlive_the_role_that_it_read) {
  add_account("admin@example.org", role::administrator);
  const auto who = add_account("ada@example.org", role::administrator);
  const auto first = new_refresh_token();
  add_session(who.id, first, role::administrator);
  const auto found = run([&] { return sessions->find_by_family(first.family_hash(), when.at); });
  ASSERT_TRUE(found && found->who.role == role::administrator);
  ASSERT_TRUE(run([&] { return authority->change_authority(who.id, {.role = role::member}, 1, when); }));
  EXPECT_EQ(rotate(first, next_turn(first)), rotation::refused);
}

TEST_P(session_storage, many_may_sign_in_to_one_account_at_once) {
  const auto who = add_account("ada@example.org");
  const auto opened = run_parallel(32, [&](int) -> awaitable<bool> {
    const session_store::opening opening{make_session(who.id, new_refresh_token()), "hash"};
    const auto done = co_await sessions->open_session(opening, when, nullptr);
    co_return done.has_value();
  });
  EXPECT_EQ(std::ranges::count(opened, true), 32);
  EXPECT_EQ(run([&] { return sessions->list_sessions(who.id, when.at, {}); }).size(), 32U);
  EXPECT_THAT(events(), testing::Contains("session.created").Times(32));
}

TEST_P(session_storage, another_users_session_is_not_found) {
  const auto ada = add_account("ada@example.org");
  const auto bob = add_account("bob@example.org");
  const auto opened = add_session(ada.id);
  for (const auto& [id, owner] : {std::pair{opened.what.id, bob.id}, std::pair{new_id(), ada.id}}) {
    const auto refused = run([&] { return sessions->end_session(id, owner, "ended_by_owner", when); });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, errc::not_found);
  }
  EXPECT_THAT(revoked(), IsEmpty());
  EXPECT_TRUE(run([&] { return sessions->end_session(opened.what.id, ada.id, "ended_by_owner", when); }));
  EXPECT_THAT(revoked(), ElementsAre(opened.what.id));
  EXPECT_THAT(run([&] { return sessions->list_sessions(bob.id, when.at, {}); }), IsEmpty());
}

TEST_P(session_storage, a_personal_token_is_its_owners_alone) {
  const auto ada = add_account("ada@example.org");
  const auto bob = add_account("bob@example.org");
  const personal_token made{.id = new_id(),
                            .account_id = ada.id,
                            .name = "backup",
                            .scopes = {"tasks:read", "tasks:write"},
                            .created_at = when.at,
                            .expires_at = when.at + 1h};
  ASSERT_TRUE(run([&] { return sessions->create_token(made, when, nullptr); }));
  const auto mine = run([&] { return sessions->list_tokens(ada.id, when.at, {}); });
  ASSERT_EQ(mine.size(), 1U);
  EXPECT_EQ(mine[0].name, "backup");
  EXPECT_THAT(mine[0].scopes, ElementsAre("tasks:read", "tasks:write"));
  EXPECT_EQ(mine[0].expires_at, made.expires_at);
  EXPECT_THAT(run([&] { return sessions->list_tokens(bob.id, when.at, {}); }), IsEmpty());

  const auto refused = run([&] { return sessions->revoke_token(made.id, bob.id, when); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::not_found);
  EXPECT_TRUE(run([&] { return sessions->revoke_token(made.id, ada.id, when); }));
  EXPECT_FALSE(run([&] { return sessions->revoke_token(made.id, ada.id, when); }));
  EXPECT_THAT(revoked(), ElementsAre(made.id));
  EXPECT_EQ(events().back(), "token.revoked");
}

TEST_P(session_storage, a_session_that_has_ended_makes_no_personal_token) {
  const auto ada = add_account("ada@example.org");
  when.session_id = add_session(ada.id).what.id;
  EXPECT_EQ(create(make_token(ada.id)), std::nullopt);
  ASSERT_TRUE(run([&] { return sessions->end_session(when.session_id, ada.id, "signed_out", when); }));
  EXPECT_EQ(create(make_token(ada.id)), errc::unauthenticated);
  EXPECT_EQ(run([&] { return sessions->list_tokens(ada.id, when.at, {}); }).size(), 1U);
}

TEST_P(session_storage, an_account_has_so_many_personal_tokens_and_no_more) {
  const auto ada = add_account("ada@example.org");
  const auto bob = add_account("bob@example.org");
  for (std::int64_t i = 1; i < most_live_tokens; ++i) ASSERT_EQ(create(make_token(ada.id)), std::nullopt);
  const auto outcomes = run_parallel(8, [&](int) -> awaitable<bool> {
    const auto made = make_token(ada.id);
    for (;;) {
      try {
        const auto done = co_await sessions->create_token(made, when, nullptr);
        co_return done.has_value();
      } catch (const sql::database_error& e) {
        if (e.kind() != sql::failure::serialization) throw;
      }
    }
  });
  EXPECT_EQ(std::ranges::count(outcomes, true), 1) << "the last of them, however many ask at once";
  EXPECT_EQ(create(make_token(ada.id)), errc::conflict);
  EXPECT_EQ(create(make_token(bob.id)), std::nullopt) << "each account has its own";
  static constexpr sql::statement tokens{"test.personal_tokens", "SELECT COUNT(*) FROM personal_tokens"};
  EXPECT_EQ(count(tokens), most_live_tokens + 1) << "nothing of a refused one stays";
  const auto mine = run([&] { return sessions->list_tokens(ada.id, when.at, {}); });
  ASSERT_TRUE(run([&] { return sessions->revoke_token(mine[0].id, ada.id, when); }));
  EXPECT_EQ(create(make_token(ada.id)), std::nullopt);
  when.at += 1h;
  EXPECT_EQ(create(make_token(ada.id)), std::nullopt) << "expired ones do not count";
}

TEST_P(session_storage, revoking_does_not_give_back_the_days_personal_tokens) {
  const auto ada = add_account("ada@example.org");
  const auto first = when.at;
  for (std::int64_t i = 0; i < most_tokens_a_day; ++i) {
    const auto made = make_token(ada.id);
    ASSERT_EQ(create(made), std::nullopt);
    ASSERT_TRUE(run([&] { return sessions->revoke_token(made.id, ada.id, when); }));
    when.at += 1s;
  }
  when.at = first + 23h;
  run([&] { return sessions->sweep(when.at); });
  const auto made = make_token(ada.id);
  const auto refused = run([&] { return sessions->create_token(made, when, nullptr); });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, errc::too_many_requests);
  EXPECT_EQ(refused.error().retry_after, 1h);
  when.at = first + 24h;
  EXPECT_EQ(create(made), std::nullopt);
  EXPECT_EQ(create(make_token(ada.id)), errc::too_many_requests) << "one at a time";
  run([&] { return sessions->sweep(first + 72h); });
  static constexpr sql::statement kept{"test.creations", "SELECT COUNT(*) FROM token_creations"};
  EXPECT_EQ(count(kept), 0);
}

TEST_P(session_storage, revocations_last_as_long_as_the_tokens) {
  const auto who = add_account("ada@example.org");
  const auto opened = add_session(who.id);
  ASSERT_TRUE(run([&] { return sessions->end_session(opened.what.id, who.id, "signed_out", when); }));
  const auto until = when.at + lives.access_token + lifetimes::clock_skew;
  EXPECT_THAT(run([&] { return sessions->list_revoked(until - 1ms); }), ElementsAre(opened.what.id));
  EXPECT_THAT(run([&] { return sessions->list_revoked(until); }), IsEmpty());
  run([&] { return sessions->sweep(until); });
  EXPECT_THAT(revoked(), IsEmpty());
}

TEST_P(session_storage, active_accounts_are_counted_once) {
  const auto ada = add_account("ada@example.org");
  add_session(ada.id);
  add_session(ada.id);
  add_session(add_account("bob@example.org").id);
  add_account("idle@example.org");
  EXPECT_EQ(run([&] { return sessions->count_active(when.at); }), 2);
  EXPECT_EQ(run([&] { return sessions->count_active(when.at + 1ms); }), 0);
}

TEST_P(session_storage, lists_go_on_where_the_page_before_ended) {
  const auto who = add_account("ada@example.org");
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(add_session(who.id).what.id);
  const auto first = run([&] { return sessions->list_sessions(who.id, when.at, {.limit = 3}); });
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0].id, ids[4]);
  const auto rest = run([&] { return sessions->list_sessions(who.id, when.at, {.before = first[2].id, .limit = 3}); });
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest[1].id, ids[0]);
}

/// A sign-in from somewhere, at some time.
class device_storage : public session_storage {
 protected:
  void sign_in(const std::string& account_id, std::string agent, std::string address, instant at,
               bool restores = false) {
    auto made = make_session(account_id, new_refresh_token());
    made.what.user_agent = std::move(agent);
    made.what.address = std::move(address);
    const session_store::opening opening{made, "hash", role::member, restores};
    const change now{at, {}};
    EXPECT_TRUE(run([&] { return sessions->open_session(opening, now, nullptr); }));
  }
  std::vector<std::string> warnings() {
    static constexpr sql::statement all{
        "test.warnings", "SELECT data FROM outbox WHERE type = 'io.cumulo.user.signed_in.v1' ORDER BY position"};
    std::vector<std::string> found;
    run([&]() -> awaitable<void> {
      const auto take = [&](const sql::row& row) { found.emplace_back(row.text(0)); };
      co_await database->query(all, {}, take);
    });
    return found;
  }
};
CUMULO_ON_EACH_ENGINE(device_storage);

TEST_P(device_storage, a_new_device_is_told_of_once) {
  const auto who = add_account("ada@example.org");
  const auto other = add_account("bob@example.org");
  sign_in(who.id, "Firefox/1", "192.0.2.1", when.at);
  sign_in(other.id, "Firefox/1", "192.0.2.1", when.at);
  EXPECT_THAT(warnings(), IsEmpty()) << "an account's first device";
  sign_in(who.id, "Firefox/2", "192.0.2.9", when.at);
  EXPECT_THAT(warnings(), IsEmpty()) << "the same device";
  sign_in(who.id, "curl/8", "192.0.2.1", when.at);
  sign_in(who.id, "curl/8", "192.0.2.1", when.at);
  EXPECT_THAT(warnings(), ElementsAre(R"({"id":")" + who.id +
                                      R"(","at":1800000000000,"address":"192.0.2.1","user_agent":"curl/8"})"));
  sign_in(who.id, "curl/8", "198.51.100.1", when.at, true);
  EXPECT_EQ(warnings().size(), 2U) << "also where a sign-in takes an erasure back";
}

TEST_P(device_storage, the_session_of_the_registration_is_none) {
  registration made{.who = make_account("ada@example.org"), .password_hash = "hash"};
  made.opened = make_session(made.who.id, new_refresh_token());
  ASSERT_TRUE(run([&] { return accounts->register_account(made, when, nullptr); }));
  sign_in(made.who.id, made.opened->what.user_agent, made.opened->what.address, when.at);
  EXPECT_THAT(warnings(), IsEmpty());
  sign_in(made.who.id, "another", made.opened->what.address, when.at);
  EXPECT_EQ(warnings().size(), 1U);
}

TEST_P(device_storage, a_refused_sign_in_leaves_no_trace) {
  const auto who = add_account("ada@example.org");
  add_session(who.id);
  auto made = make_session(who.id, new_refresh_token());
  made.what.user_agent = "a thief's";
  const session_store::opening opening{made, "a hash that is no longer the account's"};
  EXPECT_FALSE(run([&] { return sessions->open_session(opening, when, nullptr); }));
  EXPECT_THAT(warnings(), IsEmpty());
  static constexpr sql::statement known{"test.devices", "SELECT COUNT(*) FROM known_devices"};
  EXPECT_EQ(count(known), 1);
}

TEST_P(device_storage, sign_ins_at_once_from_a_new_device_warn_once) {
  const auto who = add_account("ada@example.org");
  sign_in(who.id, "old", "192.0.2.1", when.at);
  const auto open_one = [&](int) -> awaitable<bool> {
    auto made = make_session(who.id, new_refresh_token());
    made.what.user_agent = "new";
    const session_store::opening opening{made, "hash"};
    co_return (co_await sessions->open_session(opening, when, nullptr)).has_value();
  };
  EXPECT_THAT(run_parallel(16, open_one), testing::Each(true));
  EXPECT_EQ(warnings().size(), 1U);
}

TEST_P(device_storage, long_unused_devices_are_forgotten_but_the_latest) {
  const auto who = add_account("ada@example.org");
  sign_in(who.id, "old", "192.0.2.1", when.at);
  sign_in(who.id, "latest", "192.0.2.1", when.at + 1h);
  const instant much_later = when.at + device_memory + 2h;
  run([&] { return sessions->sweep(much_later); });
  EXPECT_EQ(warnings().size(), 1U);
  sign_in(who.id, "latest", "192.0.2.1", much_later);
  EXPECT_EQ(warnings().size(), 1U);
  sign_in(who.id, "old", "192.0.2.1", much_later);
  EXPECT_EQ(warnings().size(), 2U);
}

TEST_P(device_storage, a_made_token_and_a_changed_password_say_where_from) {
  const auto who = add_account("ada@example.org");
  const change from{when.at, {}, "192.0.2.1", "Firefox"};
  const auto token = make_token(who.id);
  ASSERT_TRUE(run([&] { return sessions->create_token(token, from, nullptr); }));
  const std::string none_kept;
  ASSERT_TRUE(run([&] { return accounts->change_password(who.id, "hash", "new hash", none_kept, from); }));
  static constexpr sql::statement all{"test.security",
                                      "SELECT data FROM outbox WHERE type IN ('io.cumulo.user.token_created.v1', "
                                      "'io.cumulo.user.password_changed.v1') ORDER BY position"};
  std::vector<std::string> found;
  run([&]() -> awaitable<void> {
    const auto take = [&](const sql::row& row) { found.emplace_back(row.text(0)); };
    co_await database->query(all, {}, take);
  });
  const std::string where =
      R"({"id":")" + who.id + R"(","at":1800000000000,"address":"192.0.2.1","user_agent":"Firefox")";
  EXPECT_THAT(found, ElementsAre(where + R"(,"name":"n"})", where + "}"));
}

}  // namespace
}  // namespace cumulo::users::storage
