// What stands before a handler: routes, methods, prefix, credentials, scopes, media types, rates, CORS, ids, fields.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "platform/core/failure.hpp"
#include "platform/core/id.hpp"
#include "platform/http/tests/raw_client.hpp"

namespace cumulo::http::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// "good", "reader" (a personal token that may read), "admin"; everything else is refused.
class known_tokens final : public auth::authenticator {
 public:
  result<std::shared_ptr<const auth::principal>> authenticate(std::string_view token) override {
    auto who = std::make_shared<auth::principal>();
    if (token == "good" && !revoked) {
      who->account_id = "account-1";
    } else if (token == "reader") {
      who->account_id = "account-2";
      who->is_session = false;
      who->scopes = {"tasks:read"};
    } else if (token == "admin") {
      who->account_id = "account-3";
      who->administrator = true;
    } else if (token == "no-keys") {
      return error{errc::unavailable, "Keys have not been fetched.", {}, {}};
    } else {
      return error{errc::unauthenticated, "The token is not valid.", {}, {}};
    }
    return std::shared_ptr<const auth::principal>{std::move(who)};
  }

  std::atomic<bool> revoked{false};  ///< "good", since then
};

handler who_am_i() {
  return [](const request& r, response& out) -> awaitable<result<>> {
    out.body().append(R"({"id":")").append(r.caller().account_id).append(R"("})");
    co_return result<>{};
  };
}

/// Takes as many of the rate as the body says, beside its own.
handler take_many() {
  return [](const request& r, response& out) -> awaitable<result<>> {
    const auto within = r.take_rate(static_cast<std::uint32_t>(std::stoul(std::string{r.body()})));
    if (!within) co_return within.error();
    out.body() = "taken";
    co_return result<>{};
  };
}

handler fail_with(error e) {
  return [e](const request&, response& out) -> awaitable<result<>> {
    out.body() = "half an answer";
    co_return e;
  };
}

template <class E>
handler throw_it(E e) {
  return [e](const request&, response& out) -> awaitable<result<>> {
    out.body() = "half an answer";
    throw e;
    co_return result<>{};
  };
}

handler see(std::function<std::string(const request&)> what) {
  return [what = std::move(what)](const request& r, response& out) -> awaitable<result<>> {
    out.body() = what(r);
    co_return result<>{};
  };
}

std::vector<route> table() {
  const auto id_of = [](const request& r) { return std::string{r.path_parameter("id")}; };
  const auto address = [](const request& r) {
    return std::string{r.client_address()} + (r.is_secure() ? " secure" : "");
  };
  const auto trace = [](const request& r) { return std::string{r.traceparent()}; };
  const auto query = [](const request& r) { return std::string{r.query("q").value_or("(none)")}; };
  const auto cookie = [](const request& r) { return std::string{r.cookie("session")}; };
  return {
      {verb::get, "/open", echo()},
      {verb::get, "/address", see(address)},
      {verb::get, "/trace", see(trace)},
      {verb::get, "/query", see(query)},
      {verb::get, "/cookie", see(cookie)},
      {verb::get, "/things/{id}", see(id_of)},
      {verb::post, "/things", echo()},
      {verb::patch, "/things/{id}", echo()},
      {verb::post, "/upload", echo(), anyone, limit::write, 0, "*"},
      {verb::post, "/feed", echo(), anyone, limit::write, 0, "text/calendar"},
      {verb::get, "/me", who_am_i(), caller_with("tasks:read")},
      {verb::post, "/me", who_am_i(), caller_with("tasks:write"), limit::write},
      {verb::post, "/many", take_many(), caller_with("tasks:write"), limit::write},
      {verb::get, "/admin", who_am_i(), administrator_with("session")},
      {verb::post, "/sign-in", fail_with({errc::unauthenticated, "No.", {}, {}}), anyone, limit::sign_in},
      {verb::get, "/invalid", fail_with({errc::invalid, "No.", {{"/a", "required", "\"x\"\n"}, {"?b", "c", "d"}}, {}})},
      {verb::get, "/busy", fail_with({errc::unavailable, "Later.", {}, std::chrono::seconds{7}})},
      {verb::get, "/bug", throw_it(std::runtime_error{"secret: table users"})},
      {verb::get, "/no-database", throw_it(service_failure{errc::unavailable, "Away.", "secret: host db1"})},
      {verb::get, "/full", throw_it(service_failure{errc::storage_full, "Full.", "secret: /var"})},
      {verb::get, "/unknown-failure", throw_it(service_failure{std::nullopt, "", "secret: sql"})},
  };
}

