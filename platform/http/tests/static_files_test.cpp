#include "platform/http/static_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "platform/http/request_builder.hpp"

namespace cumulo::http {
namespace {

using testing::HasSubstr;

class static_files : public testing::Test {
 protected:
  struct got {
    std::optional<errc> failure;
    int status;
    std::string fields;
    std::string body;
  };

  got get(std::string_view path, const header_fields& fields = {}) {
    request r;
    request_builder builder{r};
    builder.method(verb::get);
    builder.target(path, path, {});
    builder.fields(fields);
    response out;
    std::optional<result<>> outcome;
    asio::io_context context;
    auto call = [&]() -> awaitable<void> { outcome.emplace(co_await serve(r, out)); };
    asio::co_spawn(context.get_executor(), call(), asio::detached);
    context.run();
    return {*outcome ? std::nullopt : std::optional{outcome->error().code}, out.status(), std::string{out.fields()},
            std::string{out.body_text()}};
  }

  const std::string script = std::string(5000, 'x');
  const std::vector<embedded_file> files{{"index.html", "<html>", {}, "17"},
                                         {"assets/app-3f2a9c01.js", script, "its gzip form", "18"},
                                         {"assets/long-name.js", "y"},
                                         {"logo.png", "\x89PNG"},
                                         {"a b.txt", "spaced"}};
  handler serve = serve_files(files);
};

TEST_F(static_files, pages_and_client_side_routes) {
  for (const char* path : {"/", "/index.html", "/app", "/app/", "/app/inbox/today"}) {
    const auto page = get(path);
    EXPECT_EQ(page.body, "<html>") << path;
    EXPECT_THAT(page.fields, HasSubstr("Cache-Control: no-cache\r\n"));
    EXPECT_THAT(page.fields, HasSubstr("Content-Security-Policy: default-src 'self'"));
  }
  EXPECT_EQ(get("/a%20b.txt").body, "spaced");
  for (const char* none : {"/nothing", "/assets", "/assets/", "/../index.html", "/app.js", "/index.htm"}) {
    EXPECT_EQ(get(none).failure, errc::not_found) << none;
  }
}

TEST_F(static_files, names_with_a_hash_never_change) {
  EXPECT_THAT(get("/assets/app-3f2a9c01.js").fields,
              HasSubstr("Cache-Control: public, max-age=31536000, immutable\r\n"));
  EXPECT_THAT(get("/assets/long-name.js").fields, HasSubstr("Cache-Control: no-cache\r\n"));
}

TEST_F(static_files, compressed_form_where_it_helps) {
  header_fields zip;
  zip.add("Accept-Encoding", "gzip, br");
  const auto zipped = get("/assets/app-3f2a9c01.js", zip);
  EXPECT_THAT(zipped.fields, HasSubstr("Content-Encoding: gzip\r\n"));
  EXPECT_EQ(zipped.body, "its gzip form");
  EXPECT_EQ(get("/assets/app-3f2a9c01.js").body, script);
  EXPECT_EQ(get("/logo.png", zip).body, "\x89PNG");
}

TEST_F(static_files, one_file_with_a_policy_of_its_own) {
  const embedded_file page{"docs.html", "<html>", "its gzip form", "19"};
  serve = serve_file(page, "default-src 'none'");
  header_fields zip;
  zip.add("Accept-Encoding", "gzip");
  const auto docs = get("/docs", zip);
  EXPECT_EQ(docs.body, "its gzip form");
  EXPECT_THAT(docs.fields, HasSubstr("Content-Security-Policy: default-src 'none'\r\n"));
}

TEST(media_types, by_extension) {
  EXPECT_EQ(media_type("a/b.JS"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type("x.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type("x.svg"), "image/svg+xml");
  EXPECT_EQ(media_type("x.exe"), "application/octet-stream");
  EXPECT_EQ(media_type("html"), "application/octet-stream");
}

}  // namespace
}  // namespace cumulo::http
