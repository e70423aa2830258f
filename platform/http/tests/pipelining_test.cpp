// Many requests sent at once: answered in order, each as it would be alone.
#include <gtest/gtest.h>
#include <zlib.h>

#include <atomic>
#include <random>
#include <thread>

#include "platform/http/tests/raw_client.hpp"

namespace cumulo::http::test {
namespace {

using std::chrono::milliseconds;

std::string unzip(const std::string& zipped) {
  z_stream z{};
  inflateInit2(&z, 15 + 16);
  std::string plain(1024 * 1024, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  z.avail_in = static_cast<uInt>(zipped.size());
  z.next_out = reinterpret_cast<Bytef*>(plain.data());
  z.avail_out = static_cast<uInt>(plain.size());
  const bool whole = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0;
  plain.resize(plain.size() - z.avail_out);
  inflateEnd(&z);
  return whole ? plain : "not gzip";
}

std::string text_of(int size) {
  std::string text;
  for (std::int64_t i = 0; static_cast<int>(text.size()) < size; ++i)
    text += "{\"n\":" + std::to_string(i * size) + "},";
  text.resize(static_cast<std::size_t>(size));
  return text;
}

handler sized() {
  return [](const request& r, response& out) -> awaitable<result<>> {
    out.body() = text_of(std::stoi(std::string{r.path_parameter("size")}));
    if (r.query("tag")) out.etag_of_body(r);
    co_return result<>{};
  };
}

std::vector<route> table() {
  return {{verb::get, "/sized/{size}", sized()},
          {verb::get, "/slow", wait_for(milliseconds{30})},
          {verb::post, "/e", echo()}};
}

struct expected {
  std::string sent;
  bool head{false};
  int status{200};
  std::string body;
};

TEST(pipelining, answers_come_in_order_whatever_they_are) {
  test_server server{table()};
  std::mt19937 random{42};
  for (int round = 0; round < 20; ++round) {
    std::vector<expected> all;
    for (int i = 0; i < 60; ++i) {
      const int size = static_cast<int>(random() % (i % 17 == 0 ? 60'000U : 4'000U));
      const auto path = "/sized/" + std::to_string(size);
      switch (random() % 6) {
        case 0: all.push_back({ask("HEAD", path), true, 200, ""}); break;
        case 1: all.push_back({ask("GET", path, "Accept-Encoding: gzip\r\n"), false, 200, text_of(size)}); break;
        case 2: all.push_back({ask("GET", "/nothing"), false, 404, ""}); break;
        case 3: {
          const auto body = text_of(size);
          all.push_back(
              {ask("POST", "/e", "Content-Type: application/json\r\n", body), false, 200,
               R"({"method":"POST","path":"/e","size":)" + std::to_string(size) + R"(,"body":")" + body + R"("})"});
          break;
        }
        case 4: all.push_back({ask("GET", "/slow"), false, 200, R"({"waited":true})"}); break;
        default: all.push_back({ask("GET", path), false, 200, text_of(size)}); break;
      }
    }
    std::string bytes;
    for (const auto& one : all) bytes += one.sent;
    raw_client client{server.port()};
    std::thread sender{[&] {
      for (std::size_t at = 0; at < bytes.size();) {
        const auto piece = 1 + random() % 9000;
        client.send(std::string_view{bytes}.substr(at, piece));
        at += piece;
      }
    }};
    int n = 0;
    for (const auto& one : all) {
      const auto answer = client.read(one.head);
      ASSERT_TRUE(answer) << round << " " << n;
      EXPECT_EQ(answer->status, one.status) << n;
      const bool zipped = answer->field("content-encoding") == "gzip";
      if (one.status == 200 && !one.head) {
        EXPECT_EQ(zipped ? unzip(answer->body) : answer->body, one.body) << n;
      }
      ++n;
    }
    sender.join();
  }
}

TEST(pipelining, an_answer_does_not_wait_for_the_next_requests_handler) {
  test_server server{{{verb::get, "/quick", echo()}, {verb::get, "/slow", wait_for(milliseconds{1000})}}};
  raw_client client{server.port()};
  client.send(ask("GET", "/quick") + ask("GET", "/slow"));
  EXPECT_TRUE(client.read(false, milliseconds{500}));
  EXPECT_EQ(client.read()->body, R"({"waited":true})");
}

TEST(pipelining, nothing_is_served_after_a_broken_request) {
  test_server server{table()};
  raw_client client{server.port()};
  client.send(ask("GET", "/sized/5") + "GET nonsense\r\n\r\n" + ask("GET", "/sized/6"));
  EXPECT_EQ(client.read()->body.size(), 5U);
  EXPECT_EQ(client.read()->status, 400);
  client.finish_sending();
  EXPECT_TRUE(client.closed());
}

TEST(pipelining, nothing_is_served_after_connection_close) {
  test_server server{table()};
  raw_client client{server.port()};
  client.send(ask("GET", "/sized/5", "Connection: close\r\n") + ask("GET", "/sized/6"));
  EXPECT_EQ(client.read()->body.size(), 5U);
  EXPECT_FALSE(client.read(false, milliseconds{500}));
}

TEST(compression, only_when_asked_for_and_worth_it) {
  test_server server{table()};
  const auto get = [&](const std::string& accept, int size) {
    return server.exchange(
        ask("GET", "/sized/" + std::to_string(size), accept.empty() ? "" : "Accept-Encoding: " + accept + "\r\n"));
  };
  struct gzip_case {
    const char* accept;
    int size;
    bool zipped;
    bool varies;
  };
  for (const auto& c : std::vector<gzip_case>{{"gzip", 5000, true, true},
                                              {"br, GZIP;q=0.5", 5000, true, true},
                                              {"gzip;q=0", 5000, false, true},
                                              {"gzip; q=0.000", 5000, false, true},
                                              {"br", 5000, false, true},
                                              {"xgzip", 5000, false, true},
                                              {"", 5000, false, true},
                                              {"gzip", 1024, false, false},
                                              {"gzip", 1025, true, true},
                                              {"gzip", 1024 * 1024, true, true},
                                              {"gzip", 1024 * 1024 + 1, false, false},
                                              {"gzip", 0, false, false}}) {
    const auto answer = get(c.accept, c.size);
    EXPECT_EQ(answer.field("content-encoding"), c.zipped ? "gzip" : "") << c.accept << c.size;
    EXPECT_EQ(answer.field("vary"), c.varies ? "Accept-Encoding" : "") << c.accept << c.size;
    EXPECT_EQ(c.zipped ? unzip(answer.body) : answer.body, text_of(c.size));
    if (c.zipped) {
      EXPECT_LT(answer.body.size(), static_cast<std::size_t>(c.size));
    }
  }
}

TEST(pipelining, others_have_their_turn_meanwhile) {
  static constexpr int sent_at_once = 90;
  std::atomic<int> handled{0};
  std::atomic<int> handled_before_the_other{sent_at_once};
  const auto busy = [&](const request&, response&) -> awaitable<result<>> {
    std::this_thread::sleep_for(milliseconds{5});
    ++handled;
    co_return result<>{};
  };
  const auto other = [&](const request&, response&) -> awaitable<result<>> {
    handled_before_the_other = handled.load();
    co_return result<>{};
  };
  test_server server{{{verb::get, "/busy", busy}, {verb::get, "/other", other}}};
  raw_client greedy{server.port()};
  std::string all;
  for (int i = 0; i < sent_at_once; ++i) all += ask("GET", "/busy");
  greedy.send(all);
  while (handled == 0) std::this_thread::sleep_for(milliseconds{1});
  EXPECT_EQ(server.exchange(ask("GET", "/other")).status, 200);
  EXPECT_LT(handled_before_the_other, 60);
  for (int i = 0; i < sent_at_once; ++i) EXPECT_EQ(greedy.read()->status, 200);
}

TEST(conditional, etag_of_body_and_if_none_match) {
  test_server server{table()};
  const auto first = server.exchange(ask("GET", "/sized/5000?tag=1"));
  const auto tag = first.field("etag");
  ASSERT_EQ(tag.size(), 34U);
  EXPECT_EQ(tag.front(), '"');
  const auto zipped = server.exchange(ask("GET", "/sized/5000?tag=1", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(zipped.field("etag"), "W/" + tag);
  for (const std::string& match : {tag, "W/" + tag, "\"other\", " + tag, std::string{"*"}}) {
    const auto answer = server.exchange(ask("GET", "/sized/5000?tag=1", "If-None-Match: " + match + "\r\n"));
    EXPECT_EQ(answer.status, 304) << match;
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.field("content-length"), "");
    EXPECT_EQ(answer.field("etag"), tag);
  }
  for (const std::string& other : {std::string{"\"x\""}, std::string{"nonsense"}, "\"" + tag + "\""}) {
    EXPECT_EQ(server.exchange(ask("GET", "/sized/5000?tag=1", "If-None-Match: " + other + "\r\n")).status, 200)
        << other;
  }
  EXPECT_NE(server.exchange(ask("GET", "/sized/5001?tag=1")).field("etag"), tag);
}

}  // namespace
}  // namespace cumulo::http::test
