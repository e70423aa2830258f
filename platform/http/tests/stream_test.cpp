// Answers that go on: pieces arrive as they are written, and the writer learns when nobody listens any more.
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "platform/http/tests/raw_client.hpp"

namespace cumulo::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using timer_type = asio::basic_waitable_timer<steady_clock, asio::wait_traits<steady_clock>, io_executor>;

struct seen {
  std::atomic<int> ended{0};
  std::atomic<int> woken{0};
};

/// Writes `events` pieces, 20 ms apart, then (0: for ever) waits to be woken.
handler events(seen& what, int count) {
  return [&what, count](const request&, response& out) -> awaitable<result<>> {
    out.content_type("text/event-stream");
    auto body = [&what, count](stream_writer& to) -> awaitable<void> {
      timer_type timer{co_await asio::this_coro::executor};
      to.on_close([&] {
        ++what.woken;
        timer.cancel();
      });
      for (int i = 0; count == 0 || i < count; ++i) {
        const auto piece = "data: " + std::to_string(i) + "\n\n";
        const bool open = co_await to.write(piece);
        if (!open) break;
        timer.expires_after(milliseconds{count == 0 ? 3'600'000 : 20});
        boost::system::error_code ignored;
        co_await timer.async_wait(asio::redirect_error(use_awaitable, ignored));
      }
      ++what.ended;
    };
    out.stream(std::move(body));
    co_return result<>{};
  };
}

std::string read_until(raw_client& client, std::string_view end) {
  while (client.pending().find(end) == std::string::npos) {
    if (!client.more(milliseconds{5000})) break;
  }
  return client.pending();
}

void wait_until(const std::function<bool()>& done) {
  for (int i = 0; i < 500 && !done(); ++i) std::this_thread::sleep_for(milliseconds{10});
}

TEST(stream, pieces_arrive_as_they_are_written) {
  seen what;
  test_server server{{{verb::get, "/s", events(what, 3)}}};
  raw_client client{server.port()};
  client.send(ask("GET", "/s", "Accept-Encoding: gzip\r\n"));
  const auto head = client.read();
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->field("content-type"), "text/event-stream");
  EXPECT_EQ(head->field("transfer-encoding"), "chunked");
  EXPECT_EQ(head->field("x-accel-buffering"), "no");
  EXPECT_EQ(head->field("cache-control"), "no-store");
  EXPECT_EQ(head->field("connection"), "close");
  EXPECT_EQ(head->field("content-length") + head->field("content-encoding"), "");
  EXPECT_EQ(read_until(client, "\r\n0\r\n\r\n"),
            "9\r\ndata: 0\n\n\r\n9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
  EXPECT_FALSE(client.more(milliseconds{5000})) << "closed";
  EXPECT_EQ(what.woken, 0);
}

TEST(stream, http_1_0_gets_it_without_chunks) {
  seen what;
  test_server server{{{verb::get, "/s", events(what, 2)}}};
  raw_client client{server.port()};
  client.send("GET /s HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(client.read());
  while (client.more(milliseconds{5000})) {
  }
  EXPECT_EQ(client.pending(), "data: 0\n\ndata: 1\n\n");
}

TEST(stream, head_has_no_stream) {
  seen what;
  test_server server{{{verb::get, "/s", events(what, 2)}}};
  EXPECT_EQ(server.exchange(ask("HEAD", "/s"), true).status, 200);
  EXPECT_EQ(what.ended, 0);
}

TEST(stream, ends_when_the_client_goes) {
  seen what;
  test_server server{{{verb::get, "/s", events(what, 0)}}};
  {
    raw_client client{server.port()};
    client.send(ask("GET", "/s"));
    EXPECT_NE(read_until(client, "data: 0").find("data: 0"), std::string::npos);
  }
  wait_until([&] { return what.ended == 1; });
  EXPECT_EQ(what.ended, 1);
  EXPECT_EQ(what.woken, 1);
}

TEST(stream, ends_when_the_server_stops) {
  seen what;
  test_server server{{{verb::get, "/s", events(what, 0)}}, {}, nullptr, 2};
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<raw_client>(server.port()));
    clients.back()->send(ask("GET", "/s"));
    read_until(*clients.back(), "data: 0");
  }
  const auto began = steady_clock::now();
  EXPECT_TRUE(server.http().stop(std::chrono::seconds{5}));
  EXPECT_LT(steady_clock::now() - began, milliseconds{1500});
  EXPECT_EQ(what.ended, 10);
  for (auto& one : clients)
    EXPECT_NE(read_until(*one, "0\r\n\r\n").find("\r\n0\r\n\r\n"), std::string::npos) << "the end is marked";
}

TEST(stream, a_writer_that_throws_leaves_no_end_mark) {
  const handler broken = [](const request&, response& out) -> awaitable<result<>> {
    auto body = [](stream_writer& to) -> awaitable<void> {
      co_await to.write("half");
      throw std::runtime_error("gone");
    };
    out.stream(std::move(body));
    co_return result<>{};
  };
  test_server server{{{verb::get, "/s", broken}}};
  raw_client client{server.port()};
  client.send(ask("GET", "/s"));
  ASSERT_TRUE(client.read());
  while (client.more(milliseconds{5000})) {
  }
  EXPECT_EQ(client.pending(), "4\r\nhalf\r\n");
}

TEST(stream, who_does_not_read_is_cut_off) {
  std::atomic<bool> ended{false};
  const handler flood = [&](const request&, response& out) -> awaitable<result<>> {
    auto body = [&](stream_writer& to) -> awaitable<void> {
      const std::string piece(64 * 1024, 'x');
      bool open = true;
      while (open) {
        open = co_await to.write(piece);
      }
      ended = true;
    };
    out.stream(std::move(body));
    co_return result<>{};
  };
  test_server server{{{verb::get, "/s", flood}}, [](server_settings& s) { s.write_deadline = milliseconds{300}; }};
  raw_client client{server.port()};
  client.send(ask("GET", "/s"));
  wait_until([&] { return ended.load(); });
  EXPECT_TRUE(ended);
}

TEST(stream, the_writer_can_cut_off_who_does_not_read) {
  std::atomic<bool> ended{false};
  const handler flood = [&](const request&, response& out) -> awaitable<result<>> {
    auto body = [&](stream_writer& to) -> awaitable<void> {
      timer_type impatience{co_await asio::this_coro::executor, milliseconds{200}};
      impatience.async_wait([&to](const boost::system::error_code& cancelled) {
        if (!cancelled) to.cut();
      });
      const std::string piece(64 * 1024, 'x');
      bool open = true;
      while (open) {
        open = co_await to.write(piece);
      }
      ended = true;
    };
    out.stream(std::move(body));
    co_return result<>{};
  };
  test_server server{{{verb::get, "/s", flood}}};  // whose write deadline is far away
  raw_client client{server.port()};
  client.send(ask("GET", "/s"));
  wait_until([&] { return ended.load(); });
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace cumulo::http::test
