// What every broker promises, from outbox to effect, through failures: nothing lost, nothing twice, each subject in
// order. The same tests run in process and over NATS.
#include <future>
#include <random>

#include "platform/bus/parked.hpp"
#include "platform/bus/tests/bus_fixture.hpp"

namespace cumulo::bus {
namespace {

using namespace test;

constexpr relay_settings quick{.batch = 16, .idle_poll = 20ms};

/// A broker that fails as a crash would: before, in the middle of, and after handing on.
class crashing final : public broker {
 public:
  crashing(broker& inner, unsigned seed) : inner_(inner), random_(seed) {}
  void subscribe(subscription s) override { inner_.subscribe(std::move(s)); }
  awaitable<void> publish(std::span<const event> events) override {
    const auto dice = random_() % 10;
    if (dice == 0) throw std::runtime_error("died before anything");
    const bool in_the_middle = dice == 1;
    co_await inner_.publish(in_the_middle ? events.first(events.size() / 2) : events);
    if (in_the_middle) throw std::runtime_error("died in the middle");
    if (dice == 2) throw std::runtime_error("died before the rows were deleted");
  }
  [[nodiscard]] sql::health check() const override { return inner_.check(); }

 private:
  broker& inner_;
  std::mt19937 random_;
};

class contract : public on_each_bus {};

TEST_P(contract, reaches_every_consumer_that_asked_for_the_type) {
  const auto events = make_broker(&metrics);
  std::mutex lock;
  std::vector<event> seen;
  auto remember = [&](const event& e, sql::transaction& tx) -> awaitable<void> {
    co_await leave_effect("exact", e, tx);
    const std::scoped_lock guard{lock};
    seen.push_back(e);
  };
  events->subscribe(consumer("test-service.exact", remember, {"io.cumulo.task.created.v1"}));
  events->subscribe(consumer("prefix", leaving("prefix"), {"io.cumulo.task.*", "io.cumulo.user.erased.v1"}));
  events->subscribe(consumer("other", leaving("other"), {"io.cumulo.user.*"}));
  events->start();
  relay moving{*db, events.get(), threads, quick, &metrics};
  moving.start();
  auto created = numbered("a", 0, "io.cumulo.task.created.v1");
  created.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  emit({created, numbered("a", 1, "io.cumulo.task.deleted.v1"), numbered("a", 2, "io.cumulo.taskless.v1")});
  EXPECT_TRUE(soon([&] { return count(count_outbox) == 0 && effects().size() == 3; }));
  moving.stop();
  events->stop();

  std::map<std::string, std::vector<int>> by_consumer;
  for (const auto& e : effects()) by_consumer[e.consumer].push_back(e.number);
  EXPECT_EQ(by_consumer["exact"], std::vector{0});
  EXPECT_EQ(by_consumer["prefix"], (std::vector{0, 1}));
  EXPECT_FALSE(by_consumer.contains("other"));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].id, created.id);
  EXPECT_EQ(seen[0].type, created.type);
  EXPECT_EQ(seen[0].source, created.source);
  EXPECT_EQ(seen[0].subject, created.subject);
  EXPECT_EQ(seen[0].time, created.time);
  EXPECT_EQ(seen[0].traceparent, created.traceparent);
  EXPECT_TRUE(metric_is("cumulo_outbox_relayed_total{outbox=\"outbox\"} 3")) << metrics_text();
  EXPECT_TRUE(metric_is("cumulo_events_total{type=\"" + created.type + "\"} 1")) << metrics_text();
  EXPECT_TRUE(metric_is("cumulo_events_consumed_total{consumer=\"prefix\"} 2")) << metrics_text();
}

TEST_P(contract, an_event_offered_again_changes_nothing) {
  const auto events = make_broker(&metrics);
  events->subscribe(consumer("c", leaving("c")));
  events->start();
  const std::vector batch{numbered("a", 0), numbered("b", 0)};
  for (int i = 0; i < 3; ++i) publish(*events, batch);
  const std::vector last{numbered("a", 1), numbered("b", 1)};
  publish(*events, last);
  EXPECT_TRUE(soon([&] { return effects().size() >= 4; }));
  events->stop();
  expect_each_once_in_order("c", 2, 2);
}

TEST_P(contract, two_consumers_of_one_database_do_not_take_each_others_events) {
  const auto events = make_broker(nullptr);
  events->subscribe(consumer("one", leaving("one")));
  events->subscribe(consumer("two", leaving("two")));
  events->start();
  const std::vector batch{numbered("a", 0)};
  publish(*events, batch);
  EXPECT_TRUE(soon([&] { return effects().size() == 2; }));
}

