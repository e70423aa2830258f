#include <gmock/gmock.h>

#include "platform/core/io_threads.hpp"
#include "platform/outbound/client.hpp"
#include "platform/outbound/tests/scripted_server.hpp"
#include "platform/testing/run.hpp"

namespace cumulo::outbound {
namespace {

using namespace std::chrono_literals;
using test::peer;
using test::scripted_server;
using testing::ElementsAre;

constexpr std::string_view hang = "hang";
constexpr std::string_view leave = "leave";

/// What the server replies at each step of the dialogue; `hang` and `leave` for what they say.
struct replies {
  std::string_view greeting = "220 ready";
  std::string_view hello = "250 mail.example";
  std::string_view from = "250 ok";
  std::string_view to = "250 ok";
  std::string_view data = "354 go on";
  std::string_view stored = "250 queued";
};

struct post_office {
  explicit post_office(replies given) : says(given) {}

  bool reply(peer& p, std::string_view what) {
    if (what == leave) return false;
    if (what == hang) {
      p.wait_for_end();
      return false;
    }
    p.write(std::string{what} + "\r\n");
    return true;
  }
  void serve(peer& p) {
    if (!reply(p, says.greeting)) return;
    for (std::string line = p.read_until("\r\n"); !line.empty(); line = p.read_until("\r\n")) {
      std::string_view answer = "250 ok";
      if (line.starts_with("EHLO") || line.starts_with("HELO")) answer = says.hello;
      if (line.starts_with("MAIL")) answer = says.from;
      if (line.starts_with("RCPT")) answer = says.to;
      if (line.starts_with("QUIT")) answer = leave;
      if (line.starts_with("DATA")) {
        if (!reply(p, says.data)) return;
        if (!says.data.starts_with("354")) continue;
        const std::string got = p.read_until("\r\n.\r\n");
        const std::scoped_lock guard{lock};
        messages.push_back(got);
        answer = says.stored;
      }
      if (!reply(p, answer)) return;
    }
  }

  replies says;
  std::mutex lock;
  std::vector<std::string> messages;
  scripted_server server{[this](peer& p) { serve(p); }};
};

class outbound_smtp : public testing::Test {
 protected:
  outbound_smtp() { threads.start(); }
  ~outbound_smtp() override {
    calls.stop();
    threads.stop();
  }
  exchange send(const scripted_server& to, std::chrono::milliseconds timeout = 30s, bool require_tls = false) {
    smtp_call call{.server = "smtp://" + to.at("127.0.0.1"),
                   .require_tls = require_tls,
                   .from = "cumulo@example.com",
                   .to = {"ann@example.com"},
                   .message = "Subject: x\r\n\r\n.dot\r\nbody\r\n",
                   .timeout = timeout};
    return cumulo::test::run(threads, calls.send(std::move(call)));
  }

  io_threads threads{1};
  client calls{{}};  // loopback is not allowed: the administrator's server is exempt
};

TEST_F(outbound_smtp, messages_arrive_over_one_connection) {
  post_office office{{}};
  for (int i = 0; i < 3; ++i) {
    const auto sent = send(office.server);
    EXPECT_EQ(sent.failed, std::nullopt) << sent.detail;
    EXPECT_EQ(sent.status, 250);
  }
  EXPECT_EQ(office.server.connections(), 1);
  const std::string stuffed = "Subject: x\r\n\r\n..dot\r\nbody\r\n.\r\n";
  EXPECT_THAT(office.messages, ElementsAre(stuffed, stuffed, stuffed));
}

TEST_F(outbound_smtp, every_fault_at_every_step_has_its_kind) {
  struct fault_case {
    replies says;
    failure failed;
    int status;
  };
  const std::vector<fault_case> cases{
      {{.greeting = "421 busy"}, failure::protocol, 421},
      {{.greeting = "554 no"}, failure::protocol, 554},
      {{.greeting = leave}, failure::unreachable, 0},
      {{.greeting = hang}, failure::timeout, 0},
      {{.hello = "421 later"}, failure::protocol, 421},
      {{.hello = leave}, failure::unreachable, 220},
      {{.hello = hang}, failure::timeout, 220},
      {{.from = "451 later"}, failure::protocol, 451},
      {{.from = "550 no"}, failure::protocol, 550},
      {{.from = leave}, failure::unreachable, 250},
      {{.from = hang}, failure::timeout, 250},
      {{.to = "450 busy"}, failure::protocol, 450},
      {{.to = "550 5.1.1 nobody"}, failure::protocol, 550},
      {{.to = leave}, failure::unreachable, 250},
      {{.to = hang}, failure::timeout, 250},
      {{.data = "452 full"}, failure::protocol, 452},
      {{.data = "554 no"}, failure::protocol, 554},
      {{.data = leave}, failure::unreachable, 250},
      {{.data = hang}, failure::timeout, 250},
      {{.stored = "452 full"}, failure::protocol, 452},
      {{.stored = "554 spam"}, failure::protocol, 554},
      {{.stored = leave}, failure::unreachable, 354},
      {{.stored = hang}, failure::timeout, 354},
  };
  int number = 0;
  for (const auto& each : cases) {
    SCOPED_TRACE("case " + std::to_string(number++));
    post_office office{each.says};
    const auto sent = send(office.server, each.failed == failure::timeout ? 200ms : 30'000ms);
    EXPECT_EQ(sent.failed, each.failed) << sent.detail;
    EXPECT_EQ(sent.status, each.status);
    const std::string said = each.failed == failure::protocol ? std::to_string(each.status) : "";
    EXPECT_THAT(sent.detail, testing::StartsWith(said));
  }
}

TEST_F(outbound_smtp, tls_that_is_required_and_not_offered_is_a_failure) {
  post_office office{{}};
  EXPECT_EQ(send(office.server, 30s, true).failed, failure::tls);
  EXPECT_THAT(office.messages, testing::IsEmpty());
}

TEST_F(outbound_smtp, commands_cannot_be_slipped_in) {
  post_office office{{}};
  for (const char* bad : {"ann@example.com>\r\nRCPT TO:<eve@example.com", "a b@example.com", "a\n@example.com"}) {
    smtp_call call{.server = "smtp://" + office.server.at("127.0.0.1"),
                   .require_tls = false,
                   .from = "cumulo@example.com",
                   .to = {bad},
                   .message = "x\r\n"};
    EXPECT_EQ(cumulo::test::run(threads, calls.send(call)).failed, failure::invalid) << bad;
    std::swap(call.from, call.to.front());
    EXPECT_EQ(cumulo::test::run(threads, calls.send(call)).failed, failure::invalid) << bad;
  }
  EXPECT_EQ(office.server.connections(), 0);
}

}  // namespace
}  // namespace cumulo::outbound
