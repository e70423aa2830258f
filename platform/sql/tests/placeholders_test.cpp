#include "platform/sql/placeholders.hpp"

#include <gtest/gtest.h>

namespace cumulo::sql {
namespace {

struct translation {
  std::string_view name, from, to;
};

TEST(placeholders, are_translated_outside_of_literals_and_comments) {
  const std::vector<translation> table{
      {"none", "SELECT 1", "SELECT 1"},
      {"order kept", "UPDATE t SET a = ?2 WHERE id = ?1", "UPDATE t SET a = $2 WHERE id = $1"},
      {"used twice", "SELECT ?1, ?1, ?2", "SELECT $1, $1, $2"},
      {"two digits", "SELECT ?10, ?1", "SELECT $10, $1"},
      {"at both ends", "?1 + ?2", "$1 + $2"},
      {"next to casts", "SELECT ?1::bigint, CAST(?2 AS TEXT), a::text", "SELECT $1::bigint, CAST($2 AS TEXT), a::text"},
      {"string", "SELECT '?1', ?1", "SELECT '?1', $1"},
      {"string with quote", "SELECT 'it''s ?1', ?1", "SELECT 'it''s ?1', $1"},
      {"string ends with backslash", R"(SELECT '\', ?1)", R"(SELECT '\', $1)"},
      {"escape string", R"(SELECT E'\'?1', ?1)", R"(SELECT E'\'?1', $1)"},
      {"word that ends in e", R"(SELECT type'\', ?1)", R"(SELECT type'\', $1)"},
      {"identifier", R"(SELECT "a?1""b?1", ?1)", R"(SELECT "a?1""b?1", $1)"},
      {"line comment", "SELECT ?1 -- not ?2 here's\n, ?3", "SELECT $1 -- not ?2 here's\n, $3"},
      {"block comment", "SELECT /* ?1 /* nested ' */ ?2 */ ?3", "SELECT /* ?1 /* nested ' */ ?2 */ $3"},
      {"dollar quotes", "SELECT $$ ?1 $$, $tag$ ?2 $$ $tag$, ?3", "SELECT $$ ?1 $$, $tag$ ?2 $$ $tag$, $3"},
      {"dollar in a name", "SELECT a$b, ?1", "SELECT a$b, $1"},
      {"operator", "SELECT data ? 'key' AND ?1", "SELECT data ? 'key' AND $1"},
      {"minus and division", "SELECT ?1 - ?2 / ?3", "SELECT $1 - $2 / $3"},
      {"unended string", "SELECT '?1", "SELECT '?1"},
      {"unended comment", "SELECT /* ?1", "SELECT /* ?1"},
      {"unended dollar quote", "SELECT $x$ ?1", "SELECT $x$ ?1"},
  };
  for (const auto& t : table) EXPECT_EQ(to_postgres_placeholders(t.from), t.to) << t.name;
}

}  // namespace
}  // namespace cumulo::sql