// Two replicas over one database, two consumers in each, handlers that fail before and after their effect, a broker
// that dies at every point, relays that stop and start again: each event has its effects exactly once, and each
// subject's in order.
TEST_P(contract, is_exactly_once_in_effect_and_in_order_through_failures) {
  constexpr int subjects = 8;
  constexpr int numbers = 25;
  const auto other_db = open();
  std::atomic<int> failures{0};
  std::atomic<unsigned> dice{1};
  const auto unreliable = [&](const std::string& name) {
    return [&, name](const event& e, sql::transaction& tx) -> awaitable<void> {
      const auto way = std::mt19937{dice++}() % 5;
      if (way == 0) {
        ++failures;
        throw std::runtime_error("before the effect");
      }
      co_await leave_effect(name, e, tx);
      if (way == 1) {
        ++failures;
        throw std::runtime_error("after the effect");
      }
    };
  };
  struct replica {  // ends in the opposite order
    std::unique_ptr<broker> events;
    std::unique_ptr<crashing> crashes;
    std::unique_ptr<relay> moving;
  };
  const auto start = [&](sql::database& from, unsigned seed) {
    auto r = std::make_unique<replica>();
    r->events = make_broker(nullptr, 1'000);
    for (const char* name : {"c", "d"}) {
      auto s = consumer(name, unreliable(name));
      s.database = &from;
      r->events->subscribe(std::move(s));
    }
    r->events->start();
    r->crashes = std::make_unique<crashing>(*r->events, seed);
    r->moving = std::make_unique<relay>(from, r->crashes.get(), threads,
                                        relay_settings{.batch = 16, .idle_poll = 10ms, .lease = 300ms}, nullptr);
    r->moving->start();
    return r;
  };
  std::vector<std::unique_ptr<replica>> replicas;
  replicas.push_back(start(*db, 1));
  replicas.push_back(start(*other_db, 2));
  for (int n = 0; n < numbers; ++n) {
    for (int s = 0; s < subjects; ++s) emit({numbered("subject-" + std::to_string(s), n)});
    if (n % 8 == 4) {
      replicas.erase(replicas.begin());
      replicas.push_back(start(n % 16 == 4 ? *db : *other_db, static_cast<unsigned>(10 + n)));
    }
    if (n % 8 == 0) replicas[1]->moving->notify();
  }
  EXPECT_TRUE(soon([&] { return count(count_outbox) == 0 && count(count_effects) >= 2 * subjects * numbers; }, 60s));
  replicas.clear();
  other_db->close();
  expect_each_once_in_order("c", subjects, numbers);
  expect_each_once_in_order("d", subjects, numbers);
  EXPECT_EQ(count(count_parked), 0);
  EXPECT_GT(failures, 20) << "the test has tested something";
}

TEST_P(contract, poison_is_parked_and_the_others_go_on) {
  const auto events = make_broker(&metrics, 3);
  auto picky = [](const event& e, sql::transaction& tx) -> awaitable<void> {
    co_await leave_effect("picky", e, tx);
    if (e.data == "1") throw std::runtime_error("cannot digest \xff one");
  };
  events->subscribe(consumer("picky", picky));
  events->subscribe(consumer("glad", leaving("glad")));
  events->start();
  relay moving{*db, events.get(), threads, quick, &metrics};
  moving.start();
  const auto poison = numbered("a", 1);
  emit({numbered("a", 0), poison, numbered("a", 2), numbered("b", 0)});
  EXPECT_TRUE(soon([&] { return count(count_outbox) == 0 && effects().size() == 7; }));
  moving.stop();
  events->stop();

  std::map<std::string, std::vector<int>> of_a;
  for (const auto& e : effects()) {
    if (e.subject == "a") of_a[e.consumer].push_back(e.number);
  }
  EXPECT_EQ(of_a["picky"], (std::vector{0, 2})) << "the poison left no half of an effect";
  EXPECT_EQ(of_a["glad"], (std::vector{0, 1, 2}));
  EXPECT_EQ(effects().size(), 7U);

  const sql::statement read_parked{"test.read_parked",
                                   "SELECT consumer, event_id, envelope, error, attempts FROM parked_events"};
  std::vector<std::string> parked;
  std::int64_t attempts = 0;
  run(threads, [&]() -> awaitable<void> {
    auto take = [&](const sql::row& r) {
      for (int i = 0; i < 4; ++i) parked.emplace_back(r.text(i));
      attempts = r.integer(4);
    };
    co_await db->query(read_parked, {}, take);
  });
  ASSERT_EQ(parked.size(), 4U);
  EXPECT_EQ(parked[0], "picky");
  EXPECT_EQ(parked[1], poison.id);
  EXPECT_EQ(parked[2], to_cloudevent(poison));
  EXPECT_EQ(parked[3], "cannot digest ? one");
  EXPECT_EQ(attempts, 3);
  EXPECT_TRUE(metric_is("cumulo_events_parked_total{consumer=\"picky\"} 1")) << metrics_text();
  EXPECT_TRUE(metric_is("cumulo_events_failed_total{consumer=\"picky\"} 3")) << metrics_text();
}

TEST_P(contract, a_consumers_database_that_is_away_or_busy_with_others_parks_nothing) {
  const auto events = make_broker(&metrics, 2);
  std::atomic<int> attempts{0};
  auto away_at_first = [&](const event& e, sql::transaction& tx) -> awaitable<void> {
    const bool is_odd = ++attempts % 2 == 1;
    const auto why = is_odd ? sql::failure::unavailable : sql::failure::serialization;
    if (attempts <= 5) throw sql::database_error(why, "test", "away");
    co_await leave_effect("c", e, tx);
  };
  events->subscribe(consumer("c", away_at_first));
  events->start();
  relay moving{*db, events.get(), threads, quick, &metrics};
  moving.start();
  emit({numbered("a", 0)});
  EXPECT_TRUE(soon([&] { return count(count_outbox) == 0 && effects().size() == 1; }, 60s));
  moving.stop();
  events->stop();
  EXPECT_EQ(count(count_parked), 0);
  EXPECT_EQ(attempts, 6);
}

// A migration that builds an index, a reindexing, VACUUM FULL: they hold locks for longer than a statement may take.
TEST_P(contract, a_table_that_others_hold_locked_parks_nothing) {
  if (GetParam().engine == sql::engine::sqlite) GTEST_SKIP() << "it has no locks but the writer's";
  static const sql::statement lock{"test.lock", "LOCK TABLE effects IN ACCESS EXCLUSIVE MODE"};
  static const sql::statement linger{"test.linger", "SELECT pg_sleep(4)"};
  const auto impatient = sql::open(url(), threads, {.statement_timeout = 300ms}, nullptr);
  auto handles = consumer("c", leaving("c"));
  handles.database = impatient.get();
  const auto events = make_broker(&metrics);
  events->subscribe(handles);
  events->start();
  std::promise<void> locked;
  auto held = cumulo::test::start(threads, [&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> {
      co_await tx.execute(lock);
      locked.set_value();
      co_await tx.execute(linger);
    };
    co_await db->transact(body);
  });
  locked.get_future().wait();
  const std::vector batch{numbered("a", 0)};
  publish(*events, batch);
  held.get();
  EXPECT_TRUE(soon([&] { return count(count_effects) == 1; }));
  EXPECT_EQ(count(count_parked), 0);
  events->stop();
  impatient->close();
}

TEST_P(contract, what_is_parked_can_be_replayed_once) {
  const auto events = make_broker(nullptr, 2);
  std::atomic<bool> mended{false};
  auto picky = [&](const event& e, sql::transaction& tx) -> awaitable<void> {
    co_await leave_effect("c", e, tx);
    if (!mended) throw std::runtime_error("not now");
  };
  const subscription whose = consumer("c", picky);
  events->subscribe(whose);
  events->start();
  const std::vector batch{numbered("a", 0), numbered("b", 0)};
  publish(*events, batch);
  ASSERT_TRUE(soon([&] { return count(count_parked) == 2; }));
  events->stop();

  const auto listed = run(threads, list_parked(*db, "c", 10));
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].type, batch[0].type);
  EXPECT_EQ(listed[0].error, "not now");
  EXPECT_EQ(listed[0].attempts, 2);
  EXPECT_TRUE(run(threads, list_parked(*db, "another", 10)).empty());

  const std::string id = listed[0].event_id;
  EXPECT_EQ(run(threads, replay_parked(whose, id)).outcome, replay_outcome::failed);
  EXPECT_EQ(run(threads, list_parked(*db, "c", 10))[0].attempts, 3);
  EXPECT_EQ(count(count_effects), 0);
  mended = true;
  EXPECT_EQ(run(threads, replay_parked(whose, id)).outcome, replay_outcome::done);
  EXPECT_EQ(run(threads, replay_parked(whose, id)).outcome, replay_outcome::not_there);
  EXPECT_EQ(run(threads, replay_parked(whose, listed[1].event_id)).outcome, replay_outcome::done);
  EXPECT_EQ(effects().size(), 2U);
  EXPECT_EQ(count(count_parked), 0);
}

INSTANTIATE_TEST_SUITE_P(buses, contract, testing::ValuesIn(combinations), combination_name);

}  // namespace
}  // namespace cumulo::bus
