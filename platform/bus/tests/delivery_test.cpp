// From outbox to effect, through failures: nothing lost, nothing twice, each subject in order.
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <random>

#include "platform/bus/consumer.hpp"
#include "platform/bus/tests/bus_fixture.hpp"

namespace cumulo::bus {
namespace {

using namespace test;

constexpr relay_settings quick{.batch = 16, .idle_poll = 20ms};

class delivery : public on_each_engine {};

TEST_P(delivery, a_rolled_back_change_leaves_no_event) {
  const outbox_row row{numbered("a", 0)};
  auto change = [&](sql::transaction& tx) -> awaitable<void> {
    co_await tx.execute(row.statement(), row.values());
    throw std::runtime_error("the change fails after its event was written");
  };
  EXPECT_THROW(run(threads, [&]() -> awaitable<void> { co_await db->transact(change); }), std::runtime_error);
  EXPECT_EQ(count(count_outbox), 0);
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
  run(threads, [&]() -> awaitable<void> { co_await db->write(commands); });
  relay waiting{*db, nullptr, threads, quick, &metrics};
  waiting.start();
  EXPECT_TRUE(soon([&] { return metric_is("cumulo_outbox_waiting{outbox=\"outbox\"} 12345"); })) << metrics_text();
}

/// Away until it is let back; then takes one batch after the other, slowly.
class hesitant final : public broker {
 public:
  void subscribe(subscription) override {}
  awaitable<void> publish(std::span<const event> events) override {
    if (away) throw std::runtime_error("the broker is away");
    asio::steady_timer timer{co_await asio::this_coro::executor, 5ms};
    co_await timer.async_wait(use_awaitable);
    taken += static_cast<int>(events.size());
  }
  [[nodiscard]] sql::health check() const override { return {!away, ""}; }
  std::atomic<bool> away{false};
  std::atomic<int> taken{0};
};

TEST_P(delivery, while_the_broker_is_away_what_waits_is_counted_and_grows_old) {
  hesitant broker;
  broker.away = true;
  relay moving{*db, &broker, threads, quick, &metrics};
  moving.start();
  emit({numbered("a", 0), numbered("a", 1)});
  EXPECT_TRUE(soon([&] { return metric("cumulo_outbox_waiting") == 2; })) << metrics_text();
  emit({numbered("b", 0)});
  EXPECT_TRUE(soon([&] { return metric("cumulo_outbox_waiting") == 3; })) << metrics_text();
  const auto age = metric("cumulo_outbox_oldest_seconds");
  EXPECT_TRUE(soon([&] { return metric("cumulo_outbox_oldest_seconds") > age + 0.5; })) << metrics_text();
  broker.away = false;
  EXPECT_TRUE(soon([&] { return metric("cumulo_outbox_waiting") == 0; })) << metrics_text();
  EXPECT_EQ(metric("cumulo_outbox_oldest_seconds"), 0);
  EXPECT_EQ(broker.taken, 3);
}

TEST_P(delivery, a_relay_that_never_rests_counts_too) {
  std::vector<event> many;
  for (int n = 0; n < 300; ++n) many.push_back(numbered("a", n));
  emit(std::move(many));
  hesitant broker;
  relay moving{*db, &broker, threads, {.batch = 1, .idle_poll = 20ms}, &metrics};
  moving.start();
  const auto between = [&] { return metric("cumulo_outbox_waiting") > 0 && metric("cumulo_outbox_waiting") < 250; };
  EXPECT_TRUE(soon([&] { return between() || broker.taken == 300; }));
  EXPECT_TRUE(between()) << metrics_text();
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

const sql::statement leave_lease{"test.leave_lease",
                                 "INSERT INTO relay_lease (name, holder, expires_at) VALUES ('outbox', 'dead', ?1)"};

TEST_P(delivery, a_turn_taken_by_a_clock_that_was_wrong_holds_nobody_up) {
  const std::array values{sql::param{to_millis(system_clock().now() + 1h)}};
  const std::array commands{sql::command{&leave_lease, values}};
  run(threads, [&]() -> awaitable<void> { co_await db->write(commands); });
  const auto events = make_inproc_broker(nullptr);
  events->subscribe(consumer("c", leaving("c")));
  relay moving{*db, events.get(), threads, quick, nullptr};
  moving.start();
  emit({numbered("a", 0)});
  EXPECT_TRUE(soon([&] { return effects().size() == 1; }));
}

TEST_P(delivery, a_dead_replicas_turn_ends_with_its_lease) {
  const std::array values{sql::param{to_millis(system_clock().now() + 700ms)}};
  const std::array commands{sql::command{&leave_lease, values}};
  run(threads, [&]() -> awaitable<void> { co_await db->write(commands); });
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
    run(threads, [&]() -> awaitable<void> { co_await db->write(commands); });
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
    run(threads, [&]() -> awaitable<void> { co_await db->write(commands); });
  }
  const auto events = make_inproc_broker(nullptr);
  events->subscribe(consumer("c", leaving("c")));
  const std::vector batch{numbered("a", 0)};
  run(threads, [&]() -> awaitable<void> { co_await events->publish(batch); });
  EXPECT_EQ(count(count_consumed), 3) << "c's old one is gone, the new ones and another's stay";
}

// In one statement, those of a busy hour took longer than a statement may: then none were ever deleted.
TEST_P(delivery, consumption_records_are_swept_in_pieces) {
  const sql::statement fill{"test.fill_consumed",
                            "INSERT INTO consumed_events (consumer, event_id, consumed_at) "
                            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) "
                            "SELECT 'c', '0100-' || i, 0 FROM n"};
  const sql::statement count_old{"test.count_old", "SELECT COUNT(*) FROM consumed_events WHERE event_id < '0101'"};
  const std::array commands{sql::command{&fill, {}}};
  run(threads, [&]() -> awaitable<void> { co_await db->write(commands); });
  const auto events = make_inproc_broker(nullptr);
  events->subscribe(consumer("c", leaving("c")));
  for (const std::int64_t left : {1500, 500, 0}) {
    const std::vector batch{numbered("a", 0)};
    run(threads, [&]() -> awaitable<void> { co_await events->publish(batch); });
    EXPECT_EQ(count(count_old), left);
  }
}

TEST_P(delivery, what_has_been_acted_on_is_not_parked) {
  bus::consumer whose{consumer("c", leaving("c")), &metrics};
  const auto attempt = [&](const event& e) -> awaitable<void> { co_await whose.attempt(e); };
  const event acted_on = numbered("a", 0);
  run(threads, attempt(acted_on));
  for (const event& e : {acted_on, numbered("a", 1)}) {
    run(threads, whose.park(e.id, to_cloudevent(e), "no reason", 5));
  }
  EXPECT_EQ(count(count_effects), 1);
  EXPECT_EQ(count(count_parked), 1);
  EXPECT_TRUE(metric_is("cumulo_events_parked_total{consumer=\"c\"} 1")) << metrics_text();
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
