#include "notification-service/storage/delivery_queue.hpp"

#include <set>
#include <thread>

#include "notification-service/delivery/notices.hpp"
#include "notification-service/tests/delivery_fixture.hpp"

namespace cumulo::notifications {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

const sql::statement count_items{"test.count_items", "SELECT count(*) FROM notifications"};
const sql::statement count_payloads{"test.count_payloads", "SELECT count(*) FROM dispatches WHERE payload IS NOT NULL"};
const sql::statement count_outbox{"test.count_outbox", "SELECT count(*) FROM outbox"};

class delivery_queue_storage : public delivery_test {
 protected:
  std::vector<claimed_delivery> claim(std::size_t most = 10, std::size_t per_lane = 10,
                                      const std::map<std::string, std::size_t>& busy = {},
                                      const std::string& owner = "one") {
    const claim_terms terms{owner, time.now(), time.now() + 60s, most, per_lane, busy};
    return run([&]() -> awaitable<std::vector<claimed_delivery>> {
      co_return co_await queue.claim(channel_name::email, terms);
    });
  }
  bool finish(const claimed_delivery& what, delivery_status how = delivery_status::delivered) {
    return run([&]() -> awaitable<bool> { co_return co_await queue.finish(what, how, "", time.now()); });
  }
  std::optional<outgoing> load(const claimed_delivery& what) {
    return run([&]() -> awaitable<std::optional<outgoing>> { co_return co_await queue.load(what); });
  }
  bool has_due() {
    return run([&]() -> awaitable<bool> { co_return co_await queue.has_due(channel_name::email, time.now()); });
  }
  std::size_t release() {
    return run([&]() -> awaitable<std::size_t> { co_return co_await queue.release_scheduled(time.now(), 100); });
  }
};

CUMULO_ON_EACH_ENGINE(delivery_queue_storage);

TEST_P(delivery_queue_storage, one_delivery_is_one_claimants_until_its_lease_ends) {
  EXPECT_FALSE(has_due());
  const std::string id = put_mail(ann);
  EXPECT_TRUE(has_due());
  const auto first = claim();
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].notification_id, id);
  EXPECT_EQ(first[0].attempt, 1);
  EXPECT_EQ(first[0].due_at, time.now());
  EXPECT_FALSE(has_due());
  EXPECT_THAT(claim(10, 10, {}, "two"), IsEmpty());

  time.advance(60s);
  const auto second = claim(10, 10, {}, "two");
  ASSERT_THAT(second, SizeIs(1));
  EXPECT_EQ(second[0].attempt, 2);
  EXPECT_FALSE(finish(first[0])) << "the first one's lease is over";
  EXPECT_EQ(load(first[0]), std::nullopt);
  EXPECT_EQ(status_of(id), "pending");
  EXPECT_TRUE(finish(second[0]));
  EXPECT_EQ(status_of(id), "delivered");
  EXPECT_FALSE(finish(second[0]));
  EXPECT_EQ(count(count_payloads), 0) << "nobody needs the words any more";
}

// On SQLite a group of writes runs again when one of its members fails: claimed once, it was once handed out twice.
TEST_P(delivery_queue_storage, a_delivery_is_claimed_once_beside_a_write_that_fails) {
  static const sql::statement consume{
      "test.consume", "INSERT INTO consumed_events (consumer, event_id, consumed_at) VALUES ('test', 'same', 1)"};
  put_mail(ann);
  const auto hold_the_writer = [&]() -> awaitable<void> {
    const auto body = [](sql::transaction& tx) -> awaitable<void> {
      co_await tx.execute(count_items);
      std::this_thread::sleep_for(200ms);
    };
    co_await database->transact(body);
  };
  std::vector<claimed_delivery> got;
  const auto claim_it = [&]() -> awaitable<void> {
    const claim_terms terms{"one", time.now(), time.now() + 60s, 10, 10, {}};
    got = co_await queue.claim(channel_name::email, terms);
  };
  const auto fail = [&]() -> awaitable<void> {
    const std::array commands{sql::command{&consume, {}}, sql::command{&consume, {}}};
    co_await database->write(commands);
  };
  auto held = test::start(threads, hold_the_writer);
  std::this_thread::sleep_for(50ms);
  auto claimed = test::start(threads, claim_it);
  auto failed = test::start(threads, fail);
  held.get();
  claimed.get();
  EXPECT_THROW(failed.get(), sql::database_error);
  EXPECT_THAT(got, SizeIs(1));
}