class gate : public testing::Test {
 protected:
  known_tokens tokens;
  test_server server{table(), {}, &tokens};
};

TEST_F(gate, a_credential_revoked_while_the_body_comes_is_refused) {
  static const std::string head =
      "POST /me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  raw_client client{server.port()};
  client.send(head);
  ASSERT_EQ(client.read()->status, 100);
  client.send("{}");
  EXPECT_EQ(client.read()->status, 200);
  client.send(head);
  ASSERT_EQ(client.read()->status, 100);
  tokens.revoked = true;
  client.send("{}");
  EXPECT_EQ(client.read()->status, 401);
  EXPECT_EQ(server.exchange(ask("GET", "/open")).status, 200);
}

TEST_F(gate, paths_with_and_without_prefix_reach_the_same_route) {
  EXPECT_EQ(server.exchange(ask("GET", "/open")).status, 200);
  const auto prefixed = server.exchange(ask("GET", "/api/v1/open"));
  EXPECT_EQ(prefixed.status, 200);
  EXPECT_THAT(prefixed.body, HasSubstr(R"("path":"/open")"));
  for (const char* none :
       {"/open/", "/opened", "/api/v2/open", "/api/v1", "/api/v1/", "/api/v1/api/v1/open", "/", "//open"}) {
    const auto answer = server.exchange(ask("GET", none));
    EXPECT_EQ(answer.status, 404) << none;
    EXPECT_EQ(answer.field("content-type"), "application/problem+json") << none;
    EXPECT_THAT(answer.body, HasSubstr(std::string{R"("instance":")"} + none + "\"")) << none;
  }
}

TEST_F(gate, parameters_are_decoded_after_routing) {
  EXPECT_EQ(server.exchange(ask("GET", "/things/a%2Fb%20c")).body, "a/b c");
  EXPECT_EQ(server.exchange(ask("GET", "/things/a+b")).body, "a+b");
  EXPECT_EQ(server.exchange(ask("GET", "/things/")).status, 404);
  EXPECT_EQ(server.exchange(ask("GET", "/query?q=a+b%26c&q=second")).body, "a b&c");
  EXPECT_EQ(server.exchange(ask("GET", "/query?Q=1")).body, "(none)");
}

TEST_F(gate, wrong_methods_name_the_right_ones) {
  for (const char* method : {"DELETE", "PUT", "POST", "TRACE", "PROPFIND", "BREW"}) {
    const auto answer =
        server.exchange(ask(method, "/things/1", "", method == std::string{"POST"} ? "" : std::string_view{}));
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.field("allow"), "GET, HEAD, PATCH, OPTIONS") << method;
  }
  EXPECT_EQ(server.exchange(ask("BREW", "/nothing")).status, 404);
  const auto options = server.exchange(ask("OPTIONS", "/things/1"));
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.field("allow"), "GET, HEAD, PATCH, OPTIONS");
  EXPECT_EQ(server.exchange(ask("OPTIONS", "*")).status, 204);
  EXPECT_EQ(server.exchange(ask("OPTIONS", "/nothing")).status, 404);
}

TEST_F(gate, head_is_get_without_the_body) {
  const auto get = server.exchange(ask("GET", "/things/abc"));
  const auto head = server.exchange(ask("HEAD", "/things/abc"), true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.field("content-length"), "3");
  EXPECT_EQ(head.field("content-type"), get.field("content-type"));
}

struct credential_case {
  const char* name;
  const char* method;
  const char* path;
  const char* fields;
  int status;
  const char* challenge;
};

