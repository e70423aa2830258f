#include "notification-service/delivery/delivery_engine.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <mutex>
#include <thread>

#include "notification-service/tests/delivery_fixture.hpp"
#include "platform/observe/metrics.hpp"

namespace cumulo::notifications {
namespace {

using namespace std::chrono_literals;

/// Does what the test says, and remembers what it was asked.
class scripted_sender final : public sender {
 public:
  using script = std::function<awaitable<attempt>(const outgoing&)>;
  scripted_sender(channel_name name, script does) : name_(name), does_(std::move(does)) {}
  [[nodiscard]] channel_name name() const override { return name_; }
  awaitable<attempt> send(const outgoing& what) override {
    {
      const std::scoped_lock lock{guard_};
      ++now_;
      most_ = std::max(most_, now_);
      lanes_most_ = std::max(lanes_most_, ++lanes_[what.recipient_id]);
      sent_.push_back(what);
    }
    attempt outcome = co_await does_(what);
    const std::scoped_lock lock{guard_};
    --now_;
    --lanes_[what.recipient_id];
    co_return outcome;
  }
  [[nodiscard]] std::vector<outgoing> sent() {
    const std::scoped_lock lock{guard_};
    return sent_;
  }
  [[nodiscard]] int most() {
    const std::scoped_lock lock{guard_};
    return most_;
  }
  [[nodiscard]] int lanes_most() {
    const std::scoped_lock lock{guard_};
    return lanes_most_;
  }

 private:
  channel_name name_;
  script does_;
  std::mutex guard_;
  int now_{0}, most_{0}, lanes_most_{0};
  std::map<std::string, int> lanes_;
  std::vector<outgoing> sent_;
};

awaitable<void> sleep(std::chrono::milliseconds length) {
  asio::steady_timer timer{co_await asio::this_coro::executor, length};
  boost::system::error_code ec;
  co_await timer.async_wait(asio::redirect_error(use_awaitable, ec));
}

class delivery_engine_on : public delivery_test {
 protected:
  delivery_engine_on() {
    settings.poll = 20ms;
    settings.pauses = {.first = 1ms, .longest = 1ms};
    settings.deadline = 1h;
  }
  ~delivery_engine_on() override { events.stop(); }

  /// Stops at the end of its scope: before the senders, which are declared before it.
  struct stopping {
    void operator()(delivery_engine* works) const {
      EXPECT_TRUE(works->stop(30s));
      std::default_delete<delivery_engine>{}(works);
    }
  };
  using running_engine = std::unique_ptr<delivery_engine, stopping>;
  [[nodiscard]] running_engine start(std::vector<scripted_sender*> senders, channel_limits limits = {}) {
    running_engine made{new delivery_engine{queue, threads, time, events, settings, &metrics}};
    for (scripted_sender* each : senders) made->add(*each, limits);
    made->start();
    return made;
  }
  static bool eventually(const std::function<bool()>& holds) {
    for (const auto until = std::chrono::steady_clock::now() + 30s; std::chrono::steady_clock::now() < until;) {
      if (holds()) return true;
      std::this_thread::sleep_for(5ms);
    }
    return false;
  }