TEST_P(delivery_queue_storage, what_is_loaded_is_what_was_said_and_who_it_is_for) {
  know(ann, "ann@example.org", time.now());
  const content says{"Caf\u00e9", "line\nline", "/app/x", R"({"a":[1]})"};
  put(ann, {{channel_name::email, delivery_status::pending}}, says);
  const auto got = load(claim().at(0));
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->says.title, says.title);
  EXPECT_EQ(got->says.body, says.body);
  EXPECT_EQ(got->says.link, says.link);
  EXPECT_EQ(got->says.data, says.data);
  EXPECT_EQ(got->email, "ann@example.org");
  EXPECT_EQ(got->email_verified, true);
  EXPECT_EQ(got->name, "Ann");
  EXPECT_EQ(got->kind, "direct");
  EXPECT_EQ(got->recipient_id, ann);
}

TEST_P(delivery_queue_storage, a_crowded_lane_leaves_room_for_others) {
  for (int i = 0; i < 200; ++i) put_mail(ann);
  time.advance(1s);
  const std::string bobs = put_mail(bob);
  auto got = claim(10, 2);
  EXPECT_THAT(got, SizeIs(2)) << "the share of the lane that stands first";
  got = claim(10, 2, {{ann, 2}});
  ASSERT_THAT(got, SizeIs(1));
  EXPECT_EQ(got[0].notification_id, bobs);
  got = claim(10, 2, {{ann, 1}});
  EXPECT_THAT(got, SizeIs(1)) << "one is in flight already";
}

TEST_P(delivery_queue_storage, parallel_claims_never_meet) {
  for (int i = 0; i < 60; ++i) put_mail(new_id());
  std::vector<std::future<std::vector<claimed_delivery>>> claims;
  for (int i = 0; i < 12; ++i) {
    auto work = [this, i]() -> awaitable<std::vector<claimed_delivery>> {
      const std::map<std::string, std::size_t> none;
      const claim_terms terms{"owner" + std::to_string(i), time.now(), time.now() + 60s, 5, 2, none};
      co_return co_await queue.claim(channel_name::email, terms);
    };
    claims.push_back(test::start(threads, std::move(work), static_cast<std::size_t>(i) % threads.size()));
  }
  std::multiset<std::string> ids;
  for (auto& each : claims) {
    for (const auto& got : test::wait_for(std::move(each))) ids.insert(got.notification_id);
  }
  EXPECT_EQ(ids.size(), std::set<std::string>(ids.begin(), ids.end()).size());
  for (const auto& got : claim(100, 2)) EXPECT_FALSE(ids.contains(got.notification_id));
}

TEST_P(delivery_queue_storage, put_off_comes_back_at_its_time_with_its_error) {
  const std::string id = put_mail(ann);
  const auto got = claim().at(0);
  EXPECT_TRUE(run(
      [&]() -> awaitable<bool> { co_return co_await queue.put_off(got, "451 busy", time.now() + 10s, time.now()); }));
  EXPECT_EQ(deliveries_of(id)[0].last_error, "451 busy");
  time.advance(9s);
  EXPECT_THAT(claim(), IsEmpty());
  time.advance(1s);
  EXPECT_THAT(claim(), SizeIs(1));
}

TEST_P(delivery_queue_storage, a_split_delivery_is_one_per_target) {
  const std::string id = put_mail(ann);
  const auto got = claim().at(0);
  const std::vector<std::string> targets{"e1", "e2"};
  time.advance(1s);
  const auto split = [&] {
    return run([&]() -> awaitable<bool> { co_return co_await queue.split(got, targets, time.now()); });
  };
  EXPECT_TRUE(split());
  EXPECT_FALSE(split());
  const auto next = claim();
  ASSERT_THAT(next, SizeIs(2));
  EXPECT_EQ(next[0].accepted_at, got.accepted_at);
  EXPECT_EQ(std::set<std::string>({next[0].lane, next[1].lane}), std::set<std::string>({"e1", "e2"}));
  EXPECT_TRUE(finish(next[0]));
  EXPECT_TRUE(finish(next[1], delivery_status::failed));
  EXPECT_THAT(deliveries_of(id), SizeIs(2));
  EXPECT_EQ(count(count_payloads), 1) << "for a replay";
}

TEST_P(delivery_queue_storage, an_address_is_refused_once_and_until_it_changes) {
  know(ann, "ann@example.org", time.now());
  for (int i = 0; i < 2; ++i) {
    put_mail(ann);
    const auto got = claim().at(0);
    const auto sent = load(got);
    const acceptance notice = address_refused_notice(*sent, "550 unknown", time.now());
    EXPECT_TRUE(run([&]() -> awaitable<bool> {
      co_return co_await queue.refuse_address(got, ann, *sent->email, "550 unknown", notice, time.now());
    }));
  }
  EXPECT_EQ(count(count_items), 1) << "told once";
  put_mail(ann);
  EXPECT_EQ(load(claim().at(0))->email_refused, "550 unknown");
  know(ann, "ann@example.org", time.now() + 1s);
  time.advance(60s);
  EXPECT_EQ(load(claim().at(0))->email_refused, "550 unknown") << "the account changed, the address did not";
  know(ann, "ann@elsewhere.example", time.now() + 2s);
  time.advance(60s);
  EXPECT_EQ(load(claim().at(0))->email_refused, std::nullopt);
}

