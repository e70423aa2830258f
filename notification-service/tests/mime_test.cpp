#include "notification-service/mail/mime.hpp"

#include <gmock/gmock.h>

namespace cumulo::notifications::mail {
namespace {

using testing::HasSubstr;
using testing::Not;

mail_message plain() {
  return {.from = {"Cumulo", "cumulo@example.org"},
          .to = {"Ann", "ann@example.org"},
          .subject = "Hello",
          .message_id = "id@example.org",
          .date = from_millis(1'800'000'000'000),
          .text = "Text",
          .html = "<p>Text</p>"};
}

/// Every header line of the whole message, unfolded.
std::vector<std::string> header_lines(const std::string& message) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < message.size()) {
    const std::size_t end = message.find("\r\n", at);
    const std::string line = message.substr(at, end - at);
    if (line.empty()) break;
    if (line.front() == ' ') {
      lines.back() += line;
    } else {
      lines.push_back(line);
    }
    at = end + 2;
  }
  return lines;
}

TEST(mime, lines_end_in_crlf_and_are_short) {
  mail_message m = plain();
  m.subject = std::string(900, 'x') + " \xc3\xa9";
  m.text = std::string(5000, 'y') + "\n" + std::string(300, ' ') + "\n.\r\nFrom me\rx";
  m.fields = {{"List-Unsubscribe", "<https://example.org/" + std::string(300, 'z') + ">"}};
  const std::string out = to_rfc5322(m);
  std::size_t at = 0;
  while (at < out.size()) {
    const std::size_t end = out.find("\r\n", at);
    ASSERT_NE(end, std::string::npos);
    const std::string line = out.substr(at, end - at);
    EXPECT_LE(line.size(), line.starts_with("List-Uns") ? 998U : 78U) << line;
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, Not(HasSubstr("\r")));
    EXPECT_NE(line, ".");
    at = end + 2;
  }
}

TEST(mime, nothing_in_a_text_becomes_a_field_a_part_or_an_end) {
  mail_message m = plain();
  const std::string attack = "x\r\nBcc: evil@example.org\r\n\r\n--=_id\r\nContent-Type: text/x-evil\r\n\r\n";
  m.subject = m.to.name = m.from.name = attack;
  m.text = m.html = attack;
  m.fields = {{"X-Test", attack}};
  const std::string out = to_rfc5322(m);
  for (const std::string& line : header_lines(out)) {
    EXPECT_FALSE(line.starts_with("Bcc")) << line;
    EXPECT_FALSE(line.starts_with("Content-Type: text/x-evil"));
  }
  EXPECT_THAT(out, Not(HasSubstr("\r\n--=_id\r\nContent-Type: text/x-evil")));
  EXPECT_EQ(header_lines(out).size(), 8U);
}

TEST(mime, the_same_message_is_the_same_bytes) { EXPECT_EQ(to_rfc5322(plain()), to_rfc5322(plain())); }

TEST(mime, quoted_printable_table) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", ""},
      {"abc", "abc"},
      {"a=b", "a=3Db"},
      {"caf\xc3\xa9", "caf=C3=A9"},
      {"a \nb\t\nc ", "a=20\r\nb=09\r\nc=20"},
      {"a\r\nb", "a\r\nb"},
      {"a\rb", "a=0Db"},
      {".\n.x", "=2E\r\n=2Ex"},
      {"From x", "=46rom x"},
      {std::string(76, 'a'), std::string(75, 'a') + "=\r\na"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(quoted_printable(text), expected);
}

TEST(mime, encoded_words_keep_characters_whole) {
  EXPECT_EQ(encode_words("Hello there", 9), "Hello there");
  EXPECT_EQ(encode_words("caf\xc3\xa9", 9), "=?utf-8?B?Y2Fmw6k=?=");
  EXPECT_THAT(encode_words("a =?utf-8?Q?x?= b", 9), HasSubstr("=?utf-8?B?YSA9"));
  std::string long_text;
  for (int i = 0; i < 60; ++i) long_text += "\xf0\x9f\x98\x80";
  const std::string words = encode_words(long_text, 9);
  std::size_t at = 0;
  while ((at = words.find("?B?", at)) != std::string::npos) {
    const std::size_t end = words.find("?=", at);
    EXPECT_EQ((end - at - 3) % 4, 0U);
    const std::size_t padding = words[end - 1] == '=' ? (words[end - 2] == '=' ? 2U : 1U) : 0U;
    EXPECT_EQ(((end - at - 3) / 4 * 3 - padding) % 4, 0U) << "whole characters of four bytes";
    at = end;
  }
}

TEST(mime, mailable_addresses) {
  for (const char* good : {"ann@example.org", "a.b+c=d@example.org", "o'neil@example.co.uk", "x@localhost"}) {
    EXPECT_TRUE(is_mailable(good)) << good;
  }
  for (const char* bad : {"",
                          "ann",
                          "@example.org",
                          "ann@",
                          "a b@example.org",
                          "a@b@c",
                          "a@example.org\r\nX: y",
                          "<a@example.org>",
                          "a,b@example.org",
                          "\"a\"@example.org",
                          "a\n@example.org",
                          "caf\xc3\xa9@example.org",
                          ".a@example.org",
                          "a.@example.org",
                          "a..b@example.org",
                          "a@.example.org",
                          "a@-example.org",
                          "a(x)@example.org",
                          "a@[127.0.0.1]",
                          "a;b@example.org"}) {
    EXPECT_FALSE(is_mailable(bad)) << bad;
  }
}

TEST(mime, mailboxes) {
  EXPECT_EQ(parse_mailbox("Cumulo <c@example.org>").name, "Cumulo");
  EXPECT_EQ(parse_mailbox("\"My, team\" <c@example.org>").name, "My, team");
  EXPECT_EQ(parse_mailbox(" c@example.org ").address, "c@example.org");
  EXPECT_EQ(parse_mailbox("Cumulo c@example.org>").address, "");
  EXPECT_EQ(parse_mailbox("").address, "");
}

TEST(mime, dates) {
  EXPECT_EQ(rfc5322_date(*parse_rfc3339("2026-12-01T16:00:09Z")), "Tue, 01 Dec 2026 16:00:09 +0000");
  EXPECT_EQ(rfc5322_date(*parse_rfc3339("2024-02-29T23:59:59.999Z")), "Thu, 29 Feb 2024 23:59:59 +0000");
}

}  // namespace
}  // namespace cumulo::notifications::mail
