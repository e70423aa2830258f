#include "platform/http/query.hpp"

#include <gtest/gtest.h>

#include <random>

#include "platform/http/request_builder.hpp"

namespace cumulo::http {
namespace {

request with_query(std::string_view target) {
  request r;
  const auto mark = target.find('?');
  request_builder{r}.target(target, target.substr(0, mark),
                            mark == std::string_view::npos ? "" : target.substr(mark + 1));
  return r;
}

std::string faults_of(const result<>& outcome) {
  if (outcome) return "";
  std::string text;
  for (const auto& f : outcome.error().faults) text += f.pointer + "=" + f.code + " ";
  return text;
}

TEST(query_reader, limits) {
  struct limit_case {
    const char* query;
    int limit;
    const char* faults;
  };
  for (const auto& c : std::vector<limit_case>{{"/t", 50, ""},
                                               {"/t?limit=1", 1, ""},
                                               {"/t?limit=200", 200, ""},
                                               {"/t?limit=0", 50, "?limit=out_of_range "},
                                               {"/t?limit=201", 50, "?limit=out_of_range "},
                                               {"/t?limit=-1", 50, "?limit=out_of_range "},
                                               {"/t?limit=9223372036854775808", 50, "?limit=out_of_range "},
                                               {"/t?limit=5x", 50, "?limit=wrong_type "},
                                               {"/t?limit=5.0", 50, "?limit=wrong_type "},
                                               {"/t?limit=+5", 50, "?limit=wrong_type "},
                                               {"/t?limit=", 50, "?limit=wrong_type "},
                                               {"/t?limit=1&limit=2", 1, "?limit=repeated "}}) {
    const auto r = with_query(c.query);
    query_reader reader{r};
    EXPECT_EQ(reader.limit(), c.limit) << c.query;
    EXPECT_EQ(faults_of(reader.finish()), c.faults) << c.query;
  }
}

TEST(query_reader, names_every_fault_and_every_unknown_parameter) {
  const auto target = "/t?limit=x&done=maybe&q=" + std::string(201, 'q') + "&what=1&what=2&ok=1&since=5";
  const auto r = with_query(target);
  query_reader reader{r};
  EXPECT_EQ(reader.limit(), 50);
  EXPECT_FALSE(reader.boolean("done"));
  EXPECT_FALSE(reader.text("q"));
  EXPECT_EQ(reader.number("since", 0, 9), 5);
  EXPECT_EQ(reader.boolean("ok"), true);
  EXPECT_EQ(faults_of(reader.finish()), "?limit=wrong_type ?done=wrong_type ?q=too_long ?what=unknown_parameter ");
}

TEST(query_reader, lists) {
  const auto r = with_query("/t?s=a,b&s=c,%20d%20,,&t=");
  query_reader reader{r};
  EXPECT_EQ(reader.list("s"), (std::vector<std::string>{"a", "b", "c", "d"}));
  EXPECT_TRUE(reader.list("t").empty());
  EXPECT_TRUE(reader.list("u").empty());
  EXPECT_TRUE(reader.finish());
  query_reader strict{r};
  EXPECT_TRUE(strict.list("s", 3).empty());
  EXPECT_EQ(strict.text("t"), "");
  EXPECT_EQ(faults_of(strict.finish()), "?s=too_many ");
}

TEST(cursors, hold_any_text) {
  std::mt19937 random{3};
  for (int i = 0; i < 2000; ++i) {
    std::vector<std::string> fields(random() % 5);
    for (auto& f : fields) {
      for (auto n = random() % 20; n > 0; --n) f += static_cast<char>(1 + random() % 127);
    }
    const auto cursor = make_cursor("tasks.due", fields);
    EXPECT_EQ(cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    EXPECT_EQ(read_cursor(cursor, "tasks.due", fields.size()), fields);
    EXPECT_FALSE(read_cursor(cursor, "tasks.created", fields.size()));
    EXPECT_FALSE(read_cursor(cursor, "tasks.due", fields.size() + 1));
  }
}

TEST(cursors, garbage_is_refused) {
  const auto good = make_cursor("k", {"a", "0196"});
  std::mt19937 random{4};
  for (int i = 0; i < 20'000; ++i) {
    auto bad = good;
    switch (random() % 3) {
      case 0: bad[random() % bad.size()] = static_cast<char>(random() % 256); break;
      case 1: bad.resize(random() % bad.size()); break;
      default: bad += static_cast<char>(random() % 256); break;
    }
    const auto read = read_cursor(bad, "k", 2);
    if (read) {
      EXPECT_EQ(make_cursor("k", *read), bad) << "whatever is taken is the canonical text of what it holds";
    }
  }
  for (const std::string& bad :
       {std::string{}, std::string{"!"}, std::string(5000, 'A'), make_cursor("k", {"\xff", "a"})}) {
    EXPECT_FALSE(read_cursor(bad, "k", 2)) << bad;
  }
}

TEST(link_next, keeps_the_query_and_replaces_the_cursor) {
  const auto r = with_query("/api/v1/tasks?status=todo&cursor=old&q=a%20%22b%22%3E");
  response out;
  link_next(r, out, "new");
  EXPECT_EQ(out.fields(), "Link: </api/v1/tasks?status=todo&q=a%20%22b%22%3E&cursor=new>; rel=\"next\"\r\n");
}

}  // namespace
}  // namespace cumulo::http
