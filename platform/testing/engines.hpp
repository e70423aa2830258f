#pragma once
// Storage tests run on both engines:
//
//   class task_repository_test : public test::each_engine {
//    protected:
//     task_repository_test() { open(migrations()), tasks.emplace(*database, time); }
//     std::optional<task_repository> tasks;
//   };
//   TEST_P(task_repository_test, finds_what_it_stored) {
//     const auto found = test::run(threads, tasks->find("id"));
//   }
//   CUMULO_ON_EACH_ENGINE(task_repository_test);
//
// Run one engine with --gtest_filter='*/sqlite' or '*/postgres'.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>

#include "platform/core/io_threads.hpp"
#include "platform/sql/database.hpp"
#include "platform/testing/fake_clock.hpp"
#include "platform/testing/postgres_cluster.hpp"
#include "platform/testing/run.hpp"
#include "platform/testing/temporary_folder.hpp"

namespace cumulo::sql {
inline void PrintTo(engine of, std::ostream* out) { *out << (of == engine::sqlite ? "SQLite" : "PostgreSQL"); }
}  // namespace cumulo::sql

namespace cumulo::test {

/// A new empty database of one engine, gone at the end of the object: a SQLite file in a temporary folder, or a
/// database on the PostgreSQL server that this program's tests share.
class engine_database {
 public:
  explicit engine_database(sql::engine kind);
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  temporary_folder folder_;
  std::optional<postgres_database> postgres_;
  std::string url_;
};

/// A test case on one engine: a database of its own, two I/O threads, a clock to move.
class each_engine : public testing::TestWithParam<sql::engine> {
 protected:
  ~each_engine() override;

  /// Migrates the empty database, opens it and starts the threads.
  void open(std::span<const embedded_file> migrations, sql::pool_settings settings = {});

  engine_database store{GetParam()};
  fake_clock time;
  io_threads threads{2};
  std::unique_ptr<sql::database> database;  ///< from open() on
};

[[nodiscard]] inline std::string engine_name(const testing::TestParamInfo<sql::engine>& of) {
  return of.param == sql::engine::sqlite ? "sqlite" : "postgres";
}

}  // namespace cumulo::test

/// Runs the TEST_P cases of `fixture` on SQLite and on PostgreSQL.
#define CUMULO_ON_EACH_ENGINE(fixture)                                                                               \
  INSTANTIATE_TEST_SUITE_P(on, fixture, testing::Values(cumulo::sql::engine::sqlite, cumulo::sql::engine::postgres), \
                           cumulo::test::engine_name)