TEST_F(gate, credentials) {
  const std::vector<credential_case> cases{
      {"none", "GET", "/me", "", 401, "Bearer realm=\"cumulo\""},
      {"other scheme", "GET", "/me", "Authorization: Basic Z29vZA==\r\n", 401, "Bearer realm=\"cumulo\""},
      {"scheme alone", "GET", "/me", "Authorization: Bearer\r\n", 401, "Bearer realm=\"cumulo\""},
      {"bad token", "GET", "/me", "Authorization: Bearer bad\r\n", 401,
       "Bearer realm=\"cumulo\", error=\"invalid_token\""},
      {"two tokens", "GET", "/me", "Authorization: Bearer good\r\nAuthorization: Bearer good\r\n", 401,
       "Bearer realm=\"cumulo\", error=\"invalid_token\""},
      {"good", "GET", "/me", "Authorization: Bearer good\r\n", 200, ""},
      {"scheme in any case", "GET", "/me", "authorization: bEaReR good\r\n", 200, ""},
      {"scope held", "GET", "/me", "Authorization: Bearer reader\r\n", 200, ""},
      {"scope missing", "POST", "/me", "Authorization: Bearer reader\r\n", 403,
       "Bearer realm=\"cumulo\", error=\"insufficient_scope\", scope=\"tasks:write\""},
      {"not an administrator", "GET", "/admin", "Authorization: Bearer good\r\n", 403, ""},
      {"administrator", "GET", "/admin", "Authorization: Bearer admin\r\n", 200, ""},
      {"no keys yet", "GET", "/me", "Authorization: Bearer no-keys\r\n", 503, ""},
      {"handler's own 401", "POST", "/sign-in", "", 401, "Bearer realm=\"cumulo\""},
      {"not asked for", "GET", "/open", "Authorization: Bearer bad\r\n", 200, ""},
  };
  for (const auto& c : cases) {
    const auto answer = server.exchange(ask(c.method, c.path, c.fields));
    EXPECT_EQ(answer.status, c.status) << c.name << answer.body;
    EXPECT_EQ(answer.field("www-authenticate"), c.challenge) << c.name;
  }
}

TEST_F(gate, media_types_of_bodies) {
  struct media_case {
    const char* method;
    const char* path;
    const char* type;
    int status;
  };
  const std::vector<media_case> cases{
      {"POST", "/things", "application/json", 200},
      {"POST", "/things", "Application/JSON; charset=utf-8", 200},
      {"PATCH", "/things/1", "application/merge-patch+json", 200},
      {"POST", "/things", "text/plain", 415},
      {"POST", "/things", "application/x-www-form-urlencoded", 415},
      {"POST", "/things", "application/jsonp", 415},
      {"POST", "/things", "", 415},
      {"PATCH", "/things/1", "text/plain", 415},
      {"POST", "/upload", "image/png", 200},
      {"POST", "/upload", "", 200},
      {"POST", "/feed", "text/calendar; charset=utf-8", 200},
      {"POST", "/feed", "application/json", 415},
  };
  for (const auto& c : cases) {
    const auto fields = *c.type == '\0' ? std::string{} : std::string{"Content-Type: "} + c.type + "\r\n";
    raw_client client{server.port()};
    client.send(ask(c.method, c.path, fields, "{}"));
    client.send(ask("GET", "/open"));
    const auto answer = client.read();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, c.status) << c.method << c.path << c.type;
    const auto next = client.read();  // the small unwanted body was read away
    ASSERT_TRUE(next);
    EXPECT_EQ(next->status, 200);
  }
  EXPECT_EQ(server.exchange(ask("POST", "/things", "Content-Type: text/plain\r\n", "")).status, 200)
      << "no body, no matter";
}

TEST_F(gate, failures_of_handlers_disclose_nothing) {
  struct failure_case {
    const char* path;
    int status;
    const char* detail;
  };
  for (const auto& c : std::vector<failure_case>{{"/bug", 500, "request_id"},
                                                 {"/no-database", 503, "Away."},
                                                 {"/full", 507, "Full."},
                                                 {"/unknown-failure", 500, "request_id"}}) {
    const auto answer = server.exchange(ask("GET", c.path, "X-Request-Id: mine\r\n"));
    EXPECT_EQ(answer.status, c.status) << c.path;
    EXPECT_EQ(answer.field("content-type"), "application/problem+json");
    EXPECT_THAT(answer.body, HasSubstr(c.detail));
    EXPECT_THAT(answer.body, HasSubstr(R"("request_id":"mine")"));
    EXPECT_THAT(answer.body, Not(HasSubstr("secret")));
    EXPECT_THAT(answer.body, Not(HasSubstr("half")));
  }
  EXPECT_EQ(server.exchange(ask("GET", "/no-database")).field("retry-after"), "1");
  EXPECT_EQ(server.exchange(ask("GET", "/busy")).field("retry-after"), "7");
}

