// What only NATS has: addresses, the stream and its consumers, servers that are away, old or not to be trusted.
#include <boost/asio/post.hpp>
#include <csignal>

#include "platform/bus/nats_durability.hpp"
#include "platform/bus/nats_stream.hpp"
#include "platform/bus/tests/bus_fixture.hpp"

namespace cumulo::bus {
namespace {

using namespace test;

TEST(nats, an_event_has_one_address) {
  const nats_settings settings;
  event e = numbered("01890a5d-ac96-774b-bcce-b302099a8058", 0, "io.cumulo.task.created.v1");
  EXPECT_EQ(address_of(settings, e), "cumulo.events.2.io.cumulo.task.created.v1") << "lanes are for ever";
  for (const char* bad : {"", ".a", "a.", "a..b", "a b", "a.*", "a.>", "a\n"}) {
    e.type = bad;
    EXPECT_THROW((void)address_of(settings, e), std::runtime_error) << bad;
  }
}

TEST(nats, filters_cover_the_types_and_not_each_other) {
  const nats_settings settings;
  using list = std::vector<std::string>;
  const auto of = [&](const list& types) { return filters_of(settings, types, 2); };
  EXPECT_EQ(of({"*"}), list{"cumulo.events.2.>"});
  EXPECT_EQ(of({"io.cumulo.task.*"}), list{"cumulo.events.2.io.cumulo.task.>"});
  EXPECT_EQ(of({"io.cumulo.tas*"}), list{"cumulo.events.2.io.cumulo.>"});
  EXPECT_EQ(of({"io.cumulo.task.*", "io.cumulo.task.created.v1", "io.cumulo.user.erased.v1"}),
            (list{"cumulo.events.2.io.cumulo.task.>", "cumulo.events.2.io.cumulo.user.erased.v1"}));
  EXPECT_EQ(of({"a.b", "a.b"}), list{"cumulo.events.2.a.b"});
}

TEST(nats, a_durables_name_tells_consumer_types_and_lane) {
  const auto name = durable_name("service.part", {"a", "b"}, 3);
  EXPECT_TRUE(name.starts_with("service_part-") && name.ends_with("-3")) << name;
  EXPECT_EQ(name, durable_name("service.part", {"b", "a"}, 3));
  EXPECT_NE(name, durable_name("service.part", {"a"}, 3));
}

TEST(nats, a_shared_durables_name_tells_who_wants_what) {
  const auto group_of = [](const std::vector<std::pair<std::string, std::vector<std::string>>>& members) {
    std::vector<std::unique_ptr<consumer_group>> groups;
    for (const auto& [name, types] : members) {
      join(groups, std::make_unique<consumer>(subscription{name, types, nullptr, {}}, nullptr));
    }
    return std::move(groups.front());
  };
  const std::string one = durable_name(*group_of({{"a", {"x", "y"}}}), 3);
  EXPECT_EQ(one, durable_name("a", {"x", "y"}, 3));
  const std::string two = durable_name(*group_of({{"a", {"x", "y"}}, {"b", {"x"}}}), 3);
  EXPECT_NE(two, one);
  EXPECT_NE(two, durable_name(*group_of({{"a", {"x", "y"}}, {"b", {"x", "y"}}}), 3));
  EXPECT_NE(two, durable_name(*group_of({{"a", {"x", "y"}}, {"c", {"x"}}}), 3));
  EXPECT_EQ(two, durable_name(*group_of({{"a", {"y", "x"}}, {"b", {"x"}}}), 3));
  EXPECT_EQ(two.substr(0, 2), "a-");
}

TEST(nats, a_reply_address_tells_how_often_an_event_came) {
  const auto plain = note_of("$JS.ACK.CUMULO.c-0a-3.7.42.40.1700000000000000000.0");
  EXPECT_EQ(plain.delivered, 7);
  EXPECT_EQ(plain.sequence, 42);
  EXPECT_EQ(plain.durable, "c-0a-3");
  const auto long_form = note_of("$JS.ACK.hub.ABCDEF.CUMULO.c-0a-3.7.42.40.1700000000000000000.0.x");
  EXPECT_EQ(long_form.delivered, 7);
  EXPECT_EQ(long_form.durable, "c-0a-3");
  EXPECT_EQ(note_of("").delivered, 1);
}

TEST(nats, servers_that_lose_events_are_told_by_their_version) {
  for (const char* good : {"2.10.27", "2.10.28", "2.11.0", "3.0.0", "2.10.27-RC.1"}) {
    EXPECT_EQ(judge_version(good), "") << good;
  }
  for (const char* bad : {"2.10.26", "2.9.10", "1.99.99", "", "new", "2.10"}) EXPECT_NE(judge_version(bad), "") << bad;
}

TEST(nats, a_url_that_cannot_be_used_is_refused) {
  io_threads threads{1};
  for (const char* bad : {"", "http://a:1", "nats", "nats://a:1,http://b:2"}) {
    EXPECT_THROW((void)make_nats_broker(bad, {}, threads, nullptr), std::runtime_error) << bad;
  }
  nats_settings settings;
  settings.credentials_file = "/nowhere/a.creds";
  EXPECT_THROW((void)make_nats_broker("nats://a:1", settings, threads, nullptr), std::runtime_error);
}

class over_nats : public bus_fixture<sql::engine> {
 protected:
  /// Each a consumer, of these types.
  std::unique_ptr<broker> make(const std::string& nats_url, const std::map<std::string, std::string>& types_of,
                               prometheus::Registry* registry) {
    auto made = make_nats_broker(nats_url, quick_nats("test"), threads, registry);
    for (const auto& [name, type] : types_of) made->subscribe(consumer(name, leaving(name), {type}));
    made->start();
    return made;
  }
  /// Nothing is on its way to the consumer or in its hands.
  bool has_seen_everything(const std::string& nats_url, const std::string& name, const std::string& type) {
    const nats_settings settings = quick_nats("test");
    nats_link link{nats_url, settings};
    link.open([] {}, [](const nats_message&) {});
    bool all = soon([&] { return link.connected(); });
    for (std::size_t lane = 0; lane < nats_lanes; ++lane) {
      auto ask =
          asio::co_spawn(link.context(), state_of(link, settings, durable_name(name, {type}, lane)), asio::use_future);
      const consumer_state now = cumulo::test::wait_for(std::move(ask));
      all = all && now.pending == 0 && now.in_hand == 0;
    }
    link.close();
    return all;
  }

