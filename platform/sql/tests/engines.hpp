#pragma once
#include <memory>
#include <string>

#include "platform/sql/tests/sql_fixture.hpp"
#include "platform/testing/engines.hpp"

namespace cumulo::sql::test {

/// The tests that hold for both engines: a database with the scenarios' schema, two I/O threads.
class on_each_engine : public testing::TestWithParam<engine> {
 protected:
  void open(pool_settings settings = {}) {
    migrate(server.url(), schema);
    db = sql::open(server.url(), threads, settings, nullptr);
    threads.start();
  }
  void TearDown() override {
    if (db) db->close();
    threads.stop();
  }

  engine_database server{GetParam()};
  io_threads threads{2};
  std::unique_ptr<database> db;
};

}  // namespace cumulo::sql::test
