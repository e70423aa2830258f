// The fetcher against a small HTTP server of this test's own.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <prometheus/registry.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "platform/auth/token.hpp"
#include "platform/core/id.hpp"

namespace cumulo::auth {
namespace {

using namespace std::chrono_literals;

/// Answers `GET path` with what was set for it, counts the requests; one connection at a time.
class small_server {
 public:
  struct answer {
    int status = 200;
    std::string body;
    std::chrono::milliseconds delay{0};
    std::string tag{};
  };

  explicit small_server(std::uint16_t port = 0) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons(port);
    socklen_t size = sizeof at;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(at.sin_port);
    thread_ = std::thread{[this] { serve(); }};
  }
  ~small_server() {
    ending_ = true;
    thread_.join();
    ::close(listener_);
  }
  small_server(const small_server&) = delete;
  small_server& operator=(const small_server&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  void set(const std::string& path, answer a) {
    const std::scoped_lock guard{lock_};
    answers_[path] = std::move(a);
  }
  [[nodiscard]] int unchanged() const { return unchanged_; }
  int asked(const std::string& path) {
    const std::scoped_lock guard{lock_};
    return asked_[path];
  }

 private:
  void serve() {
    while (!ending_) {
      pollfd ready{listener_, POLLIN, 0};
      if (::poll(&ready, 1, 20) != 1) continue;
      const int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) continue;
      std::string request(4'096, '\0');
      const auto n = ::recv(peer, request.data(), request.size(), 0);
      request.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
      const auto path = request.substr(4, request.find(' ', 4) - 4);
      answer a{.status = 404, .body = "{}"};
      {
        const std::scoped_lock guard{lock_};
        ++asked_[path];
        if (answers_.contains(path)) a = answers_[path];
      }
      if (!a.tag.empty() && request.find("If-None-Match: " + a.tag + "\r\n") != std::string::npos) {
        a.status = 304;
        a.body.clear();
        ++unchanged_;
      }
      for (auto left = a.delay; left > 0ms && !ending_; left -= 10ms) std::this_thread::sleep_for(10ms);
      const std::string text = "HTTP/1.1 " + std::to_string(a.status) +
                               " x\r\nContent-Length: " + std::to_string(a.body.size()) +
                               (a.tag.empty() ? "" : "\r\nETag: " + a.tag) + "\r\nConnection: close\r\n\r\n" + a.body;
      for (std::size_t sent = 0; sent < text.size();) {
        const auto k = ::send(peer, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (k <= 0) break;
        sent += static_cast<std::size_t>(k);
      }
      ::close(peer);
    }
  }

  int listener_;
  std::uint16_t port_{};
  std::atomic<bool> ending_{false};
  std::atomic<int> unchanged_{0};
  std::mutex lock_;
  std::map<std::string, answer> answers_;
  std::map<std::string, int> asked_;
  std::thread thread_;
};

constexpr auto keys_path = "/.well-known/jwks.json";
constexpr auto revocations_path = "/.well-known/revocations";

bool soon(const std::function<bool()>& condition, std::chrono::milliseconds within = 10s) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

struct trust_fetcher_test : testing::Test {
  signing_key key = generate_signing_key();
  token_signer signer{key, {}};
  trust_store store;
  token_verifier verifier{store, {}};
  principal who{.account_id = new_id(), .credential_id = new_id(), .expires_at = system_clock().now() + 15min};
  std::string token = signer.sign(who, system_clock().now());
  std::unique_ptr<small_server> server = std::make_unique<small_server>();

  trust_fetcher_test() {
    publish({key});
    revoke({});
  }
  void publish(const std::vector<signing_key>& keys) {
    std::vector<std::string> jwks;
    for (const auto& k : keys) jwks.push_back(k.public_jwk);
    server->set(keys_path, {.body = make_jwks(jwks)});
  }
  void revoke(const std::vector<std::string>& ids) {
    std::string body = R"({"revoked":[)";
    for (const auto& id : ids) body += (body.back() == '[' ? "\"" : ",\"") + id + '"';
    server->set(revocations_path, {.body = body + "]}"});
  }
  [[nodiscard]] trust_fetcher_settings settings() const {
    return {.jwks_url = server->url(keys_path), .keys_every = 1h, .revocations_every = 50ms};
  }
  bool accepts(const std::string& t) { return verifier.authenticate(t).has_value(); }
};

TEST_F(trust_fetcher_test, fetches_both_and_says_so) {
  trust_fetcher fetcher{store, settings()};
  EXPECT_FALSE(fetcher.state().fresh);
  EXPECT_NE(fetcher.state().detail.find("not fetched yet"), std::string::npos);
  fetcher.start();
  EXPECT_TRUE(soon([&] { return accepts(token) && fetcher.state().fresh; })) << fetcher.state().detail;
  EXPECT_NE(fetcher.state().detail.find("keys fetched 0 s ago"), std::string::npos) << fetcher.state().detail;
}

TEST_F(trust_fetcher_test, measures_when_each_was_fetched_last) {
  prometheus::Registry registry;
  trust_fetcher_settings measured = settings();
  measured.metrics = &registry;
  auto fetched_at = [&](std::string_view what) {
    double found = 0;
    for (const auto& family : registry.Collect()) {
      for (const auto& each : family.metric) {
        if (each.label.at(0).value == what) found = each.gauge.value;
      }
    }
    return found;
  };
  trust_fetcher fetcher{store, measured};
  const double made = fetched_at("revocations");
  EXPECT_NEAR(made, static_cast<double>(to_millis(system_clock().now())) / 1000, 5);
  fetcher.start();
  ASSERT_TRUE(soon([&] { return accepts(token) && fetched_at("revocations") > made + 1; }));
  EXPECT_LT(fetched_at("keys"), made + 1) << "they are fetched hourly";

  server->set(revocations_path, {.status = 500, .body = "{}"});
  ASSERT_TRUE(soon([&] { return !fetcher.state().fresh; }));
  const double last = fetched_at("revocations");
  std::this_thread::sleep_for(1200ms);
  EXPECT_EQ(fetched_at("revocations"), last) << "an answer that says nothing is none";
}

TEST_F(trust_fetcher_test, a_revocation_arrives) {
  trust_fetcher fetcher{store, settings()};
  fetcher.start();
  ASSERT_TRUE(soon([&] { return accepts(token); }));
  revoke({new_id(), who.credential_id});
  EXPECT_TRUE(soon([&] { return !accepts(token); }));
}

TEST_F(trust_fetcher_test, asks_only_for_what_has_changed) {
  server->set(revocations_path, {.body = R"({"revoked":[]})", .delay = 0ms, .tag = "\"one\""});
  trust_fetcher fetcher{store, settings()};
  fetcher.start();
  ASSERT_TRUE(soon([&] { return server->unchanged() >= 2; }));
  EXPECT_TRUE(accepts(token));
  EXPECT_TRUE(soon([&] { return fetcher.state().fresh; })) << fetcher.state().detail;
  server->set(revocations_path,
              {.body = R"({"revoked":[")" + who.account_id + R"("]})", .delay = 0ms, .tag = "\"two\""});
  EXPECT_TRUE(soon([&] { return !accepts(token); }));
  const int before = server->unchanged();
  EXPECT_TRUE(soon([&] { return server->unchanged() > before; }));
  EXPECT_FALSE(accepts(token)) << "what is unchanged stays in force";
}

TEST_F(trust_fetcher_test, what_was_fetched_stays_in_use_while_the_source_is_away_or_mad) {
  trust_fetcher fetcher{store, settings()};
  fetcher.start();
  ASSERT_TRUE(soon([&] { return accepts(token) && fetcher.state().fresh; }));
  const auto port = server->port();
  for (const auto& bad :
       {small_server::answer{.status = 500, .body = "{}"}, small_server::answer{.body = "<html>"},
        small_server::answer{.body = R"({"revoked":[1]})"}, small_server::answer{.body = R"({"revoked":{}})"}}) {
    server->set(revocations_path, bad);
    EXPECT_TRUE(soon([&] { return !fetcher.state().fresh; }));
    EXPECT_TRUE(accepts(token));
    revoke({});
    EXPECT_TRUE(soon([&] { return fetcher.state().fresh; })) << fetcher.state().detail;
  }
  server.reset();
  EXPECT_TRUE(soon([&] { return !fetcher.state().fresh; }));
  EXPECT_TRUE(accepts(token));
  EXPECT_NE(fetcher.state().detail.find("since then:"), std::string::npos) << fetcher.state().detail;
  server = std::make_unique<small_server>(port);
  publish({key});
  revoke({who.account_id});
  EXPECT_TRUE(soon([&] { return !accepts(token); })) << "it comes back by itself";
}

TEST_F(trust_fetcher_test, starts_before_its_source) {
  const auto port = server->port();
  const auto early = settings();
  server.reset();
  trust_fetcher fetcher{store, early};
  fetcher.start();
  EXPECT_TRUE(soon([&] { return fetcher.state().detail.find("keys: ") != std::string::npos; }))
      << fetcher.state().detail;
  EXPECT_EQ(verifier.authenticate(token).error().code, errc::unavailable);
  server = std::make_unique<small_server>(port);
  publish({key});
  revoke({});
  EXPECT_TRUE(soon([&] { return accepts(token); }));
}

TEST_F(trust_fetcher_test, an_unknown_key_is_looked_for_but_made_up_ones_do_not_drive_it) {
  trust_fetcher fetcher{store, settings()};
  fetcher.start();
  ASSERT_TRUE(soon([&] { return accepts(token) && fetcher.state().fresh; }));
  const auto next = generate_signing_key();
  const token_signer next_signer{next, {}};
  const std::string new_token = next_signer.sign(who, system_clock().now());
  publish({key, next});
  EXPECT_TRUE(soon([&] { return accepts(new_token); })) << "although the keys are fetched hourly";
  const int before = server->asked(keys_path);
  for (int i = 0; i < 500; ++i) {
    const token_signer stranger{generate_signing_key(), {}};
    EXPECT_FALSE(accepts(stranger.sign(who, system_clock().now())));
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_LE(server->asked(keys_path), before + 1);
}

TEST_F(trust_fetcher_test, stops_at_once_even_when_the_source_hangs) {
  server->set(keys_path, {.body = "{}", .delay = 4s});
  auto fetcher = std::make_unique<trust_fetcher>(store, settings());
  fetcher->start();
  ASSERT_TRUE(soon([&] { return server->asked(keys_path) == 1; }));
  const auto begun = std::chrono::steady_clock::now();
  fetcher->stop();
  fetcher.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
}

TEST_F(trust_fetcher_test, other_protocols_are_refused) {
  trust_fetcher fetcher{store, {.jwks_url = "file:///etc/passwd", .revocations_url = "ftp://127.0.0.1/x"}};
  fetcher.start();
  EXPECT_TRUE(soon([&] { return fetcher.state().detail.find("nsupported protocol") != std::string::npos; }))
      << fetcher.state().detail;
}

}  // namespace
}  // namespace cumulo::auth
