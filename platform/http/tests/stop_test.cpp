// Stopping: whoever was accepted is answered, and then the port is free.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "platform/http/tests/raw_client.hpp"

namespace cumulo::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(stop, waits_for_handlers_and_says_close) {
  test_server server{{{verb::get, "/slow", wait_for(milliseconds{400})}}};
  raw_client client{server.port()};
  client.send(ask("GET", "/slow"));
  for (int i = 0; i < 200 && server.metric("cumulo_http_requests_in_flight", {}) < 1; ++i)
    std::this_thread::sleep_for(milliseconds{2});
  EXPECT_TRUE(server.http().stop(std::chrono::seconds{5}));
  const auto answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->field("connection"), "close");
  EXPECT_TRUE(client.closed());
  EXPECT_THROW(raw_client{server.port()}, std::runtime_error);
}

TEST(stop, cuts_off_what_outlasts_the_grace) {
  test_server server{{{verb::get, "/slow", wait_for(milliseconds{3000})}}};
  raw_client client{server.port()};
  client.send(ask("GET", "/slow"));
  for (int i = 0; i < 200 && server.metric("cumulo_http_requests_in_flight", {}) < 1; ++i)
    std::this_thread::sleep_for(milliseconds{2});
  const auto began = steady_clock::now();
  EXPECT_FALSE(server.http().stop(milliseconds{200}));
  EXPECT_LT(steady_clock::now() - began, milliseconds{2000});
  EXPECT_TRUE(client.closed());
}

TEST(stop, idle_connections_do_not_hold_it_up) {
  test_server server{{{verb::get, "/e", echo()}}};
  std::vector<std::unique_ptr<raw_client>> idle;
  for (int i = 0; i < 20; ++i) {
    idle.push_back(std::make_unique<raw_client>(server.port()));
    if (i % 2 == 0) {
      idle.back()->send(ask("GET", "/e"));
      ASSERT_TRUE(idle.back()->read());
    }
  }
  const auto began = steady_clock::now();
  EXPECT_TRUE(server.http().stop(std::chrono::seconds{5}));
  EXPECT_LT(steady_clock::now() - began, milliseconds{1500});
  for (auto& one : idle) EXPECT_TRUE(one->closed());
}

TEST(stop, a_stopped_port_can_be_used_again) {
  std::uint16_t port = 0;
  {
    test_server server{{{verb::get, "/e", echo()}}};
    port = server.port();
    server.exchange(ask("GET", "/e"));
  }
  test_server again{{{verb::get, "/e", echo()}},
                    [&](server_settings& s) { s.listen = "127.0.0.1:" + std::to_string(port); }};
  EXPECT_EQ(again.exchange(ask("GET", "/e")).status, 200);
}

TEST(start, a_port_in_use_is_an_error_that_names_it) {
  for (const std::size_t threads : {1UL, 3UL}) {
    test_server server{{{verb::get, "/e", echo()}}, {}, nullptr, threads};
    const auto listen = "127.0.0.1:" + std::to_string(server.port());
    try {
      test_server second{{{verb::get, "/e", echo()}}, [&](server_settings& s) { s.listen = listen; }, nullptr, threads};
      FAIL() << "two servers on one port, with " << threads << " threads";
    } catch (const std::system_error& e) {
      EXPECT_NE(std::string{e.what()}.find(listen), std::string::npos) << e.what();
    }
  }
  for (const char* bad : {"nonsense", "127.0.0.1:", "127.0.0.1:99999", "256.1.1.1:80", ""}) {
    EXPECT_THROW((test_server{{{verb::get, "/e", echo()}}, [&](server_settings& s) { s.listen = bad; }}),
                 std::system_error)
        << bad;
  }
}

// Clients that keep sending while the server stops: each request that a live connection took is answered, and the end
// of a connection comes only between requests, after an answer that says so (or before the first byte of a request is
// answered for a connection that stood idle).
TEST(stop, under_load_loses_nothing_accepted) {
  for (int round = 0; round < 3; ++round) {
    test_server server{{{verb::get, "/e", echo()}, {verb::get, "/slow", wait_for(milliseconds{5})}}, {}, nullptr, 2};
    std::atomic<int> answered{0};
    std::atomic<int> lost{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 16; ++i) {
      clients.emplace_back([&, i] {
        raw_client client{server.port()};
        for (;;) {
          client.send(ask("GET", i % 2 == 0 ? "/e" : "/slow"));
          const auto answer = client.read();
          if (!answer || answer->status != 200) {
            ++lost;
            return;
          }
          ++answered;
          if (answer->field("connection") == "close") return;
        }
      });
    }
    std::this_thread::sleep_for(milliseconds{300});
    EXPECT_TRUE(server.http().stop(std::chrono::seconds{10}));
    for (auto& one : clients) one.join();
    EXPECT_EQ(lost, 0);
    EXPECT_GT(answered, 16);
  }
}

}  // namespace
}  // namespace cumulo::http::test
