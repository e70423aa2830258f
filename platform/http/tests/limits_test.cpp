// What is too much: headers, addresses, bodies, connections, requests at once.
#include <gtest/gtest.h>

#include "platform/http/tests/raw_client.hpp"

namespace cumulo::http::test {
namespace {

using std::chrono::milliseconds;

const std::string json = "Content-Type: application/json\r\n";

std::vector<route> table() {
  return {{verb::get, "/e", echo()},
          {verb::post, "/e", echo()},
          {verb::post, "/small", echo(), anyone, limit::none, 10},
          {verb::post, "/large", echo(), anyone, limit::none, 4 * 1024 * 1024},
          {verb::get, "/slow", wait_for(milliseconds{400})}};
}

TEST(limits, headers) {
  test_server server{table()};
  const auto with = [](std::size_t size) {
    return "GET /e HTTP/1.1\r\nHost: a\r\nX: " + std::string(size, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(server.exchange(with(16 * 1024 - 200)).status, 200);
  EXPECT_EQ(server.exchange(with(16 * 1024)).status, 431);
  EXPECT_EQ(server.exchange(with(1024 * 1024)).status, 431) << "the refusal arrives though most is unread";
  std::string endless = "GET /e HTTP/1.1\r\nHost: a\r\nX: ";
  endless.append(20 * 1024, 'x');
  EXPECT_EQ(server.exchange(endless).status, 431) << "without waiting for its end";
  std::string many = "GET /e HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 101; ++i) many += "A: b\r\n";
  EXPECT_EQ(server.exchange(many + "\r\n").status, 431);
  EXPECT_EQ(server.metric("cumulo_http_rejected_total", {{"reason", "too_large"}}), 4);
}

TEST(limits, addresses) {
  test_server server{table()};
  EXPECT_EQ(server.exchange(ask("GET", "/e?" + std::string(8 * 1024 - 4, 'x'))).status, 200);
  EXPECT_EQ(server.exchange(ask("GET", "/e?" + std::string(8 * 1024, 'x'))).status, 414);
  EXPECT_EQ(server.exchange("GET /" + std::string(20 * 1024, 'x')).status, 414) << "without waiting for its end";
}

TEST(limits, bodies) {
  test_server server{table()};
  const auto post = [&](const std::string& path, std::size_t size) {
    return server.exchange(ask("POST", path, json, std::string(size, 'x'))).status;
  };
  EXPECT_EQ(post("/e", 1024 * 1024), 200);
  EXPECT_EQ(post("/e", 1024 * 1024 + 1), 413);
  EXPECT_EQ(post("/small", 10), 200);
  EXPECT_EQ(post("/small", 11), 413);
  EXPECT_EQ(post("/large", 4 * 1024 * 1024), 200);
  EXPECT_EQ(post("/large", 4 * 1024 * 1024 + 1), 413);
}

TEST(limits, a_body_announced_too_large_is_refused_unread) {
  test_server server{table()};
  raw_client client{server.port()};
  client.send("POST /e HTTP/1.1\r\nHost: a\r\n" + json + "Content-Length: 99999999999\r\n\r\n");
  const auto answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->field("connection"), "close");
}

TEST(limits, a_small_unwanted_body_does_not_cost_the_connection) {
  test_server server{table()};
  raw_client client{server.port()};
  client.send(ask("POST", "/small", json, "more than ten") + ask("GET", "/e"));
  EXPECT_EQ(client.read()->status, 413);
  EXPECT_EQ(client.read()->status, 200);
}

TEST(limits, chunked_bodies) {
  test_server server{table()};
  const auto post = [&](const std::string& path, std::size_t chunks, std::size_t size) {
    raw_client client{server.port()};
    client.send("POST " + path + " HTTP/1.1\r\nHost: a\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n");
    char head[16];
    std::snprintf(head, sizeof head, "%zx\r\n", size);
    for (std::size_t i = 0; i < chunks; ++i) {
      if (!client.send(head + std::string(size, 'x') + "\r\n")) break;
    }
    client.send("0\r\n\r\n");
    const auto answer = client.read();
    const bool told = answer && (answer->status == 200 || answer->field("connection") == "close");
    EXPECT_TRUE(told);
    return answer ? answer->status : 0;
  };
  EXPECT_EQ(post("/small", 10, 1), 200);
  EXPECT_EQ(post("/small", 11, 1), 413);
  EXPECT_EQ(post("/small", 1, 11), 413);
  EXPECT_EQ(post("/e", 1024, 1024), 200);
  EXPECT_EQ(post("/e", 1025, 1024), 413);
  EXPECT_EQ(post("/e", 3000, 1024), 413);
}

TEST(limits, a_chunk_announced_too_large_is_refused_unread) {
  test_server server{table()};
  EXPECT_EQ(server.exchange("POST /e HTTP/1.1\r\nHost: a\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n")
                .status,
            413);
  EXPECT_EQ(server
                .exchange("POST /e HTTP/1.1\r\nHost: a\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n1;" +
                          std::string(8 * 1024, 'x'))
                .status,
            400)
      << "an extension without end";
}

TEST(limits, expect_continue) {
  test_server server{table()};
  const auto post = [](const char* path, std::size_t size) {
    return std::string{"POST "} + path + " HTTP/1.1\r\nHost: a\r\n" + json +
           "Expect: 100-continue\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
  };
  raw_client client{server.port()};
  client.send(post("/small", 2));
  auto answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 100);
  client.send("{}");
  answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  // A body that came along needs no invitation.
  client.send(post("/small", 2) + "{}");
  EXPECT_EQ(client.read()->status, 200);
  // What would be refused is refused before the body is sent.
  client.send(post("/small", 11));
  EXPECT_EQ(client.read()->status, 413);
  EXPECT_TRUE(client.closed(milliseconds{5000}));
  raw_client lost{server.port()};
  lost.send(post("/nothing", 11));
  EXPECT_EQ(lost.read()->status, 404);
}

TEST(limits, connections) {
  test_server server{table(), [](server_settings& s) { s.max_connections = 3; }};
  std::vector<std::unique_ptr<raw_client>> open;
  for (int i = 0; i < 3; ++i) {
    open.push_back(std::make_unique<raw_client>(server.port()));
    open.back()->send(ask("GET", "/e"));
    ASSERT_EQ(open.back()->read()->status, 200);
  }
  raw_client extra{server.port()};
  const auto refused = extra.read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->field("retry-after"), "1");
  EXPECT_EQ(refused->field("connection"), "close");
  EXPECT_TRUE(extra.closed());
  extra.finish_sending();
  open.clear();
  for (int i = 0; i < 100 && server.metric("cumulo_http_connections", {}) > 0; ++i)
    std::this_thread::sleep_for(milliseconds{20});
  EXPECT_EQ(server.exchange(ask("GET", "/e")).status, 200);
  EXPECT_EQ(server.metric("cumulo_http_rejected_total", {{"reason", "connections"}}), 1);
}

TEST(limits, one_client_leaves_connections_to_others) {
  test_server server{table(), [](server_settings& s) { s.max_connections = 80; }};
  std::vector<std::unique_ptr<raw_client>> open;
  const auto status = [&](std::uint8_t from) {
    open.push_back(std::make_unique<raw_client>(server.port(), from));
    open.back()->send(ask("GET", "/e"));
    const auto answer = open.back()->read();
    return answer ? answer->status : 0;
  };
  for (int i = 0; i < 60; ++i) ASSERT_EQ(status(1), 200) << i;
  EXPECT_EQ(status(1), 503) << "three quarters are open, and it has more than its share";
  for (int i = 0; i < 16; ++i) EXPECT_EQ(status(2), 200) << i;
  EXPECT_EQ(status(2), 503);
  EXPECT_EQ(status(3), 200);
  open.clear();
  for (int i = 0; i < 100 && server.metric("cumulo_http_connections", {}) > 0; ++i)
    std::this_thread::sleep_for(milliseconds{20});
  for (int i = 0; i < 30; ++i) EXPECT_EQ(status(1), 200) << i;
}

TEST(limits, requests_at_once) {
  test_server server{table(), [](server_settings& s) { s.max_in_flight = 2; }};
  raw_client first{server.port()};
  raw_client second{server.port()};
  first.send(ask("GET", "/slow"));
  second.send(ask("GET", "/slow"));
  for (int i = 0; i < 100 && server.metric("cumulo_http_requests_in_flight", {}) < 2; ++i)
    std::this_thread::sleep_for(milliseconds{2});
  raw_client third{server.port()};
  third.send(ask("GET", "/e"));
  const auto refused = third.read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->field("retry-after"), "1");
  EXPECT_EQ(first.read()->status, 200);
  EXPECT_EQ(second.read()->status, 200);
  third.send(ask("GET", "/e"));
  EXPECT_EQ(third.read()->status, 200) << "the connection was kept";
  EXPECT_EQ(server.metric("cumulo_http_rejected_total", {{"reason", "in_flight"}}), 1);
}

}  // namespace
}  // namespace cumulo::http::test
