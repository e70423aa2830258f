#include "notification-service/delivery/webhook_body.hpp"

#include <gmock/gmock.h>

#include <regex>

namespace cumulo::notifications {
namespace {

using testing::ElementsAre;

constexpr std::string_view site = "https://tasks.example.org";

webhook_message said(std::string title, std::optional<std::string> body = {}, std::optional<std::string> link = {}) {
  return {.id = "m",
          .type = "notification.direct",
          .at = from_millis(0),
          .title = std::move(title),
          .body = std::move(body),
          .link = std::move(link),
          .data = R"({"a":1})"};
}

struct body_case {
  webhook_format format;
  webhook_message what;
  std::string body;
};

TEST(webhook_bodies, are_written_as_each_format_wants_them) {
  using enum webhook_format;
  const std::vector<body_case> cases{
      {standard, said("T", "b"),
       R"({"type":"notification.direct","timestamp":"1970-01-01T00:00:00.000Z","data":{"a":1}})"},
      {slack, said("T"), R"({"text":"*T*"})"},
      {slack, said("a & <b>", "x\ny", "/app/1"),
       R"({"text":"*a &amp; &lt;b&gt;*\nx\ny\nhttps://tasks.example.org/app/1"})"},
      {slack, said("T", "<!channel> <@U1>"), R"({"text":"*T*\n&lt;!channel&gt; &lt;@U1&gt;"})"},
      {discord, said("*T*", "`x` [l](u)", "https://x.example/"),
       R"({"content":"**\\*T\\***\n\\`x\\` \\[l\\](u)\nhttps://x.example/","allowed_mentions":{"parse":[]}})"},
      {ntfy, said("T", "body"), "body"},
      {ntfy, said("T"), "T"},
  };
  for (const auto& each : cases) {
    EXPECT_EQ(write_webhook(each.format, each.what, site).body, each.body) << to_text(each.format);
  }
}

TEST(webhook_bodies, ntfy_has_title_and_link_in_fields_that_cannot_be_broken_out_of) {
  EXPECT_THAT(
      write_webhook(webhook_format::ntfy, said("Tea", {}, "/app"), site).headers,
      ElementsAre("Content-Type: text/plain; charset=utf-8", "Title: Tea", "Click: https://tasks.example.org/app"));
  EXPECT_THAT(write_webhook(webhook_format::ntfy, said("a\r\nX: y"), site).headers,
              ElementsAre("Content-Type: text/plain; charset=utf-8", "Title: =?UTF-8?B?YQ0KWDogeQ==?="));
  EXPECT_THAT(write_webhook(webhook_format::ntfy, said("ü"), site).headers[1], "Title: =?UTF-8?B?w7w=?=");
  EXPECT_THAT(write_webhook(webhook_format::ntfy, said("=?x?="), site).headers[1], "Title: =?UTF-8?B?PT94Pz0=?=");
}

TEST(webhook_bodies, stay_within_the_chats_limits_whatever_they_say) {
  for (const auto format : {webhook_format::slack, webhook_format::discord, webhook_format::ntfy}) {
    const std::size_t most = format == webhook_format::discord ? 2'100
                             : format == webhook_format::ntfy  ? 4'096
                                                               : 40'000;
    for (const std::string_view piece : {"x", "ü", "💡", "*", "&", "\\"}) {
      std::string title;
      std::string body;
      for (int i = 0; i < 200; ++i) title += piece;
      while (body.size() < 8'192) body += piece;
      const auto made = write_webhook(format, said(title, body, "/" + std::string(300, 'l')), site);
      const std::string text = std::regex_replace(made.body, std::regex{R"(\\\\)"}, R"(\)");  // as JSON is read
      EXPECT_LE(text.size(), most) << to_text(format) << piece;
      for (const auto& each : made.headers) EXPECT_LE(each.size(), 1'000U);
      EXPECT_NE(made.body.find(format == webhook_format::ntfy ? "…" : "lll"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace cumulo::notifications
