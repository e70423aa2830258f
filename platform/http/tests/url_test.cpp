#include "platform/http/url.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cumulo::http {
namespace {

TEST(url, well_encoded) {
  for (const char* good : {"", "/a/b?c=d", "/caf%C3%A9", "/%F0%9F%98%80", "/%7f", "/caf\xc3\xa9"})
    EXPECT_TRUE(is_well_encoded(good)) << good;
  for (const char* bad :
       {"%", "%4", "a%4", "%zz", "%00", "/caf%E9", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "%C3", "\xff", "%E2%82"}) {
    EXPECT_FALSE(is_well_encoded(bad)) << bad;
  }
  EXPECT_FALSE(is_well_encoded(std::string_view("a\0b", 3)));
}

TEST(url, encoding_is_undone_by_decoding) {
  std::mt19937 random{5};
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (auto n = random() % 30; n > 0; --n) text += static_cast<char>(random() % 256);
    std::string encoded;
    percent_encode(encoded, text);
    EXPECT_EQ(encoded.find_first_of(" \"<>&=?#/+"), std::string::npos);
    std::string decoded;
    percent_decode(decoded, encoded);
    EXPECT_EQ(decoded, text);
  }
}

TEST(url, queries) {
  using pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_query("a=1&b=x+y%2B&c&=d&&a=2="),
            (pairs{{"a", "1"}, {"b", "x y+"}, {"c", ""}, {"", "d"}, {"a", "2="}}));
  EXPECT_EQ(parse_query(""), pairs{});
}

TEST(url, utf8) {
  for (const char* good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                           "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xe2\x82",
                          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "a\xff"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
  }
}

TEST(url, tokens_in_lists) {
  EXPECT_TRUE(lists_token("gzip", "gzip"));
  EXPECT_TRUE(lists_token("br , GZip ;q=0.1", "gzip"));
  EXPECT_FALSE(lists_token("gzip;q=0", "gzip"));
  EXPECT_FALSE(lists_token("gzip;q=0.00", "gzip"));
  EXPECT_FALSE(lists_token("gzipped, x-gzip", "gzip"));
  EXPECT_FALSE(lists_token("", "gzip"));
}

}  // namespace
}  // namespace cumulo::http
