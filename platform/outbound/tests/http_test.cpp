#include <gmock/gmock.h>
#include <prometheus/registry.h>

#include "platform/core/io_threads.hpp"
#include "platform/observe/metrics.hpp"
#include "platform/outbound/client.hpp"
#include "platform/outbound/tests/scripted_server.hpp"
#include "platform/testing/run.hpp"

namespace cumulo::outbound {
namespace {

using namespace std::chrono_literals;
using test::peer;
using test::scripted_server;
using testing::HasSubstr;

class outbound_http : public testing::Test {
 protected:
  outbound_http() { threads.start(); }
  ~outbound_http() override {
    calls.reset();
    threads.stop();
  }

  static client_settings local() {
    client_settings settings;
    settings.policy = allowing(std::vector<std::string>{"127.0.0.0/8", "::1"});
    return settings;
  }
  void open(client_settings settings) { calls = std::make_unique<client>(std::move(settings), &metrics); }
  exchange send(http_call call) { return cumulo::test::run(threads, calls->send(std::move(call))); }
  exchange get(const std::string& url) { return send({.url = url}); }

  prometheus::Registry metrics;
  io_threads threads{2};
  std::unique_ptr<client> calls = std::make_unique<client>(local(), &metrics);
};

std::string answer(std::string_view status, std::string_view body = "", std::string_view fields = "") {
  return "HTTP/1.1 " + std::string{status} + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string{fields} + "\r\n" + std::string{body};
}

TEST_F(outbound_http, a_post_arrives_as_it_was_given_and_the_answer_comes_back) {
  std::string seen;
  scripted_server server{[&](peer& p) {
    seen = p.read_request();
    p.write(answer("201 Created", "hello", "X-Answer: yes\r\n"));
    p.wait_for_end();
  }};
  const auto got = send({.method = "POST",
                         .url = server.url("/hook?a=b"),
                         .body = std::string{"{\"a\":\0}", 7},
                         .headers = {"Content-Type: application/json", "webhook-id: 1"}});
  EXPECT_EQ(got.failed, std::nullopt) << got.detail;
  EXPECT_EQ(got.status, 201);
  EXPECT_EQ(got.body, "hello");
  EXPECT_THAT(got.headers, HasSubstr("X-Answer: yes\r\n"));
  EXPECT_EQ(got.remote_address, "127.0.0.1");
  EXPECT_TRUE(seen.starts_with("POST /hook?a=b HTTP/1.1\r\nHost: 127.0.0.1:")) << seen;
  EXPECT_THAT(seen, HasSubstr("\r\nContent-Type: application/json\r\n"));
  EXPECT_THAT(seen, HasSubstr("\r\nwebhook-id: 1\r\n"));
  EXPECT_TRUE(seen.ends_with(std::string{"\r\n\r\n{\"a\":\0}", 11}));
  EXPECT_EQ(seen.find("Expect"), std::string::npos);
  EXPECT_THAT(observe::exposition(metrics),
              HasSubstr(R"(cumulo_outbound_calls_total{outcome="2xx",purpose="other"} 1)"));
}

TEST_F(outbound_http, methods_are_sent_as_they_are) {
  scripted_server server{[](peer& p) {
    for (std::string r = p.read_request(); !r.empty(); r = p.read_request()) {
      const bool head = r.starts_with("HEAD");
      p.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(head ? 7 : r.find(' ')) + "\r\n\r\n" +
              (head ? "" : r.substr(0, r.find(' '))));
    }
  }};
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(send({.method = method, .url = server.url()}).body, method);
  }
  EXPECT_EQ(send({.method = "HEAD", .url = server.url()}).status, 200);
}

TEST_F(outbound_http, connections_are_used_again) {
  scripted_server server{[](peer& p) {
    while (!p.read_request().empty()) p.write(answer("200 OK", "x"));
  }};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get(server.url()).status, 200);
  EXPECT_EQ(server.connections(), 1);
}

TEST_F(outbound_http, redirects_are_not_followed) {
  scripted_server target{[](peer& p) { p.write(answer("200 OK")); }};
  for (const char* status : {"301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"}) {
    scripted_server server{[&](peer& p) {
      p.read_request();
      p.write(answer(status, "", "Location: " + target.url() + "\r\nRefresh: 0;url=" + target.url() + "\r\n"));
    }};
    const auto got = get(server.url());
    EXPECT_EQ(got.status, std::stoi(status));
    EXPECT_EQ(got.failed, std::nullopt);
  }
  EXPECT_EQ(target.connections(), 0);
}

