// From outbox to effect, through failures: nothing lost, nothing twice, each subject in order.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <random>

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

class delivery : public on_each_engine {};

TEST_P(delivery, reaches_every_consumer_that_asked_for_the_type) {
  const auto events = make_inproc_broker(&metrics);
  std::mutex lock;
  std::vector<event> seen;
  auto remember = [&](const event& e, sql::transaction& tx) -> awaitable<void> {
    co_await leave_effect("exact", e, tx);
    const std::scoped_lock guard{lock};
    seen.push_back(e);
  };
  events->subscribe(consumer("exact", remember, {"io.cumulo.task.created.v1"}));
  events->subscribe(consumer("prefix", leaving("prefix"), {"io.cumulo.task.*", "io.cumulo.user.erased.v1"}));
  events->subscribe(consumer("other", leaving("other"), {"io.cumulo.user.*"}));
  relay moving{*db, events.get(), threads, quick, &metrics};
  moving.start();
  auto created = numbered("a", 0, "io.cumulo.task.created.v1");
  created.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  emit({created, numbered("a", 1, "io.cumulo.task.deleted.v1"), numbered("a", 2, "io.cumulo.taskless.v1")});
  ASSERT_TRUE(soon([&] { return count(count_outbox) == 0; }));
  moving.stop();

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

TEST_P(delivery, a_rolled_back_change_leaves_no_event) {
  const outbox_row row{numbered("a", 0)};
  auto change = [&](sql::transaction& tx) -> awaitable<void> {
    co_await tx.execute(row.statement(), row.values());
    throw std::runtime_error("the change fails after its event was written");
  };
  EXPECT_THROW(run(threads, [&]() -> awaitable<void> { co_await db->transact(change); }), std::runtime_error);
  EXPECT_EQ(count(count_outbox), 0);
}

TEST_P(delivery, an_event_offered_again_changes_nothing) {
  const auto events = make_inproc_broker(&metrics);
  events->subscribe(consumer("c", leaving("c")));
  const std::vector batch{numbered("a", 0), numbered("b", 0)};
  for (int i = 0; i < 3; ++i) run(threads, [&]() -> awaitable<void> { co_await events->publish(batch); });
  EXPECT_EQ(effects().size(), 2U);
  EXPECT_TRUE(metric_is("cumulo_events_repeated_total{consumer=\"c\"} 4")) << metrics_text();
}

TEST_P(delivery, two_consumers_of_one_database_do_not_take_each_others_events) {
  const auto events = make_inproc_broker(nullptr);
  events->subscribe(consumer("one", leaving("one")));
  events->subscribe(consumer("two", leaving("two")));
  const std::vector batch{numbered("a", 0)};
  run(threads, [&]() -> awaitable<void> { co_await events->publish(batch); });
  EXPECT_EQ(effects().size(), 2U);
}

// Two replicas over one database, handlers that fail before and after their effect, a broker that dies at every point,
// relays that stop and start again: each event has its effect exactly once, and each subject's in order.
TEST_P(delivery, is_exactly_once_in_effect_and_in_order_through_failures) {
  constexpr int subjects = 8;
  constexpr int numbers = 25;
  const auto other_db = open();
  std::atomic<int> failures{0};
  std::atomic<unsigned> dice{1};
  auto unreliable = [&](const event& e, sql::transaction& tx) -> awaitable<void> {
    std::minstd_rand random{dice++};
    random.discard(3);
    const auto way = random() % 5;
    if (way == 0) {
      ++failures;
      throw std::runtime_error("before the effect");
    }
    co_await leave_effect("c", e, tx);
    if (way == 1) {
      ++failures;
      throw std::runtime_error("after the effect");
    }
  };
  struct replica {  // ends in the opposite order
    std::unique_ptr<broker> events;
    std::unique_ptr<crashing> crashes;
    std::unique_ptr<relay> moving;
  };
  const auto start = [&](sql::database& from, unsigned seed) {
    auto r = std::make_unique<replica>();
    r->events = make_inproc_broker(nullptr, 1'000);
    auto s = consumer("c", unreliable);
    s.database = &from;
    r->events->subscribe(std::move(s));
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
  EXPECT_TRUE(soon([&] { return count(count_outbox) == 0; }, 60s));
  replicas.clear();
  other_db->close();
  expect_each_once_in_order("c", subjects, numbers);
  EXPECT_EQ(count(count_parked), 0);
  EXPECT_GT(failures, 20) << "the test has tested something";
}

TEST_P(delivery, poison_is_parked_and_the_others_go_on) {
  const auto events = make_inproc_broker(&metrics, 3);
  auto picky = [](const event& e, sql::transaction& tx) -> awaitable<void> {
    co_await leave_effect("picky", e, tx);
    if (e.data == "1") throw std::runtime_error("cannot digest \xff one");
  };
  events->subscribe(consumer("picky", picky));
  events->subscribe(consumer("glad", leaving("glad")));
  relay moving{*db, events.get(), threads, quick, &metrics};
  moving.start();
  const auto poison = numbered("a", 1);
  emit({numbered("a", 0), poison, numbered("a", 2), numbered("b", 0)});
  ASSERT_TRUE(soon([&] { return count(count_outbox) == 0; }));
  moving.stop();

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

TEST_P(delivery, a_consumers_database_that_is_away_parks_nothing) {
  const auto events = make_inproc_broker(&metrics, 2);
  std::atomic<int> attempts{0};
  auto away_at_first = [&](const event& e, sql::transaction& tx) -> awaitable<void> {
    if (++attempts <= 5) throw sql::database_error(sql::failure::unavailable, "test", "away");
    co_await leave_effect("c", e, tx);
  };
  events->subscribe(consumer("c", away_at_first));
  relay moving{*db, events.get(), threads, quick, &metrics};
  moving.start();
  emit({numbered("a", 0)});
  ASSERT_TRUE(soon([&] { return count(count_outbox) == 0; }, 60s));
  moving.stop();
  EXPECT_EQ(effects().size(), 1U);
  EXPECT_EQ(count(count_parked), 0);
  EXPECT_EQ(attempts, 6);
}

TEST_P(delivery, without_a_broker_events_wait_and_are_counted) {
  {
    relay waiting{*db, nullptr, threads, quick, &metrics};
    waiting.start();
    emit({numbered("a", 0), numbered("a", 1), numbered("b", 0)});
    waiting.notify();
    EXPECT_TRUE(soon([&] { return metric_is("cumulo_outbox_waiting{outbox=\"outbox\"} 3"); })) << metrics_text();
    EXPECT_EQ(count(count_outbox), 3);
  }
  const auto events = make_inproc_broker(nullptr);
  events->subscribe(consumer("c", leaving("c")));
  relay moving{*db, events.get(), threads, quick, &metrics};
  moving.start();
  EXPECT_TRUE(soon([&] { return effects().size() == 3; }));
  EXPECT_TRUE(soon([&] { return metric_is("cumulo_outbox_waiting{outbox=\"outbox\"} 0"); })) << metrics_text();
}

TEST_P(delivery, a_large_backlog_is_counted_too) {
  const sql::statement fill{"test.fill",
                            "INSERT INTO outbox (id, type, source, subject, time, data, traceparent) "
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12345) "
                            "SELECT 'id', 't', '/s', 'a', 1700000000000 + i, '{}', '' FROM n"};
  const std::array commands{sql::command{&fill, {}}};
  run(threads, [&]() -> awaitable<void> { co_await db->write(commands, nothing, {}); });
  relay waiting{*db, nullptr, threads, quick, &metrics};
  waiting.start();
  EXPECT_TRUE(soon([&] { return metric_is("cumulo_outbox_waiting{outbox=\"outbox\"} 12345"); })) << metrics_text();
}

/// Takes events and notices whether two publish at once.
class jealous final : public broker {
 public:
  explicit jealous(std::atomic<int>& inside) : inside_(inside) {}
  void subscribe(subscription) override {}
  awaitable<void> publish(std::span<const event> events) override {
    if (++inside_ > 1) met = true;
    asio::steady_timer timer{co_await asio::this_coro::executor, 2ms};
    co_await timer.async_wait(use_awaitable);
    taken += static_cast<int>(events.size());
    --inside_;
  }
  [[nodiscard]] sql::health check() const override { return {true, ""}; }
  std::atomic<int> taken{0};
  static inline std::atomic<bool> met{false};

 private:
  std::atomic<int>& inside_;
};

TEST_P(delivery, replicas_take_turns_and_another_takes_over) {
  std::atomic<int> inside{0};
  jealous::met = false;
  jealous first{inside};
  jealous second{inside};
  const auto other_db = open();
  const relay_settings settings{.batch = 4, .idle_poll = 5ms, .lease = 5s};
  relay one{*db, &first, threads, settings, nullptr};
  relay two{*other_db, &second, threads, settings, nullptr};
  one.start();
  emit({numbered("a", 0)});
  ASSERT_TRUE(soon([&] { return first.taken == 1; }));
  two.start();
  for (int n = 1; n < 60; ++n) emit({numbered("a", n)});
  ASSERT_TRUE(soon([&] { return count(count_outbox) == 0; }));
  EXPECT_EQ(first.taken, 60);
  EXPECT_EQ(second.taken, 0) << "while the first has its turn the second waits";
  one.stop();  // gives its turn back
  emit({numbered("a", 60)});
  EXPECT_TRUE(soon([&] { return second.taken == 1; }, 3s));
  EXPECT_FALSE(jealous::met);
  two.stop();
  other_db->close();
}

TEST_P(delivery, a_dead_replicas_turn_ends_with_its_lease) {
  const sql::statement leave_lease{"test.leave_lease",
                                   "INSERT INTO relay_lease (name, holder, expires_at) VALUES ('outbox', 'dead', ?1)"};
  const std::array values{sql::param{to_millis(system_clock().now() + 700ms)}};
  const std::array commands{sql::command{&leave_lease, values}};
  run(threads, [&]() -> awaitable<void> { co_await db->write(commands, nothing, {}); });
  const auto begun = std::chrono::steady_clock::now();
  const auto events = make_inproc_broker(nullptr);
  events->subscribe(consumer("c", leaving("c")));
  relay moving{*db, events.get(), threads, quick, nullptr};
  moving.start();
  emit({numbered("a", 0)});
  EXPECT_TRUE(soon([&] { return effects().size() == 1; }, 5s));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, 500ms);
}

// A position that appears late, as PostgreSQL's may, is neither skipped nor deleted unread.
TEST_P(delivery, an_earlier_position_that_commits_later_is_not_lost) {
  const auto insert_at = [&](std::int64_t position, const event& e) {
    const sql::statement insert{"test.insert_at",
                                "INSERT INTO outbox (position, id, type, source, subject, time, data, traceparent) "
                                "VALUES (?8, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                                "INSERT INTO outbox (position, id, type, source, subject, time, data, traceparent) "
                                "OVERRIDING SYSTEM VALUE VALUES (?8, "
                                "?1, ?2, ?3, ?4, ?5, ?6, ?7)"};
    const outbox_row row{e};
    std::vector<sql::param> values(row.values().begin(), row.values().end());
    values.emplace_back(position);
    const std::array commands{sql::command{&insert, values}};
    run(threads, [&]() -> awaitable<void> { co_await db->write(commands, nothing, {}); });
  };
  const auto events = make_inproc_broker(nullptr);
  events->subscribe(consumer("c", leaving("c")));
  relay moving{*db, events.get(), threads, quick, nullptr};
  insert_at(7, numbered("later", 0));
  moving.start();
  ASSERT_TRUE(soon([&] { return effects().size() == 1; }));
  insert_at(3, numbered("earlier", 0));
  EXPECT_TRUE(soon([&] { return effects().size() == 2 && count(count_outbox) == 0; }));
}

TEST_P(delivery, old_consumption_records_are_swept) {
  const sql::statement record{"test.record",
                              "INSERT INTO consumed_events (consumer, event_id, consumed_at) VALUES (?1, ?2, 0)"};
  const sql::statement count_consumed{"test.count_consumed", "SELECT COUNT(*) FROM consumed_events"};
  for (const auto& [who, id] :
       std::vector<std::pair<std::string, std::string>>{{"c", "01000000-0000-7000-8000-000000000000"},
                                                        {"another", "01000000-0000-7000-8000-000000000000"},
                                                        {"c", new_id()}}) {
    const std::array values{sql::param{who}, sql::param{id}};
    const std::array commands{sql::command{&record, values}};
    run(threads, [&]() -> awaitable<void> { co_await db->write(commands, nothing, {}); });
  }
  const auto events = make_inproc_broker(nullptr);
  events->subscribe(consumer("c", leaving("c")));
  const std::vector batch{numbered("a", 0)};
  run(threads, [&]() -> awaitable<void> { co_await events->publish(batch); });
  EXPECT_EQ(count(count_consumed), 3) << "c's old one is gone, the new ones and another's stay";
}

TEST_P(delivery, stop_waits_for_the_batch_under_way) {
  const auto events = make_inproc_broker(nullptr);
  std::atomic<bool> inside{false};
  auto failing_once = [&](const event& e, sql::transaction& tx) -> awaitable<void> {
    if (!inside.exchange(true)) throw std::runtime_error("again, please");
    co_await leave_effect("c", e, tx);
  };
  events->subscribe(consumer("c", failing_once));
  relay moving{*db, events.get(), threads, quick, nullptr};
  moving.start();
  emit({numbered("a", 0)});
  ASSERT_TRUE(soon([&] { return inside.load(); }));
  moving.stop();
  EXPECT_EQ(effects().size(), 1U);
  EXPECT_EQ(count(count_outbox), 0);
  moving.stop();
}

INSTANTIATE_TEST_SUITE_P(engines, delivery, testing::Values(sql::engine::sqlite, sql::engine::postgres), engine_name);

}  // namespace
}  // namespace cumulo::bus
