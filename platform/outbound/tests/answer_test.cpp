#include "platform/outbound/answer.hpp"

#include <gtest/gtest.h>

namespace cumulo::outbound {
namespace {

TEST(answers, fields_are_found_whatever_their_case) {
  const std::string_view head =
      "HTTP/1.1 100 Continue\r\nX: old\r\nOnly-Old: 1\r\n\r\nHTTP/1.1 200 OK\r\nx:  new \r\nX: b\r\n\r\n";
  EXPECT_EQ(field(head, "x"), "new");
  EXPECT_EQ(field(head, "only-old"), std::nullopt);
  EXPECT_EQ(field("HTTP/1.1 200 OK\nX-Y:1", "x-y"), "1");
  EXPECT_EQ(field("HTTP/1.1 200 OK\r\nX:\r\n", "x"), "");
  EXPECT_EQ(field("", "x"), std::nullopt);
}

TEST(answers, retry_after_is_seconds_or_a_date) {
  const instant now = from_millis(1'792'000'000'000);  // Wed, 14 Oct 2026 17:46:40 GMT
  const auto asked = [&](std::string_view value) -> std::int64_t {
    const auto wait = retry_after("HTTP/1.1 429 x\r\nRetry-After: " + std::string{value} + "\r\n\r\n", now);
    return wait ? wait->count() : -1;
  };
  EXPECT_EQ(asked("0"), 0);
  EXPECT_EQ(asked("120"), 120);
  EXPECT_EQ(asked("Wed, 14 Oct 2026 17:47:40 GMT"), 60);
  EXPECT_EQ(asked("Wed, 14 Oct 2020 17:47:40 GMT"), 0) << "in the past";
  EXPECT_EQ(asked("99999999999999999999"), 31 * 24 * 3600);
  for (const char* nonsense : {"", "soon", "-", "1.5h"}) EXPECT_EQ(asked(nonsense), -1) << nonsense;
}

}  // namespace
}  // namespace cumulo::outbound
