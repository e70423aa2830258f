#include "platform/testing/engines.hpp"

#include <array>

namespace cumulo::test {
namespace {

constexpr std::array notes{embedded_file{"V101__notes.sql", "CREATE TABLE note (id TEXT PRIMARY KEY, size BIGINT);\n"}};
constexpr sql::statement insert_note{"note.insert", "INSERT INTO note (id, size) VALUES (?1, ?2)"};
constexpr sql::statement sum_notes{"note.sum", "SELECT CAST(sum(size) AS BIGINT) FROM note"};

class note_test : public each_engine {
 protected:
  note_test() { open(notes); }

  void insert(std::string_view id, int size) {
    run(threads, [&]() -> awaitable<void> {
      const std::array values{sql::param{id}, sql::param{size}};
      const std::array commands{sql::command{&insert_note, values}};
      co_await database->write(commands);
    });
  }
  std::int64_t sum() {
    return run(threads, [&]() -> awaitable<std::int64_t> {
      std::int64_t found = -1;
      auto take = [&found](const sql::row& r) { found = r.integer(0); };
      co_await database->query(sum_notes, {}, take);
      co_return found;
    });
  }
};

TEST_P(note_test, has_the_engine_that_was_asked_for) {
  EXPECT_EQ(database->kind(), GetParam());
  EXPECT_TRUE(store.url().starts_with(GetParam() == sql::engine::sqlite ? "sqlite:" : "postgres:")) << store.url();
}

// Twice the same ids: each case has a database of its own.
TEST_P(note_test, stores_and_reads) {
  insert("a", 2);
  insert("b", 3);
  EXPECT_EQ(sum(), 5);
}
TEST_P(note_test, stores_and_reads_again) {
  insert("a", 7);
  EXPECT_EQ(sum(), 7);
  EXPECT_THROW(insert("a", 7), sql::database_error);
}

CUMULO_ON_EACH_ENGINE(note_test);

}  // namespace
}  // namespace cumulo::test