TEST_P(delivery_queue_storage, what_waits_too_long_is_given_up_unless_somebody_holds_it) {
  const std::string old = put_mail(ann);
  const std::string held = put_mail(bob);
  time.advance(1h);
  const auto got = claim(1);
  const std::string young = put_mail(ann);
  const auto expire = [&](channel_name channel, bool is_worked_on) {
    return run([&]() -> awaitable<std::uint64_t> {
      co_return co_await queue.expire(channel, is_worked_on, time.now() - 30min, time.now(), 100);
    });
  };
  EXPECT_EQ(expire(channel_name::webhook, false), 0U);
  EXPECT_EQ(expire(channel_name::email, true), 0U) << "it was never tried, and somebody will";
  EXPECT_EQ(expire(channel_name::email, false), 1U);
  EXPECT_EQ(expire(channel_name::email, false), 0U);
  EXPECT_EQ(status_of(got.at(0).notification_id), "pending");
  EXPECT_EQ(status_of(young), "pending");
  EXPECT_EQ(status_of(got.at(0).notification_id == old ? held : old), "failed");
  time.advance(60s);
  EXPECT_EQ(expire(channel_name::email, true), 1U) << "it was tried, and its lease is over";
  EXPECT_EQ(status_of(got.at(0).notification_id), "failed");
}

TEST_P(delivery_queue_storage, what_is_for_a_disabled_account_cannot_be_loaded) {
  know(ann, "ann@example.org", time.now());
  put_mail(ann);
  const auto got = claim().at(0);
  const auto set = [&](bool disabled, instant as_of) {
    run([&]() -> awaitable<void> {
      auto body = [&](sql::transaction& tx) -> awaitable<void> {
        co_await recipient_repository::remember_access(tx, ann, disabled, as_of);
      };
      co_await database->transact(body);
    });
  };
  set(true, time.now());
  EXPECT_EQ(load(got), std::nullopt);
  know(ann, "ann@example.org", time.now() + 1s);
  EXPECT_EQ(load(got), std::nullopt) << "another change of the account";
  set(false, time.now() - 1s);
  EXPECT_EQ(load(got), std::nullopt) << "an older event";
  set(false, time.now() + 1s);
  EXPECT_TRUE(load(got).has_value());
}

TEST_P(delivery_queue_storage, what_is_scheduled_comes_out_at_its_time_once) {
  const instant at = time.now() + 1h;
  const content says{"Later", "b"};
  const std::string id = put(ann,
                             {{channel_name::inbox, delivery_status::scheduled},
                              {channel_name::email, delivery_status::scheduled},
                              {channel_name::push, delivery_status::disabled}},
                             says, at);
  EXPECT_EQ(release(), 0U);
  EXPECT_EQ(count(count_items), 0);
  EXPECT_FALSE(has_due());
  time.set(at);
  EXPECT_EQ(release(), 1U);
  EXPECT_EQ(release(), 0U);
  EXPECT_EQ(count(count_items), 1);
  EXPECT_EQ(count(count_outbox), 1);
  const auto all = deliveries_of(id);
  ASSERT_THAT(all, SizeIs(3));
  EXPECT_EQ(all[0].status, delivery_status::delivered);
  EXPECT_EQ(all[1].status, delivery_status::pending);
  EXPECT_EQ(all[2].status, delivery_status::disabled);
  const auto got = claim();
  ASSERT_THAT(got, SizeIs(1));
  EXPECT_EQ(got[0].due_at, at);
  EXPECT_EQ(load(got[0])->says.body, "b");
}

TEST_P(delivery_queue_storage, is_measured_by_channel) {
  put_mail(ann);
  time.advance(10s);
  finish(claim().at(0), delivery_status::failed);
  const instant oldest = time.now();
  put_mail(ann);
  time.advance(10s);
  put_mail(ann);
  const auto all = run([&]() -> awaitable<std::vector<queue_depth>> { co_return co_await queue.measure(); });
  const queue_depth& mail = all.at(static_cast<std::size_t>(channel_name::email));
  EXPECT_EQ(mail.waiting, 2);
  EXPECT_EQ(mail.failed, 1);
  EXPECT_EQ(mail.oldest, oldest);
  EXPECT_EQ(all.at(static_cast<std::size_t>(channel_name::webhook)).waiting, 0);
}

}  // namespace
}  // namespace cumulo::notifications