TEST_F(gate, every_fault_is_in_the_problem) {
  const auto answer = server.exchange(ask("GET", "/invalid?b=1"));
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.body, HasSubstr(R"("errors":[{"pointer":"/a","code":"required","detail":"\"x\"\u000a"},)"
                                     R"({"pointer":"?b","code":"c","detail":"d"}])"));
  EXPECT_THAT(answer.body, HasSubstr(R"("instance":"/invalid")"));
  EXPECT_THAT(answer.body, HasSubstr(R"("title":"Unprocessable Content","status":422)"));
}

TEST_F(gate, request_ids) {
  const auto id_for = [&](const std::string& given) {
    return server.exchange(ask("GET", "/open", "X-Request-Id: " + given + "\r\n")).field("x-request-id");
  };
  EXPECT_EQ(id_for("Abc.1_2-3"), "Abc.1_2-3");
  EXPECT_EQ(id_for(std::string(64, 'a')), std::string(64, 'a'));
  for (const std::string& bad :
       {std::string(65, 'a'), std::string{"a b"}, std::string{"a\"b"}, std::string{"ä"}, std::string{}}) {
    const auto made = id_for(bad);
    EXPECT_NE(made, bad);
    EXPECT_TRUE(is_id(made)) << made;
  }
  EXPECT_TRUE(is_id(server.exchange("BAD\r\n\r\n").field("x-request-id")));
}

TEST_F(gate, traces_go_on) {
  const std::string mine = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto answer = server.exchange(ask("GET", "/trace", "traceparent: " + mine + "\r\n"));
  EXPECT_EQ(answer.body.size(), 55U);
  EXPECT_EQ(answer.body.substr(0, 36), mine.substr(0, 36));
  EXPECT_NE(answer.body.substr(36, 16), mine.substr(36, 16)) << "a span of its own";
  EXPECT_EQ(answer.body.substr(52), "-01");
  EXPECT_EQ(answer.field("traceparent"), answer.body);
  for (const char* bad : {"", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331", "zz",
                          "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01"}) {
    const auto fresh = server.exchange(ask("GET", "/trace", std::string{"traceparent: "} + bad + "\r\n")).body;
    ASSERT_EQ(fresh.size(), 55U) << bad;
    EXPECT_NE(fresh.substr(3, 32), mine.substr(3, 32)) << bad;
    EXPECT_EQ(fresh.substr(0, 3), "00-");
  }
}

