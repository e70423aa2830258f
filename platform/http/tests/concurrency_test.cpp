// Several I/O threads and many clients: under the thread sanitizer this is where a shared byte would show.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "platform/http/tests/raw_client.hpp"
#include "platform/observe/metrics.hpp"
#include "platform/outbound/fetch.hpp"

namespace cumulo::http::test {
namespace {

using std::chrono::milliseconds;

class any_token final : public auth::authenticator {
 public:
  result<std::shared_ptr<const auth::principal>> authenticate(std::string_view token) override {
    auto who = std::make_shared<auth::principal>();
    who->account_id = token;
    return std::shared_ptr<const auth::principal>{std::move(who)};
  }
};

handler who_am_i() {
  return [](const request& r, response& out) -> awaitable<result<>> {
    out.body().append(r.caller().account_id);
    co_return result<>{};
  };
}

TEST(concurrency, many_clients_on_several_threads) {
  any_token tokens;
  test_server server{{{verb::get, "/e", echo()},
                      {verb::post, "/e", echo()},
                      {verb::get, "/slow", wait_for(milliseconds{1})},
                      {verb::get, "/me", who_am_i(), caller_with("")}},
                     [](server_settings& s) {
                       s.rate_limits = true;
                       s.read_rate = s.write_rate = {1'000'000, std::chrono::minutes{1}};
                     },
                     &tokens,
                     3};
  static constexpr int clients = 64;
  static constexpr int rounds = 30;
  std::atomic<int> right{0};
  std::vector<std::thread> all;
  for (int c = 0; c < clients; ++c) {
    all.emplace_back([&, c] {
      const auto name = "account-" + std::to_string(c);
      for (int half = 0; half < 2; ++half) {
        raw_client client{server.port()};
        for (int i = 0; i < rounds / 2; ++i) {
          const auto body = name + "/" + std::to_string(i);
          client.send(ask("GET", "/me", "Authorization: Bearer " + name + "\r\n") +
                      ask("POST", "/e", "Content-Type: application/json\r\nAccept-Encoding: gzip\r\n", body) +
                      ask("GET", "/slow", "X-Request-Id: " + name + "\r\n") + ask("GET", "/nothing"));
          const auto me = client.read();
          const auto echoed = client.read();
          const auto slow = client.read();
          const auto none = client.read();
          if (me && me->body == name && echoed && echoed->body.find(body) != std::string::npos && slow &&
              slow->field("x-request-id") == name && none && none->status == 404) {
            ++right;
          }
        }
      }
    });
  }
  std::thread scraper{[&] {
    for (int i = 0; i < 50; ++i) {
      EXPECT_FALSE(observe::exposition(server.metrics()).empty());
      std::this_thread::sleep_for(milliseconds{5});
    }
  }};
  for (auto& one : all) one.join();
  scraper.join();
  EXPECT_EQ(right, clients * (rounds / 2) * 2);
  EXPECT_EQ(server.metric("cumulo_http_requests_total", {{"route", "/me"}}), clients * (rounds / 2) * 2);
  EXPECT_EQ(server.metric("cumulo_http_requests_in_flight", {}), 0);
}

TEST(fetch, asks_and_reads_the_answer) {
  using outbound::fetch;
  test_server server{
      {{verb::get, "/e", echo()}, {verb::post, "/e", echo()}, {verb::get, "/slow", wait_for(milliseconds{2000})}}};
  const auto url = "http://127.0.0.1:" + std::to_string(server.port());
  const auto got = fetch("POST", url + "/e", {{"Content-Type", "application/json"}}, "{}");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.headers.at("content-type"), "application/json");
  EXPECT_EQ(got.body, R"({"method":"POST","path":"/e","size":2,"body":"{}"})");
  EXPECT_EQ(fetch("HEAD", url + "/e").status, 200);
  EXPECT_EQ(fetch("DELETE", url + "/e").status, 405);
  EXPECT_THROW(static_cast<void>(fetch("GET", url + "/slow", {}, {}, {.timeout = milliseconds{100}})),
               std::runtime_error);
  EXPECT_THROW(static_cast<void>(fetch("GET", "http://127.0.0.1:1/")), std::runtime_error);
  EXPECT_THROW(static_cast<void>(fetch("GET", "file:///etc/hostname")), std::runtime_error);
}

}  // namespace
}  // namespace cumulo::http::test