// What a server may do wrong, and what is said of it. A script that returns closes the connection.
struct fault_case {
  const char* what;
  scripted_server::script script;
  std::optional<failure> failed;
  int status;
};

TEST_F(outbound_http, every_fault_has_its_kind) {
  const auto drip = [](peer& p) {
    p.read_request();
    p.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    while (!p.ending()) {
      p.write("x");
      std::this_thread::sleep_for(10ms);
    }
  };
  const auto endless_headers = [](peer& p) {
    p.read_request();
    p.write("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 2000; ++i) p.write("X-More: " + std::string(100, 'x') + "\r\n");
    p.wait_for_end();
  };
  const auto says = [](std::string bytes) {
    return [bytes = std::move(bytes)](peer& p) {
      p.read_request();
      p.write(bytes);
    };
  };
  const std::vector<fault_case> cases{
      {"never answers", [](peer& p) { p.wait_for_end(); }, failure::timeout, 0},
      {"drips", drip, failure::timeout, 200},
      {"closes at once", [](peer&) {}, failure::unreachable, 0},
      {"closes after the request", says(""), failure::unreachable, 0},
      {"breaks off in the header", says("HTTP/1.1 200 OK\r\nX-"), failure::unreachable, 200},
      {"breaks off in the body", says("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), failure::unreachable, 200},
      {"speaks something else", says("220 mail.example ESMTP\r\n"), failure::protocol, 0},
      {"HTTP/0.9", says("<html>"), failure::protocol, 0},
      {"a huge body", says("HTTP/1.1 200 OK\r\n\r\n" + std::string(200'000, 'x')), failure::too_large, 200},
      {"a huge body, announced", says("HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x')),
       failure::too_large, 200},
      {"endless headers", endless_headers, failure::too_large, 200},
      {"500 is an answer", says(answer("500 Oh")), std::nullopt, 500},
      {"429 is an answer", says(answer("429 Slow", "", "Retry-After: 7\r\n")), std::nullopt, 429},
      {"no length, ended by closing", says("HTTP/1.1 200 OK\r\n\r\nbody"), std::nullopt, 200},
  };
  for (const auto& each : cases) {
    SCOPED_TRACE(each.what);
    scripted_server server{each.script};
    const bool slow = each.failed == failure::timeout;
    const auto got = send({.url = server.url(), .timeout = slow ? 300ms : 30'000ms});
    EXPECT_EQ(got.failed, each.failed) << got.detail;
    EXPECT_EQ(got.status, each.status);
    EXPECT_EQ(got.detail.empty(), !each.failed.has_value());
    EXPECT_LE(got.body.size(), 64U * 1024U);
  }
}

TEST_F(outbound_http, nobody_there) {
  std::uint16_t port = 0;
  {
    scripted_server gone{[](peer&) {}};
    port = gone.port();
  }
  const auto closed = get("http://127.0.0.1:" + std::to_string(port));
  EXPECT_EQ(closed.failed, failure::unreachable) << closed.detail;
  const auto nameless = send({.url = "http://no-such-host.invalid/", .timeout = 30s});
  EXPECT_EQ(nameless.failed, failure::unresolvable) << nameless.detail;
}

TEST_F(outbound_http, what_cannot_be_sent_is_not_tried) {
  scripted_server server{[](peer&) {}};
  const std::vector<http_call> bad{
      {.url = ""},
      {.url = "file:///etc/passwd"},
      {.url = "gopher://" + server.at("127.0.0.1")},
      {.url = "ftp://" + server.at("127.0.0.1")},
      {.url = server.at("127.0.0.1")},
      {.url = "http://user:secret@" + server.at("127.0.0.1")},
      {.url = "http://user@" + server.at("127.0.0.1")},
      {.url = server.url() + "\r\nX: y"},
      {.url = server.url("/a b")},
      {.method = "GET /x HTTP/1.1\r\nX: y\r\n\r\nGET", .url = server.url()},
      {.method = "", .url = server.url()},
      {.url = server.url(), .headers = {"X: y\r\nHost: other"}},
      {.url = server.url(), .headers = {"X: y\nZ: z"}},
  };
  for (const auto& call : bad) EXPECT_EQ(send(call).failed, failure::invalid) << call.method << ' ' << call.url;
  EXPECT_EQ(server.connections(), 0);
}

TEST_F(outbound_http, proxies_of_the_environment_are_not_used) {
  scripted_server proxy{[](peer& p) { p.write(answer("200 OK")); }};
  scripted_server server{[](peer& p) {
    p.read_request();
    p.write(answer("204 No Content"));
  }};
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  ::setenv("ALL_PROXY", proxy.url().c_str(), 1);
  EXPECT_EQ(get(server.url()).status, 204);
  ::unsetenv("http_proxy");
  ::unsetenv("ALL_PROXY");
  EXPECT_EQ(proxy.connections(), 0);
}

TEST_F(outbound_http, a_slow_host_does_not_hold_up_the_others_and_the_queue_is_bounded) {
  scripted_server slow{[](peer& p) { p.wait_for_end(); }};
  scripted_server quick{[](peer& p) {
    while (!p.read_request().empty()) p.write(answer("200 OK"));
  }};
  auto settings = local();
  settings.per_host = 2;
  settings.waiting = 6;
  open(settings);
  std::vector<std::future<exchange>> held;
  for (int i = 0; i < 8; ++i) {
    held.push_back(cumulo::test::start(threads, [&, i]() -> awaitable<exchange> {
      http_call call{.url = slow.url("/" + std::to_string(i)), .timeout = 20s};
      co_return co_await calls->send(std::move(call));
    }));
    if (i == 1) {
      while (slow.connections() < 2) std::this_thread::sleep_for(1ms);
    }
  }
  // Two under way and six waiting: the next is one too many.
  http_call call{.url = slow.url(), .timeout = 20s};
  EXPECT_EQ(send(call).failed, failure::busy);
  EXPECT_EQ(slow.connections(), 2);
  open(local());  // destroys the one before: what it held ends
  for (auto& each : held) EXPECT_EQ(cumulo::test::wait_for(std::move(each)).failed, failure::stopped);

  settings.waiting = 100;
  open(settings);
  held.clear();
  for (int i = 0; i < 8; ++i) {
    held.push_back(cumulo::test::start(threads, [&]() -> awaitable<exchange> {
      http_call one{.url = slow.url(), .timeout = 20s};
      co_return co_await calls->send(std::move(one));
    }));
  }
  EXPECT_EQ(get(quick.url()).status, 200);
  calls->stop();
  EXPECT_EQ(get(quick.url()).failed, failure::stopped);
  for (auto& each : held) EXPECT_EQ(cumulo::test::wait_for(std::move(each)).failed, failure::stopped);
}

TEST_F(outbound_http, a_call_whose_turn_does_not_come_times_out) {
  scripted_server slow{[](peer& p) { p.wait_for_end(); }};
  auto settings = local();
  settings.per_host = 1;
  open(settings);
  auto first = cumulo::test::start(threads, [&]() -> awaitable<exchange> {
    http_call call{.url = slow.url(), .timeout = 60s};
    co_return co_await calls->send(std::move(call));
  });
  while (slow.connections() < 1) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(send({.url = slow.url(), .timeout = 100ms}).failed, failure::timeout);
  EXPECT_EQ(slow.connections(), 1);
  calls->stop();
  EXPECT_EQ(cumulo::test::wait_for(std::move(first)).failed, failure::stopped);
}

TEST_F(outbound_http, callers_on_every_thread_resume_on_their_own) {
  scripted_server server{[](peer& p) {
    while (!p.read_request().empty()) p.write(answer("200 OK", "x"));
  }};
  std::vector<std::future<int>> all;
  for (std::size_t i = 0; i < 40; ++i) {
    const std::size_t thread = i % 2;
    all.push_back(cumulo::test::start(
        threads,
        [&, thread]() -> awaitable<int> {
          int good = 0;
          for (int n = 0; n < 10; ++n) {
            http_call call{.url = server.url(), .timeout = 60s};
            const exchange got = co_await calls->send(std::move(call));
            if (got.status == 200 && io_threads::current() == thread) ++good;
          }
          co_return good;
        },
        thread));
  }
  for (auto& each : all) EXPECT_EQ(cumulo::test::wait_for(std::move(each)), 10);
  EXPECT_LE(server.connections(), 6);
}

}  // namespace
}  // namespace cumulo::outbound
