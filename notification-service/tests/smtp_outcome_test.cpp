#include "notification-service/delivery/smtp_outcome.hpp"

#include <gmock/gmock.h>

namespace cumulo::notifications {
namespace {

using enum attempt::outcome;

constexpr const char* hello = "220 mx\r\n250-mx\r\n250-SIZE 1\r\n250 HELP\r\n";
constexpr const char* tls = "220 mx\r\n250-mx\r\n250 STARTTLS\r\n220 go\r\n250 mx\r\n";
constexpr const char* signed_in = "220 mx\r\n250 mx\r\n334 x\r\n334 y\r\n235 ok\r\n";

outbound::exchange refused(const std::string& replies, const std::string& last) {
  outbound::exchange seen;
  seen.headers = replies + last + "\r\n221 bye\r\n";
  seen.status = std::stoi(last.substr(0, 3));
  seen.failed = outbound::failure::protocol;
  seen.detail = "221 bye";
  return seen;
}

TEST(smtp_outcomes, by_step_and_reply) {
  struct row {
    std::string replies;
    std::string last;
    attempt::outcome how;
    bool address_refused{false};
  };
  std::vector<row> table{{"", "421 closing", retry},
                         {"", "554 no service here", retry},
                         {"220 mx\r\n", "421 busy", retry},
                         {"220 mx\r\n502 no EHLO\r\n", "502 no HELO", retry},
                         {"220 mx\r\n250 mx\r\n334 x\r\n", "535 bad password", retry},
                         {"220 mx\r\n250 mx\r\n", "535 bad password", retry}};
  for (const std::string start : {hello, tls, signed_in, "", "220 mx\r\n502 no\r\n250 mx\r\n"}) {
    const std::string mail = start + "250 ok\r\n";
    const std::string rcpt = mail + "250 ok\r\n";
    const std::string data = rcpt + "354 go\r\n";
    const std::vector<row> steps{{start, "451 later", retry},
                                 {start, "550 5.7.1 sender refused", retry},
                                 {mail, "450 greylisted", retry},
                                 {mail, "550 5.1.1 unknown", failed, true},
                                 {mail, "551 moved", failed, true},
                                 {mail, "552 5.2.2 full", failed},
                                 {mail, "550 5.7.1 policy", failed},
                                 {rcpt, "451 later", retry},
                                 {rcpt, "554 no valid recipients", failed},
                                 {data, "452 full", retry},
                                 {data, "550 looks like spam", failed},
                                 {data, "554 5.6.0 refused", failed}};
    table.insert(table.end(), steps.begin(), steps.end());
  }
  for (const row& each : table) {
    const attempt got = outcome_of(refused(each.replies, each.last));
    EXPECT_EQ(got.how, each.how) << each.replies << each.last;
    EXPECT_EQ(got.address_refused, each.address_refused) << each.replies << each.last;
    EXPECT_EQ(got.error, each.last);
  }
}

TEST(smtp_outcomes, of_broken_connections_are_tried_again) {
  for (const auto kind : {outbound::failure::unresolvable, outbound::failure::unreachable, outbound::failure::tls,
                          outbound::failure::timeout, outbound::failure::too_large, outbound::failure::stopped,
                          outbound::failure::busy, outbound::failure::invalid}) {
    outbound::exchange seen;
    seen.failed = kind;
    seen.detail = "why\r\nnot";
    const attempt got = outcome_of(seen);
    EXPECT_EQ(got.how, retry) << to_text(kind);
    EXPECT_EQ(got.retry_after.has_value(), kind == outbound::failure::stopped);
    EXPECT_EQ(got.error, kind == outbound::failure::stopped ? "interrupted by a stop" : "whynot") << "one line";
  }
  EXPECT_EQ(outcome_of({}).how, delivered);
}

}  // namespace
}  // namespace cumulo::notifications