  delivery_settings settings;
  prometheus::Registry metrics;
  bus::relay events{*database, nullptr, threads, {}, nullptr};
};

CUMULO_ON_EACH_ENGINE(delivery_engine_on);

scripted_sender::script answers(attempt with) {
  return [with](const outgoing&) -> awaitable<attempt> { co_return with; };
}

scripted_sender::script delivers_once(const std::atomic<bool>& open) {
  return [&open](const outgoing&) -> awaitable<attempt> {
    while (!open) co_await sleep(5ms);
    co_return attempt{};
  };
}

TEST_P(delivery_engine_on, delivers_what_waits_and_what_comes) {
  scripted_sender mail{channel_name::email, answers({})};
  const std::string before = put_mail(ann);
  const auto works = start({&mail});
  EXPECT_TRUE(eventually([&] { return status_of(before) == "delivered"; }));
  const std::string after = put_mail(bob);
  works->wake();
  EXPECT_TRUE(eventually([&] { return status_of(after) == "delivered"; }));
  EXPECT_EQ(mail.sent().size(), 2U);
}

TEST_P(delivery_engine_on, tries_again_until_it_works_or_the_deadline_has_passed) {
  std::atomic<int> tries{0};
  scripted_sender mail{channel_name::email, [&](const outgoing& what) -> awaitable<attempt> {
                         if (what.recipient_id == bob) co_return attempt{attempt::outcome::retry, "451 no"};
                         if (++tries < 3) throw std::runtime_error("broken");
                         co_return attempt{};
                       }};
  const std::string anns = put_mail(ann);
  const auto works = start({&mail});
  const bool worked = eventually([&] {
    time.advance(5ms);
    return status_of(anns) == "delivered";
  });
  EXPECT_TRUE(worked);
  EXPECT_EQ(tries, 3);
  const std::string bobs = put_mail(bob);
  EXPECT_TRUE(eventually([&] {
    time.advance(5min);
    return status_of(bobs) == "failed";
  }));
  EXPECT_THAT(deliveries_of(bobs)[0].last_error.value_or(""), testing::HasSubstr("451 no"));
}

TEST_P(delivery_engine_on, what_waited_through_a_downtime_longer_than_the_deadline_still_has_its_attempt) {
  scripted_sender mail{channel_name::email, [&](const outgoing& what) -> awaitable<attempt> {
                         if (what.recipient_id == bob) co_return attempt{attempt::outcome::retry, "451 no"};
                         co_return attempt{};
                       }};
  const std::string anns = put_mail(ann);
  const std::string bobs = put_mail(bob);
  const std::string hook = put(ann, {{channel_name::webhook, delivery_status::pending}});
  time.advance(25h);
  const auto works = start({&mail});
  EXPECT_TRUE(eventually([&] { return status_of(anns) == "delivered"; }));
  EXPECT_TRUE(eventually([&] { return status_of(bobs) == "failed"; }));
  EXPECT_THAT(deliveries_of(bobs)[0].last_error.value_or(""), testing::HasSubstr("451 no"));
  EXPECT_TRUE(eventually([&] { return status_of(hook) == "failed"; })) << "nobody works on that channel";
}

TEST_P(delivery_engine_on, measures_from_the_event) {
  scripted_sender mail{channel_name::email, answers({})};
  const auto works = start({&mail});
  message m{new_id(), sender_id, ann, {"t"}, time.now() - 40s};
  acceptance late{m, false, {{channel_name::email, delivery_status::pending, {}, time.now()}}};
  late.accepted_at = time.now();
  m.id = new_id();
  acceptance held{m, false, {{channel_name::email, delivery_status::pending, {}, time.now() + 1h}}};
  held.accepted_at = time.now();
  const std::array all{late, held};
  run([&]() -> awaitable<void> { co_await notifications.accept(all, {}); });
  EXPECT_TRUE(eventually([&] { return status_of(late.accepted.id) == "delivered"; }));
  time.advance(1h);
  EXPECT_TRUE(eventually([&] { return status_of(held.accepted.id) == "delivered"; }));
  const std::string seen = observe::exposition(metrics);
  EXPECT_THAT(seen, testing::HasSubstr("cumulo_delivery_seconds_count{channel=\"email\"} 2"));
  EXPECT_THAT(seen, testing::HasSubstr("cumulo_delivery_seconds_bucket{channel=\"email\",le=\"30\"} 0"));
  EXPECT_THAT(seen, testing::HasSubstr("cumulo_delivery_seconds_bucket{channel=\"email\",le=\"60\"} 2"))
      << "the time for which it was to wait does not count";
}

TEST_P(delivery_engine_on, waits_as_long_as_the_other_side_says) {
  scripted_sender mail{channel_name::email,
                       answers({.how = attempt::outcome::retry, .error = "busy", .retry_after = 10min})};
  put_mail(ann);
  const auto works = start({&mail});
  EXPECT_TRUE(eventually([&] { return mail.sent().size() == 1; }));
  time.advance(9min);
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(mail.sent().size(), 1U);
  time.advance(2min);
  EXPECT_TRUE(eventually([&] { return mail.sent().size() == 2; }));
}

TEST_P(delivery_engine_on, gives_up_what_is_refused_for_good) {
  scripted_sender mail{channel_name::email, answers({attempt::outcome::failed, "554 refused"})};
  const std::string id = put_mail(ann);
  const auto works = start({&mail});
  EXPECT_TRUE(eventually([&] { return status_of(id) == "failed"; }));
  EXPECT_EQ(deliveries_of(id)[0].attempts, 1);
  EXPECT_EQ(deliveries_of(id)[0].last_error, "554 refused");
}

TEST_P(delivery_engine_on, a_channel_that_hangs_delays_no_other_and_a_lane_no_neighbour) {
  std::atomic<bool> open{false};
  scripted_sender mail{channel_name::email, [&](const outgoing& what) -> awaitable<attempt> {
                         while (what.recipient_id == ann && !open) co_await sleep(5ms);
                         co_return attempt{};
                       }};
  scripted_sender hooks{channel_name::webhook, answers({})};
  for (int i = 0; i < 30; ++i) put_mail(ann);
  const std::string bobs = put_mail(bob);
  const std::string hook = put(ann, {{channel_name::webhook, delivery_status::pending}});
  const auto works = start({&mail, &hooks}, {.at_once = 4, .at_once_per_lane = 2});
  EXPECT_TRUE(eventually([&] { return status_of(hook) == "delivered"; }));
  EXPECT_TRUE(eventually([&] { return status_of(bobs) == "delivered"; }));
  open = true;
  EXPECT_TRUE(eventually([&] { return mail.sent().size() == 31; }));
  EXPECT_LE(mail.most(), 4);
  EXPECT_EQ(mail.lanes_most(), 2);
}

TEST_P(delivery_engine_on, a_rate_is_kept) {
  scripted_sender mail{channel_name::email, answers({})};
  for (int i = 0; i < 40; ++i) put_mail(new_id());
  const auto began = std::chrono::steady_clock::now();
  const auto works = start({&mail}, {.at_once = 50, .at_once_per_lane = 2, .per_second = 20});
  EXPECT_TRUE(eventually([&] { return mail.sent().size() == 40; }));
  EXPECT_GT(std::chrono::steady_clock::now() - began, 700ms) << "a burst of a second, then a second more";
}

TEST_P(delivery_engine_on, two_share_a_queue_without_doubles) {
  scripted_sender one{channel_name::email, answers({})};
  scripted_sender two{channel_name::email, answers({})};
  for (int i = 0; i < 100; ++i) put_mail(new_id());
  const auto a = start({&one});
  const auto b = start({&two});
  EXPECT_TRUE(eventually([&] { return one.sent().size() + two.sent().size() >= 100; }));
  std::this_thread::sleep_for(50ms);
  std::map<std::string, int> times;
  for (const auto& each : one.sent()) ++times[each.notification_id];
  for (const auto& each : two.sent()) ++times[each.notification_id];
  EXPECT_EQ(times.size(), 100U);
  for (const auto& [id, n] : times) EXPECT_EQ(n, 1) << id;
}

TEST_P(delivery_engine_on, stopping_waits_for_what_is_in_flight) {
  std::atomic<bool> open{false};
  scripted_sender mail{channel_name::email, delivers_once(open)};
  const std::string id = put_mail(ann);
  const auto works = start({&mail});
  EXPECT_TRUE(eventually([&] { return mail.sent().size() == 1; }));
  EXPECT_FALSE(works->stop(50ms));
  open = true;
  EXPECT_TRUE(works->stop(20s));
  EXPECT_EQ(status_of(id), "delivered");
}

// Otherwise what has been sent would go out once more.
TEST_P(delivery_engine_on, stopping_waits_a_moment_for_a_database_that_is_away) {
  static const sql::statement hide{"test.hide", "ALTER TABLE deliveries RENAME TO deliveries_away"};
  static const sql::statement show{"test.show", "ALTER TABLE deliveries_away RENAME TO deliveries"};
  const auto change = [&](const sql::statement& how) {
    run([&]() -> awaitable<void> {
      const std::array commands{sql::command{&how, {}}};
      co_await database->write(commands);
    });
  };
  std::atomic<bool> open{false};
  scripted_sender mail{channel_name::email, delivers_once(open)};
  const std::string id = put_mail(ann);
  const auto works = start({&mail});
  EXPECT_TRUE(eventually([&] { return mail.sent().size() == 1; }));
  change(hide);
  auto stopped = std::async(std::launch::async, [&] { return works->stop(20s); });
  std::this_thread::sleep_for(100ms);
  open = true;
  std::this_thread::sleep_for(800ms);
  change(show);
  EXPECT_TRUE(stopped.get());
  EXPECT_EQ(status_of(id), "delivered");
}

TEST_P(delivery_engine_on, says_why_there_is_nowhere_to_deliver_to) {
  scripted_sender mail{channel_name::email, answers({attempt::outcome::split, "nowhere"})};
  const std::string id = put_mail(ann);
  const auto works = start({&mail});
  EXPECT_TRUE(eventually([&] { return status_of(id) == "disabled"; }));
  EXPECT_EQ(deliveries_of(id)[0].last_error, "nowhere");
}

TEST_P(delivery_engine_on, splits_by_endpoint) {
  scripted_sender hooks{channel_name::webhook, [](const outgoing& what) -> awaitable<attempt> {
                          if (what.target.empty()) {
                            co_return attempt{.how = attempt::outcome::split, .targets = {"a", "b"}};
                          }
                          if (what.target == "a") co_return attempt{};
                          co_return attempt{attempt::outcome::failed, "410 gone"};
                        }};
  const std::string id = put(ann, {{channel_name::webhook, delivery_status::pending}});
  const auto works = start({&hooks});
  EXPECT_TRUE(eventually([&] {
    const auto all = deliveries_of(id);
    return all.size() == 2 && all[0].status != delivery_status::pending && all[1].status != delivery_status::pending;
  }));
}

}  // namespace
}  // namespace cumulo::notifications
