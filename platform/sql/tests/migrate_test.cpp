#include <gmock/gmock.h>

#include "platform/sql/tests/engines.hpp"

namespace cumulo::sql::test {
namespace {

constexpr embedded_file first{"V001__folder.sql",
                              "CREATE TABLE folder (id TEXT PRIMARY KEY); CREATE TABLE other (id TEXT);"};
constexpr embedded_file second{"V002__item.sql",
                               "CREATE TABLE item (id TEXT PRIMARY KEY, folder_id TEXT REFERENCES folder (id))"};
constexpr embedded_file second_edited{"V002__item.sql", "CREATE TABLE item (id TEXT)"};
constexpr embedded_file third{"V101__more.sql", "INSERT INTO folder (id) VALUES ('made by a migration')"};

class migration_test : public testing::TestWithParam<engine> {
 protected:
  template <class... File>
  int apply(const File&... files) {
    const std::array<embedded_file, sizeof...(files)> all{files...};
    return migrate(server.url(), all);
  }
  std::int64_t ask(const char* text) {
    const statement what{"ask", text};
    io_threads threads{1};
    const auto db = open(server.url(), threads, {}, nullptr);
    threads.start();
    const auto answer = run(threads, [&]() -> awaitable<std::int64_t> { co_return co_await number(*db, what, {}); });
    db->close();
    return answer;
  }
  /// What the operator would read.
  template <class... File>
  std::string refusal(const File&... files) {
    try {
      apply(files...);
    } catch (const std::runtime_error& e) {
      return e.what();
    }
    return {};
  }

  engine_database server{GetParam()};
};

TEST_P(migration_test, applies_what_is_missing_in_order_of_version) {
  EXPECT_EQ(apply(second, first), 2);
  EXPECT_EQ(apply(second, first), 0);
  EXPECT_EQ(apply(first, second, third), 1);
  EXPECT_EQ(ask("SELECT count(*) FROM folder"), 1);
  EXPECT_EQ(ask("SELECT count(*) FROM schema_history"), 3);
  EXPECT_GT(ask("SELECT min(applied_at) FROM schema_history"), 1'600'000'000'000);
}

// The platform's migrations are numbered below the services', so a later one of the platform comes under one applied.
TEST_P(migration_test, a_lower_number_that_comes_later_is_applied) {
  EXPECT_EQ(apply(first, third), 2);
  EXPECT_EQ(apply(first, second, third), 1);
}

TEST_P(migration_test, files_of_one_engine_stay_with_it) {
  constexpr embedded_file sqlite{"V003__search.sqlite.sql",
                                 "CREATE TABLE engine (name BIGINT); INSERT INTO engine VALUES (1)"};
  constexpr embedded_file postgres{"V003__search.postgres.sql",
                                   "CREATE TABLE engine (name BIGINT); INSERT INTO engine VALUES (2)"};
  EXPECT_EQ(apply(first, sqlite, postgres), 2);
  EXPECT_EQ(ask("SELECT name FROM engine"), GetParam() == engine::sqlite ? 1 : 2);
}

TEST_P(migration_test, works_with_a_newer_schema_that_has_only_grown) {
  apply(first, second);
  EXPECT_EQ(apply(first), 0);
  constexpr embedded_file contraction{"V003__no_items.sql",
                                      "-- contracts: the release before reads item\nDROP TABLE item"};
  apply(first, second, contraction);
  EXPECT_EQ(apply(first, second, contraction), 0);
  EXPECT_THAT(refusal(first, second),
              testing::HasSubstr("newer than this program: version 3 (no_items) has taken away"));
}

TEST_P(migration_test, refuses_changed_text) {
  apply(first, second);
  EXPECT_THAT(refusal(first, second_edited),
              testing::HasSubstr("migration 2 (item) was applied to this database with another text"));
  EXPECT_EQ(apply(first, second), 0);
}

TEST_P(migration_test, a_failing_migration_leaves_nothing_behind) {
  constexpr embedded_file broken{"V002__broken.sql", "CREATE TABLE half (id TEXT); INSERT INTO nowhere VALUES (1)"};
  EXPECT_THAT(refusal(first, broken), testing::HasSubstr("migration 2 (broken)"));
  EXPECT_EQ(ask("SELECT count(*) FROM schema_history"), 1);
  constexpr embedded_file repaired{"V002__broken.sql", "CREATE TABLE half (id TEXT)"};
  EXPECT_EQ(apply(first, repaired), 1);
}

TEST_P(migration_test, refuses_names_and_versions_that_are_not_clear) {
  for (const std::string_view name : {"001__a.sql", "V001_a.sql", "Vx__a.sql", "V1__.sql", "V001__a.txt", "V__a.sql"}) {
    EXPECT_THAT(refusal(embedded_file{name, "SELECT 1"}), testing::HasSubstr("is not named")) << name;
  }
  EXPECT_THAT(refusal(first, embedded_file{"V1__again.sql", "SELECT 1"}), testing::HasSubstr("two migrations"));
}

TEST_P(migration_test, several_processes_at_once_apply_each_once) {
  std::atomic<int> applied{0};
  std::vector<std::thread> processes;
  for (int i = 0; i < 6; ++i) processes.emplace_back([&] { applied += apply(first, second, third); });
  for (auto& p : processes) p.join();
  EXPECT_EQ(applied, 3);
  EXPECT_EQ(ask("SELECT count(*) FROM folder"), 1);
}

TEST_P(migration_test, a_database_out_of_reach_is_unavailable) {
  const std::string nowhere =
      GetParam() == engine::sqlite ? "sqlite:/nonexistent/folder/file.db" : "postgres://me:secret@127.0.0.1:1/nothing";
  try {
    const std::array all{first};
    migrate(nowhere, all);
    FAIL();
  } catch (const database_error& e) {
    EXPECT_EQ(e.kind(), failure::unavailable) << e.what();
    EXPECT_THAT(e.what(), testing::Not(testing::HasSubstr("secret")));
  }
}

TEST(sqlite_migration, leaves_no_foreign_key_without_its_row) {
  const engine_database server{engine::sqlite};
  constexpr embedded_file orphan{"V003__orphan.sql", "INSERT INTO item (id, folder_id) VALUES ('i', 'no such folder')"};
  const std::array all{first, second, orphan};
  EXPECT_THROW(migrate(server.url(), all), std::runtime_error);
  const std::array good{first, second};
  EXPECT_EQ(migrate(server.url(), good), 0);
}

TEST(database_url, that_is_none_is_refused_without_being_repeated) {
  io_threads threads{1};
  for (const std::string url :
       {"", "mysql://a:secret@b/c", "sqlite:", "sqlite://host/secret", "postgres://a:secret@[b/c"}) {
    try {
      const auto db = open(url, threads, {}, nullptr);
      ADD_FAILURE() << url;
    } catch (const database_error& e) {
      EXPECT_EQ(e.kind(), failure::other);
      EXPECT_THAT(e.what(), testing::Not(testing::HasSubstr("secret")));
    }
  }
}

CUMULO_ON_EACH_ENGINE(migration_test);

}  // namespace
}  // namespace cumulo::sql::test
