#include "platform/http/message.hpp"

#include <gtest/gtest.h>

#include "platform/http/problem.hpp"
#include "platform/http/request_builder.hpp"

namespace cumulo::http {
namespace {

TEST(response, refuses_line_breaks_in_fields) {
  response out;
  EXPECT_THROW(out.header("X", "a\r\nSet-Cookie: b"), std::logic_error);
  EXPECT_THROW(out.header("X", "a\nb"), std::logic_error);
  EXPECT_THROW(out.header("X", std::string_view("a\0b", 3)), std::logic_error);
  EXPECT_THROW(out.header("X\r\nY", "a"), std::logic_error);
  EXPECT_THROW(out.header("", "a"), std::logic_error);
  out.header("X", "a");
  EXPECT_EQ(out.fields(), "X: a\r\n");
}

TEST(if_match, compares_opaque_tags) {
  const auto allows = [](const char* field) {
    header_fields fields;
    if (field != nullptr) fields.add("If-Match", field);
    request r;
    request_builder{r}.fields(fields);
    return if_match_allows(r, "v7");
  };
  for (const char* yes : {"\"v7\"", "*", "W/\"v7\"", "\"v6\", \"v7\"", " \"v6\" ,W/\"v7\" "})
    EXPECT_TRUE(allows(yes)) << yes;
  for (const char* no : {"\"v6\"", "v7", "\"v7", "\"v77\"", "\"V7\"", "W/v7", ",", "\"\""})
    EXPECT_FALSE(allows(no)) << no;
  EXPECT_TRUE(allows(nullptr));
}

TEST(content_hash, differs_where_bytes_differ) {
  std::vector<std::string> seen;
  std::string text(100, 'a');
  for (std::size_t i = 0; i <= text.size(); ++i) {
    auto other = text;
    if (i < text.size()) other[i] = 'b';
    seen.push_back(content_hash(other));
    seen.push_back(content_hash(text.substr(0, i)));
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end() - 1) << "only the whole text itself comes twice";
  EXPECT_EQ(content_hash("abc"), content_hash("abc"));
}

TEST(problem, every_error_has_its_status) {
  const std::vector<std::pair<errc, int>> table{{errc::malformed, 400},
                                                {errc::unauthenticated, 401},
                                                {errc::forbidden, 403},
                                                {errc::not_found, 404},
                                                {errc::method_not_allowed, 405},
                                                {errc::not_acceptable, 406},
                                                {errc::request_timeout, 408},
                                                {errc::conflict, 409},
                                                {errc::gone, 410},
                                                {errc::precondition_failed, 412},
                                                {errc::too_large, 413},
                                                {errc::uri_too_long, 414},
                                                {errc::unsupported_media, 415},
                                                {errc::invalid, 422},
                                                {errc::header_too_large, 431},
                                                {errc::too_many_requests, 429},
                                                {errc::unavailable, 503},
                                                {errc::storage_full, 507}};
  for (const auto& [code, status] : table) {
    EXPECT_EQ(status_of(code), status);
    EXPECT_NE(reason(status), "Unknown") << status;
    response out;
    out.body() = "rest of an answer";
    out.header("X-Left", "over");
    write_problem(out, {code, "detail", {}, {}}, "/path", "id-1");
    EXPECT_EQ(out.status(), status);
    EXPECT_EQ(out.fields().find("X-Left"), std::string_view::npos);
    EXPECT_EQ(out.body().front(), '{');
    EXPECT_EQ(out.body().back(), '}');
  }
}

TEST(problem, text_that_is_not_utf8_stays_json) {
  response out;
  write_problem(out, {errc::invalid, "caf\xe9 \x01\"\\", {}, {}}, "/x", "id");
  EXPECT_NE(out.body().find(R"("detail":"caf? \u0001\"\\")"), std::string::npos) << out.body();
}

}  // namespace
}  // namespace cumulo::http