TEST_F(gate, answers_carry_the_fields_that_protect_browsers) {
  const auto answer = server.exchange(ask("GET", "/open"));
  EXPECT_EQ(answer.field("x-content-type-options"), "nosniff");
  EXPECT_EQ(answer.field("referrer-policy"), "no-referrer");
  EXPECT_EQ(answer.field("x-frame-options"), "DENY");
  EXPECT_EQ(answer.field("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
  EXPECT_EQ(answer.field("cache-control"), "no-store");
  EXPECT_EQ(answer.field("access-control-allow-origin"), "");
  EXPECT_EQ(answer.field("vary"), "");
  EXPECT_THAT(answer.field("date"), testing::MatchesRegex("[A-Z][a-z]+, [0-9]+ [A-Z][a-z]+ [0-9]+ [0-9:]+ GMT"));
}

TEST_F(gate, cookies) {
  EXPECT_EQ(server.exchange(ask("GET", "/cookie", "Cookie: a=1; session=\"x y\"; b=2\r\n")).body, "x y");
  EXPECT_EQ(server.exchange(ask("GET", "/cookie", "Cookie: a=1\r\nCookie: session=z\r\n")).body, "z");
  EXPECT_EQ(server.exchange(ask("GET", "/cookie", "Cookie: xsession=z\r\n")).body, "");
}

TEST_F(gate, metrics_speak_of_templates) {
  server.exchange(ask("GET", "/things/1"));
  server.exchange(ask("GET", "/things/2"));
  server.exchange(ask("HEAD", "/things/2"), true);
  server.exchange(ask("GET", "/nothing/3"));
  server.exchange("nonsense\r\n\r\n");
  const std::string total = "cumulo_http_requests_total";
  EXPECT_EQ(server.metric(total, {{"method", "GET"}, {"route", "/things/{id}"}, {"status", "200"}}), 2);
  EXPECT_EQ(server.metric(total, {{"method", "HEAD"}, {"route", "/things/{id}"}, {"status", "200"}}), 1);
  EXPECT_EQ(server.metric(total, {{"route", "unmatched"}, {"status", "404"}}), 1);
  EXPECT_EQ(server.metric(total, {{"route", "unreadable"}, {"status", "400"}}), 1);
  EXPECT_EQ(server.metric("cumulo_http_request_duration_seconds", {{"route", "/things/{id}"}}), 3);
  EXPECT_EQ(server.metric("cumulo_http_rejected_total", {{"reason", "malformed"}}), 1);
  EXPECT_EQ(server.metric("cumulo_http_requests_in_flight", {}), 0);
}

TEST(gate_rates, by_address_then_by_account) {
  known_tokens tokens;
  test_server server{table(),
                     [](server_settings& s) {
                       s.rate_limits = true;
                       s.read_rate = {3, std::chrono::minutes{10}};
                       s.write_rate = {2, std::chrono::minutes{10}};
                       s.sign_in_rate = {1, std::chrono::minutes{10}};
                       s.trusted_proxies = {"127.0.0.0/8"};
                     },
                     &tokens};
  const auto from = [](const std::string& address) { return "X-Forwarded-For: " + address + "\r\n"; };
  for (int i = 0; i < 3; ++i) {
    const auto answer = server.exchange(ask("GET", "/open", from("192.0.2.1")));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.field("ratelimit-policy"), R"("read";q=3;w=600)");
    EXPECT_THAT(answer.field("ratelimit"), HasSubstr("\"read\";r=" + std::to_string(2 - i) + ";t="));
  }
  const auto refused = server.exchange(ask("GET", "/open", from("192.0.2.1")));
  EXPECT_EQ(refused.status, 429);
  EXPECT_GT(std::stoi(refused.field("retry-after")), 0);
  EXPECT_LE(std::stoi(refused.field("retry-after")), 200);
  EXPECT_EQ(refused.field("content-type"), "application/problem+json");
  EXPECT_EQ(server.exchange(ask("GET", "/open", from("192.0.2.2"))).status, 200) << "another address";
  // By account, wherever it calls from; another class of its own.
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(
        server.exchange(ask("GET", "/me", from("192.0.2." + std::to_string(10 + i)) + "Authorization: Bearer good\r\n"))
            .status,
        200);
  }
  EXPECT_EQ(server.exchange(ask("GET", "/me", from("192.0.2.99") + "Authorization: Bearer good\r\n")).status, 429);
  EXPECT_EQ(server.exchange(ask("GET", "/me", from("192.0.2.99") + "Authorization: Bearer reader\r\n")).status, 200);
  EXPECT_EQ(server.exchange(ask("POST", "/me", from("192.0.2.99") + "Authorization: Bearer good\r\n")).status, 200);
  // Sign-in is the tightest.
  EXPECT_EQ(server.exchange(ask("POST", "/sign-in", from("192.0.2.5"))).status, 401);
  EXPECT_EQ(server.exchange(ask("POST", "/sign-in", from("192.0.2.5"))).status, 429);
  EXPECT_EQ(server.exchange(ask("POST", "/sign-in", from("2001:db8::5"))).status, 401);
  EXPECT_EQ(server.exchange(ask("POST", "/sign-in", from("2001:db8::6:7"))).status, 429) << "the same /64";
  EXPECT_EQ(server.exchange(ask("POST", "/sign-in", from("2001:db8:0:1::5"))).status, 401) << "another /64";
  // Bad credentials use up an allowance of the address, and then are not even looked at.
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(server.exchange(ask("GET", "/me", from("192.0.2.7") + "Authorization: Bearer bad\r\n")).status, 401);
  }
  EXPECT_EQ(server.exchange(ask("GET", "/me", from("192.0.2.7") + "Authorization: Bearer bad\r\n")).status, 429);
  EXPECT_EQ(server.exchange(ask("GET", "/me", from("192.0.2.7") + "Authorization: Bearer admin\r\n")).status, 429);
  EXPECT_EQ(server.exchange(ask("GET", "/me", from("192.0.2.8") + "Authorization: Bearer admin\r\n")).status, 200);
  EXPECT_GE(server.metric("cumulo_http_rejected_total", {{"reason", "rate"}}), 5);
}

