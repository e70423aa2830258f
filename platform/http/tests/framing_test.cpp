// Each hostile or odd input: which status it gets, and whether the connection lives on.
#include <gtest/gtest.h>

#include "platform/http/tests/raw_client.hpp"

namespace cumulo::http::test {
namespace {

struct framing_case {
  const char* name;
  std::string bytes;
  int status;
  bool closes;
};

void PrintTo(const framing_case& c, std::ostream* out) { *out << c.name; }

std::vector<framing_case> cases() {
  const std::string host = "Host: a\r\n";
  const std::string json = "Content-Type: application/json\r\n";
  const std::string get = "GET /e HTTP/1.1\r\n";
  const std::string post = "POST /e HTTP/1.1\r\n" + host + json;
  return {
      {"plain", get + host + "\r\n", 200, false},
      {"one_empty_line_before", "\r\n" + get + host + "\r\n", 200, false},
      {"absolute_form", "GET http://a/e HTTP/1.1\r\n" + host + "\r\n", 200, false},
      {"lower_case_chunked", post + "Transfer-Encoding: CHUNKED\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 200, false},
      {"chunk_extension", post + "Transfer-Encoding: chunked\r\n\r\n2;a=b\r\n{}\r\n0\r\n\r\n", 200, false},
      {"trailer_is_dropped", post + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX: y\r\n\r\n", 200, false},
      {"body_of_length", post + "Content-Length: 2\r\n\r\n{}", 200, false},
      {"close_asked", get + host + "Connection: close\r\n\r\n", 200, true},
      {"http_1_0", "GET /e HTTP/1.0\r\n\r\n", 200, true},
      {"http_1_0_keep_alive", "GET /e HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, false},

      {"length_and_chunked", post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400, true},
      {"chunked_and_length", post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n{}", 400, true},
      {"chunked_twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, true},
      {"chunked_gzip", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 400, true},
      {"gzip_chunked", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400, true},
      {"identity_coding", post + "Transfer-Encoding: identity\r\n\r\n", 400, true},
      {"chunked_with_quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n", 400, true},
      {"chunked_with_vtab",
       post + "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n0\r\n\r\n",
       400, true},
      {"empty_coding", post + "Transfer-Encoding:\r\n\r\n", 400, true},
      {"chunked_on_1_0", "POST /e HTTP/1.0\r\n" + json + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, true},
      {"two_lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, true},
      {"same_length_twice", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400, true},
      {"length_list", post + "Content-Length: 2, 2\r\n\r\n{}", 400, true},
      {"negative_length", post + "Content-Length: -2\r\n\r\n{}", 400, true},
      {"plus_length", post + "Content-Length: +2\r\n\r\n{}", 400, true},
      {"hex_length", post + "Content-Length: 0x2\r\n\r\n{}", 400, true},
      {"fraction_length", post + "Content-Length: 2.0\r\n\r\n{}", 400, true},
      {"empty_length", post + "Content-Length:\r\n\r\n{}", 400, true},
      {"length_beyond_64_bits", post + "Content-Length: 18446744073709551616\r\n\r\n", 400, true},
      {"chunk_size_negative", post + "Transfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n", 400, true},
      {"chunk_size_prefixed", post + "Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n", 400, true},
      {"chunk_size_huge", post + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}", 400, true},
      {"chunk_longer_than_said", post + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n", 400, true},
      {"chunk_extension_with_bare_lf", post + "Transfer-Encoding: chunked\r\n\r\n2;a=\"\n\"\r\n{}\r\n0\r\n\r\n", 400,
       true},
      {"chunk_extension_with_crlf", post + "Transfer-Encoding: chunked\r\n\r\n2;a=\"\r\n\"\r\n{}\r\n0\r\n\r\n", 400,
       true},
      {"chunk_bare_lf", post + "Transfer-Encoding: chunked\r\n\r\n2\n{}\n0\n\n", 400, true},

      {"no_host", get + "\r\n", 400, true},
      {"two_hosts", get + host + "Host: b\r\n\r\n", 400, true},
      {"host_with_path", get + "Host: a/b\r\n\r\n", 400, true},
      {"host_list", get + "Host: a, b\r\n\r\n", 400, true},
      {"folded_line", get + host + "X: a\r\n b\r\n\r\n", 400, true},
      {"folded_empty_line", get + host + "X:\r\n b\r\n\r\n", 400, true},
      {"folded_blank", get + host + "X: a\r\n \r\n\r\n", 400, true},
      {"folded_first_line", get + " Host: a\r\n\r\n", 400, true},
      {"bare_lf_lines", "GET /e HTTP/1.1\nHost: a\n\n", 400, true},
      {"bare_lf_in_field", get + host + "X: a\nY: b\r\n\r\n", 400, true},
      {"bare_cr_in_field", get + host + "X: a\rY: b\r\n\r\n", 400, true},
      {"nul_in_field", get + host + "X: a" + std::string(1, '\0') + "b\r\n\r\n", 400, true},
      {"space_before_colon", get + host + "X : a\r\n\r\n", 400, true},
      {"space_before_colon_of_length", post + "Content-Length : 2\r\n\r\n{}", 400, true},
      {"field_without_name", get + host + ": a\r\n\r\n", 400, true},
      {"field_without_colon", get + host + "nonsense\r\n\r\n", 400, true},
      {"http_2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, true},
      {"http_0_9", "GET /e\r\n\r\n", 400, true},
      {"http_9", "GET /e HTTP/9.9\r\n\r\n", 400, true},
      {"lower_case_protocol", "GET /e http/1.1\r\n" + host + "\r\n", 400, true},
      {"two_spaces", "GET  /e HTTP/1.1\r\n" + host + "\r\n", 400, true},
      {"tls_hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(40, 'x'), 400, true},
      {"binary", std::string(64, '\xff'), 400, true},

      {"authority_form", "CONNECT a:443 HTTP/1.1\r\n" + host + "\r\n", 400, false},
      {"no_slash", "GET e HTTP/1.1\r\n" + host + "\r\n", 400, false},
      {"fragment", "GET /e#x HTTP/1.1\r\n" + host + "\r\n", 400, false},
      {"bad_percent", "GET /e%zz HTTP/1.1\r\n" + host + "\r\n", 400, false},
      {"short_percent", "GET /e%2 HTTP/1.1\r\n" + host + "\r\n", 400, false},
      {"nul_percent", "GET /e%00 HTTP/1.1\r\n" + host + "\r\n", 400, false},
      {"overlong_utf8", "GET /e%c0%af HTTP/1.1\r\n" + host + "\r\n", 400, false},
      {"star_for_get", "GET * HTTP/1.1\r\n" + host + "\r\n", 400, false},
  };
}

class framing : public testing::TestWithParam<framing_case> {
 protected:
  static test_server& server() {
    static test_server one{{{verb::get, "/e", echo()}, {verb::post, "/e", echo()}}};
    return one;
  }
};

TEST_P(framing, answers_and_closes_or_not) {
  const auto& c = GetParam();
  raw_client client{server().port()};
  ASSERT_TRUE(client.send(c.bytes));
  const auto answer = client.read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, c.status) << answer->body;
  EXPECT_EQ(answer->field("connection") == "close", c.closes);
  if (c.status >= 400) {
    EXPECT_EQ(answer->field("content-type"), "application/problem+json");
    EXPECT_NE(answer->body.find("\"request_id\":\"" + answer->field("x-request-id") + "\""), std::string::npos);
  }
  if (c.closes) {
    client.finish_sending();
    EXPECT_TRUE(client.closed()) << client.pending();
  } else {
    ASSERT_TRUE(client.send(ask("GET", "/e?again")));
    const auto again = client.read();
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->status, 200);
  }
}

// The same bytes, one at a time: the parser must not depend on how TCP cuts them.
TEST_P(framing, does_not_depend_on_segments) {
  const auto& c = GetParam();
  raw_client client{server().port()};
  for (const char byte : c.bytes) {
    if (!client.send({&byte, 1})) break;
  }
  client.finish_sending();
  const auto answer = client.read();
  if (answer) {
    EXPECT_EQ(answer->status, c.status) << answer->body;
  }
  // A half-closed connection may also end without an answer when the head never became complete; never with a success.
  EXPECT_TRUE(c.status != 200 || answer.has_value());
}

INSTANTIATE_TEST_SUITE_P(table, framing, testing::ValuesIn(cases()),
                         [](const auto& one) { return std::string{one.param.name}; });

TEST(framing_body, what_a_smuggler_hides_behind_is_never_served) {
  test_server server{{{verb::get, "/hidden", echo()}, {verb::post, "/e", echo()}}};
  const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char* coding : {"chunked, gzip", "identity", "xchunked", "chunked;q=1", "chunked, chunked"}) {
    raw_client client{server.port()};
    client.send(std::string{"POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "} + coding + "\r\n\r\n0\r\n\r\n" +
                hidden);
    const auto answer = client.read();
    ASSERT_TRUE(answer.has_value()) << coding;
    EXPECT_EQ(answer->status, 400) << coding;
    EXPECT_FALSE(client.read(false, std::chrono::milliseconds{300}).has_value()) << coding;
  }
  EXPECT_EQ(server.metric("cumulo_http_requests_total", {{"route", "/hidden"}}), 0);
}

TEST(framing_body, a_body_arrives_whole_however_it_is_cut) {
  test_server server{{{verb::post, "/e", echo()}}};
  std::string body;
  for (int i = 0; i < 3000; ++i) body += std::to_string(i) + ",";
  for (const std::size_t piece : {1UL, 7UL, 1000UL, 100000UL}) {
    raw_client client{server.port()};
    client.send("POST /e HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    std::string chunks;
    for (std::size_t at = 0; at < body.size(); at += 333) {
      const auto part = body.substr(at, 333);
      char head[16];
      std::snprintf(head, sizeof head, "%zx\r\n", part.size());
      chunks += head + part + "\r\n";
    }
    chunks += "0\r\n\r\n";
    const auto next = ask("POST", "/e", "Content-Type: application/json\r\n", "second");
    chunks += next;
    for (std::size_t at = 0; at < chunks.size(); at += piece) client.send(std::string_view{chunks}.substr(at, piece));
    const auto answer = client.read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_NE(answer->body.find("\"body\":\"" + body + "\""), std::string::npos) << piece;
    const auto second = client.read();
    ASSERT_TRUE(second.has_value());
    EXPECT_NE(second->body.find("\"body\":\"second\""), std::string::npos) << piece;
  }
}

}  // namespace
}  // namespace cumulo::http::test