  std::unique_ptr<broker> make(const std::string& nats_url, std::function<std::string()> synced = {}) {
    nats_settings settings = quick_nats("test");
    settings.synced = std::move(synced);
    auto made = make_nats_broker(nats_url, settings, threads, &metrics);
    made->subscribe(consumer("c", leaving("c")));
    return made;
  }
};

TEST_P(over_nats, events_wait_in_the_outbox_while_it_is_away_and_come_once) {
  cumulo::test::nats_server server;
  const std::string nats_url = server.url();
  server.kill();
  const auto events = make(nats_url);
  events->start();
  relay moving{*db, events.get(), threads, {.batch = 16, .idle_poll = 20ms}, &metrics};
  moving.start();
  emit({numbered("a", 0), numbered("b", 0)});
  EXPECT_FALSE(events->check().ok);
  server.start();
  EXPECT_TRUE(soon([&] { return count(count_effects) == 2 && count(count_outbox) == 0; }, 60s));
  for (int n = 1; n < 6; ++n) {
    if (n % 2 == 0) {
      server.signal(SIGSTOP);
    } else {
      server.kill();
    }
    emit({numbered("a", n), numbered("b", n)});
    if (n % 2 == 0) {
      server.signal(SIGCONT);
    } else {
      server.start();
    }
    EXPECT_TRUE(soon([&] { return count(count_effects) == 2 * (n + 1) && count(count_outbox) == 0; }, 60s)) << n;
  }
  moving.stop();
  events->stop();
  expect_each_once_in_order("c", 2, 6);
}

// libnats closes a connection for good that was refused twice: until a restart, events waited in the outbox.
TEST_P(over_nats, credentials_that_were_refused_for_a_while_are_tried_again) {
  const auto with_password = [](const std::string& password, std::uint16_t port) {
    return cumulo::test::nats_server::options{.more = "authorization { user: cumulo, password: " + password + " }\n",
                                              .port = port};
  };
  cumulo::test::nats_server right{with_password("right", 0)};
  right.kill();
  const auto refuse_for = [&](std::chrono::milliseconds time) {
    const cumulo::test::nats_server wrong{with_password("another", right.port())};
    std::this_thread::sleep_for(time);
  };
  const std::string address = "nats://cumulo:right@127.0.0.1:" + std::to_string(right.port());
  const auto events = make(address);
  {
    const cumulo::test::nats_server wrong{with_password("another", right.port())};
    events->start();
    std::this_thread::sleep_for(2s);
    EXPECT_FALSE(events->check().ok);
  }
  right.start();
  relay moving{*db, events.get(), threads, {.batch = 16, .idle_poll = 20ms}, &metrics};
  moving.start();
  emit({numbered("a", 0)});
  EXPECT_TRUE(soon([&] { return effects().size() == 1; }, 30s)) << "refused from the beginning";
  right.kill();
  refuse_for(5s);
  right.start();
  emit({numbered("a", 1)});
  EXPECT_TRUE(soon([&] { return effects().size() == 2; }, 30s)) << "refused when it connected again";
  moving.stop();
  events->stop();
}

TEST_P(over_nats, a_server_that_lost_everything_is_set_up_again) {
  cumulo::test::nats_server server;
  const auto events = make(server.url());
  events->start();
  publish(*events, {numbered("a", 0)});
  EXPECT_TRUE(soon([&] { return count(count_effects) == 1; }));
  server.kill();
  server.wipe();
  server.start();
  publish(*events, {numbered("a", 1)});
  EXPECT_TRUE(soon([&] { return count(count_effects) == 2; }, 60s));
}

// As when a program that had them one by one is replaced.
TEST_P(over_nats, consumers_that_come_together_begin_where_the_first_of_them_has_to) {
  cumulo::test::nats_server server;
  const auto one = make(server.url(), {{"one", "*"}}, nullptr);
  {
    const auto two = make(server.url(), {{"two", "*"}}, nullptr);
    publish(*one, {numbered("a", 0)});
    EXPECT_TRUE(soon([&] { return count(count_effects) == 2 && has_seen_everything(server.url(), "two", "*"); }));
    two->stop();
  }
  publish(*one, {numbered("a", 1)});
  publish(*one, {numbered("a", 2)});
  EXPECT_TRUE(soon([&] { return count(count_effects) == 4; }));
  one->stop();
  publish(*one, {numbered("a", 3)});

  const auto together = make(server.url(), {{"one", "*"}, {"two", "*"}}, &metrics);
  EXPECT_TRUE(soon([&] { return count(count_effects) == 8; }));
  together->stop();
  expect_each_once_in_order("one", 1, 4);
  expect_each_once_in_order("two", 1, 4);
  EXPECT_TRUE(metric_is("cumulo_events_repeated_total{consumer=\"one\"} 2")) << metrics_text();
  EXPECT_TRUE(metric_is("cumulo_events_repeated_total{consumer=\"two\"} 0")) << metrics_text();
}

TEST_P(over_nats, consumers_that_come_together_see_nothing_again_if_all_have_seen_everything) {
  const std::string rare = "io.cumulo.test.rare.v1";
  const std::string frequent = "io.cumulo.test.happened.v1";
  cumulo::test::nats_server server;
  {
    const auto first = make(server.url(), {{"rarely", rare}}, nullptr);
    const auto second = make(server.url(), {{"often", frequent}}, nullptr);
    publish(*first, {numbered("a", 0, rare)});
    for (int n = 0; n < 5; ++n) publish(*first, {numbered("a", n)});
    EXPECT_TRUE(soon([&] {
      return count(count_effects) == 6 && has_seen_everything(server.url(), "rarely", rare) &&
             has_seen_everything(server.url(), "often", frequent);
    }));
  }
  const auto together = make(server.url(), {{"rarely", rare}, {"often", frequent}}, &metrics);
  publish(*together, {numbered("a", 5), numbered("b", 1, rare)});
  EXPECT_TRUE(soon([&] { return count(count_effects) == 8; }));
  together->stop();
  EXPECT_TRUE(metric_is("cumulo_events_repeated_total{consumer=\"rarely\"} 0")) << metrics_text();
  EXPECT_TRUE(metric_is("cumulo_events_repeated_total{consumer=\"often\"} 0")) << metrics_text();
}

TEST_P(over_nats, who_comes_to_others_begins_with_the_oldest_event) {
  cumulo::test::nats_server server;
  {
    const auto one = make(server.url(), {{"one", "*"}}, nullptr);
    for (int n = 0; n < 3; ++n) publish(*one, {numbered("a", n)});
    EXPECT_TRUE(soon([&] { return count(count_effects) == 3 && has_seen_everything(server.url(), "one", "*"); }));
  }
  const auto together = make(server.url(), {{"one", "*"}, {"two", "*"}}, nullptr);
  EXPECT_TRUE(soon([&] { return count(count_effects) == 6; }));
  together->stop();
  expect_each_once_in_order("one", 1, 3);
  expect_each_once_in_order("two", 1, 3);
}

TEST_P(over_nats, whose_types_change_goes_on_where_it_was) {
  const std::string old_type = "io.cumulo.test.happened.v1";
  const std::string new_type = "io.cumulo.test.new.v1";
  cumulo::test::nats_server server;
  {
    const auto before = make(server.url(), {{"one", old_type}, {"two", old_type}}, nullptr);
    publish(*before, {numbered("a", 0)});
    EXPECT_TRUE(soon([&] { return count(count_effects) == 2; }));
    publish(*before, {numbered("a", 1, new_type)});
  }
  const auto after = make(server.url(), {{"one", old_type}, {"two", "*"}}, &metrics);
  EXPECT_TRUE(soon([&] { return count(count_effects) == 3; }));
  after->stop();
  expect_each_once_in_order("one", 1, 1);
  expect_each_once_in_order("two", 1, 2);
}

TEST_P(over_nats, an_unreadable_message_is_parked) {
  cumulo::test::nats_server server;
  const auto events = make(server.url());
  events->start();
  publish(*events, {numbered("a", 0)});
  nats_link stranger{server.url(), quick_nats("test")};
  stranger.open([] {}, [](const nats_message&) {});
  ASSERT_TRUE(soon([&] { return stranger.connected(); }));
  asio::post(stranger.context(), [&] { stranger.send("test.0.nonsense", "no event"); });
  EXPECT_TRUE(soon([&] { return count(count_parked) == 1; }));
  stranger.close();
}

TEST_P(over_nats, is_called_durable_only_when_it_is_known_to_be) {
  cumulo::test::nats_server server;
  {
    const auto events = make(server.url());
    events->start();
    EXPECT_TRUE(soon([&] { return events->durability().detail.find("not known") != std::string::npos; }));
    EXPECT_FALSE(events->durability().ok);
    EXPECT_TRUE(metric_is("cumulo_bus_durable 0"));
  }
  const auto events = make(server.url(), [] { return std::string{}; });
  events->start();
  EXPECT_TRUE(soon([&] { return events->durability().ok; })) << events->durability().detail;
  EXPECT_TRUE(soon([&] { return metric_is("cumulo_bus_durable 1") && metric_is("cumulo_bus_connected 1"); }));
}

INSTANTIATE_TEST_SUITE_P(engines, over_nats, testing::Values(sql::engine::sqlite), engine_name);

}  // namespace
}  // namespace cumulo::bus