TEST(gate_rates, a_body_that_stands_for_many_takes_as_many) {
  known_tokens tokens;
  const auto limited = [](server_settings& s) {
    s.rate_limits = true;
    s.write_rate = {10, std::chrono::minutes{10}};
  };
  test_server server{table(), limited, &tokens};
  const auto send = [&](const char* who, const char* count) {
    return server.exchange(ask("POST", "/many",
                               std::string{"Content-Type: application/json\r\nAuthorization: Bearer "} + who + "\r\n",
                               count));
  };
  const auto first = send("good", "5");
  EXPECT_EQ(first.status, 200);
  EXPECT_THAT(first.field("ratelimit"), HasSubstr("\"write\";r=4;t="));
  const auto refused = send("good", "5");
  EXPECT_EQ(refused.status, 429);
  EXPECT_GT(std::stoi(refused.field("retry-after")), 0);
  EXPECT_THAT(refused.field("ratelimit"), HasSubstr("\"write\";r=3;t=")) << "but for its own, none was taken";
  EXPECT_EQ(send("good", "2").status, 200);
  EXPECT_EQ(send("good", "0").status, 429);
  EXPECT_EQ(send("admin", "1000").status, 200) << "more than there can ever be is all there is";
  EXPECT_EQ(send("admin", "0").status, 429);
  test_server unlimited{table(), {}, &tokens};
  EXPECT_EQ(
      unlimited.exchange(ask("POST", "/many", "Content-Type: application/json\r\nAuthorization: Bearer good\r\n", "99"))
          .status,
      200);
}

TEST(gate_proxies, only_the_trusted_speak_for_others) {
  const std::string forwarded = "X-Forwarded-For: 203.0.113.9, 10.0.0.1\r\nX-Forwarded-Proto: https\r\n";
  {
    test_server server{table()};
    EXPECT_EQ(server.exchange(ask("GET", "/address", forwarded)).body, "127.0.0.1");
  }
  test_server server{table(), [](server_settings& s) { s.trusted_proxies = {"127.0.0.1", "10.0.0.0/8"}; }};
  EXPECT_EQ(server.exchange(ask("GET", "/address", forwarded)).body, "203.0.113.9 secure");
  EXPECT_EQ(server.exchange(ask("GET", "/address", "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n")).body,
            "203.0.113.9")
      << "what stands left of an untrusted address is that client's invention";
  EXPECT_EQ(server.exchange(ask("GET", "/address", "X-Forwarded-For: nonsense\r\n")).body, "127.0.0.1");
  EXPECT_EQ(server.exchange(ask("GET", "/address")).body, "127.0.0.1");
  EXPECT_THROW((test_server{table(), [](server_settings& s) { s.trusted_proxies = {"10.0.0.0/33"}; }}),
               std::invalid_argument);
}

TEST(gate_cors, only_configured_origins) {
  test_server server{table(), [](server_settings& s) { s.cors_origins = {"https://a.example"}; }};
  const auto good = server.exchange(ask("GET", "/open", "Origin: https://a.example\r\n"));
  EXPECT_EQ(good.field("access-control-allow-origin"), "https://a.example");
  EXPECT_EQ(good.field("vary"), "Origin");
  const auto bad = server.exchange(ask("GET", "/open", "Origin: https://b.example\r\n"));
  EXPECT_EQ(bad.status, 200);
  EXPECT_EQ(bad.field("access-control-allow-origin"), "");
  EXPECT_EQ(bad.field("vary"), "Origin");
  const auto preflight = server.exchange(
      ask("OPTIONS", "/things/1", "Origin: https://a.example\r\nAccess-Control-Request-Method: PATCH\r\n"));
  EXPECT_EQ(preflight.status, 204);
  EXPECT_EQ(preflight.field("access-control-allow-methods"), "GET, HEAD, PATCH, OPTIONS");
  EXPECT_THAT(preflight.field("access-control-allow-headers"), HasSubstr("Authorization"));
  const auto refused = server.exchange(
      ask("OPTIONS", "/things/1", "Origin: https://b.example\r\nAccess-Control-Request-Method: PATCH\r\n"));
  EXPECT_EQ(refused.field("access-control-allow-methods"), "");
}

TEST(gate_page, answers_what_no_api_path_takes) {
  test_server server{table(), {}, nullptr, 1, see([](const request& r) { return "page " + std::string{r.path()}; })};
  EXPECT_EQ(server.exchange(ask("GET", "/")).body, "page /");
  EXPECT_EQ(server.exchange(ask("GET", "/app/inbox")).body, "page /app/inbox");
  EXPECT_EQ(server.exchange(ask("POST", "/app/inbox")).status, 404);
  EXPECT_EQ(server.exchange(ask("GET", "/api/v1/app")).status, 404);
  EXPECT_EQ(server.exchange(ask("DELETE", "/open")).status, 405);
}

}  // namespace
}  // namespace cumulo::http::test
