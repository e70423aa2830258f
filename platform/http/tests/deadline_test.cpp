// Who is slow, and what it costs them: 408 for half a request, silence for none, and nobody else waits.
#include <gtest/gtest.h>

#include <sys/socket.h>

#include "platform/http/tests/raw_client.hpp"

namespace cumulo::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

const std::string json = "Content-Type: application/json\r\n";

class deadlines : public testing::Test {
 protected:
  static handler large() {
    return [](const request&, response& out) -> awaitable<result<>> {
      out.content_type("application/octet-stream");
      out.body().assign(32 * 1024 * 1024, 'x');
      co_return result<>{};
    };
  }
  test_server server{{{verb::get, "/e", echo()},
                      {verb::post, "/e", echo()},
                      {verb::get, "/slow", wait_for(milliseconds{600})},
                      {verb::get, "/large", large()}},
                     [](server_settings& s) {
                       s.header_deadline = milliseconds{200};
                       s.body_deadline = milliseconds{200};
                       s.idle_timeout = milliseconds{250};
                       s.write_deadline = milliseconds{300};
                     }};
  milliseconds since() const { return std::chrono::duration_cast<milliseconds>(steady_clock::now() - began_); }

 private:
  steady_clock::time_point began_{steady_clock::now()};
};

TEST_F(deadlines, half_a_header) {
  raw_client client{server.port()};
  client.send("GET /e HTTP/1.1\r\nHo");
  const auto answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 408);
  EXPECT_EQ(answer->field("connection"), "close");
  EXPECT_GE(since(), milliseconds{200});
  EXPECT_LT(since(), milliseconds{2000});
  client.finish_sending();
  EXPECT_TRUE(client.closed());
  EXPECT_EQ(server.metric("cumulo_http_rejected_total", {{"reason", "header_timeout"}}), 1);
}

TEST_F(deadlines, a_header_that_drips) {
  raw_client client{server.port()};
  const std::string bytes = "GET /e HTTP/1.1\r\nHost: a\r\nX: " + std::string(200, 'x');
  std::optional<raw_answer> answer;
  for (const char byte : bytes) {
    if (!client.send({&byte, 1})) break;
    if (client.more(milliseconds{20})) break;
  }
  answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 408);
  EXPECT_LT(since(), milliseconds{2000}) << "each byte must not win a new deadline";
}

TEST_F(deadlines, half_a_body) {
  for (const std::string& head :
       {std::string{"Content-Length: 10\r\n\r\n12345"}, std::string{"Transfer-Encoding: chunked\r\n\r\n5\r\n12"}}) {
    raw_client client{server.port()};
    client.send("POST /e HTTP/1.1\r\nHost: a\r\n" + json + head);
    const auto answer = client.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 408);
    EXPECT_EQ(answer->field("connection"), "close");
    client.finish_sending();
    EXPECT_TRUE(client.closed());
  }
  EXPECT_EQ(server.metric("cumulo_http_rejected_total", {{"reason", "body_timeout"}}), 2);
}

TEST_F(deadlines, a_silent_connection_is_closed_without_a_word) {
  raw_client client{server.port()};
  EXPECT_TRUE(client.closed(milliseconds{2000}));
  EXPECT_GE(since(), milliseconds{200});
}

TEST_F(deadlines, an_idle_connection_is_closed_without_a_word) {
  raw_client client{server.port()};
  client.send(ask("GET", "/e"));
  ASSERT_TRUE(client.read());
  const auto answered = since();
  EXPECT_TRUE(client.closed(milliseconds{2000}));
  EXPECT_GE(since() - answered, milliseconds{245});
}

TEST_F(deadlines, requests_in_time_keep_the_connection) {
  raw_client client{server.port()};
  for (int i = 0; i < 6; ++i) {
    client.send(ask("GET", "/e"));
    const auto answer = client.read();
    ASSERT_TRUE(answer) << i;
    EXPECT_EQ(answer->status, 200);
    std::this_thread::sleep_for(milliseconds{100});
  }
}

TEST_F(deadlines, handlers_are_not_under_the_clients_deadlines) {
  EXPECT_EQ(server.exchange(ask("GET", "/slow")).status, 200);
}

TEST_F(deadlines, who_does_not_read_is_cut_off) {
  raw_client client{server.port()};
  client.send(ask("GET", "/large"));
  for (int i = 0; i < 100 && server.metric("cumulo_http_connections", {}) == 0; ++i)
    std::this_thread::sleep_for(milliseconds{5});
  for (int i = 0; i < 200 && server.metric("cumulo_http_connections", {}) > 0; ++i)
    std::this_thread::sleep_for(milliseconds{20});
  EXPECT_EQ(server.metric("cumulo_http_connections", {}), 0);
}

TEST_F(deadlines, a_large_answer_reaches_who_reads) {
  raw_client client{server.port()};
  client.send(ask("GET", "/large") + ask("GET", "/e"));
  const auto answer = client.read();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body.size(), 32U * 1024 * 1024);
  EXPECT_EQ(client.read()->status, 200);
}

TEST_F(deadlines, slow_clients_cost_others_nothing) {
  std::vector<std::unique_ptr<raw_client>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<raw_client>(server.port()));
    slow.back()->send("POST /e HTTP/1.1\r\nHost: a\r\nContent-Le");
  }
  const auto before = since();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server.exchange(ask("GET", "/e")).status, 200);
  EXPECT_LT(since() - before, milliseconds{1000});
}

}  // namespace
}  // namespace cumulo::http::test
