#include "platform/testing/engines.hpp"

namespace cumulo::test {

engine_database::engine_database(sql::engine kind) {
  if (kind == sql::engine::sqlite) {
    url_ = "sqlite:" + folder_.file("test.db");
  } else {
    url_ = postgres_.emplace().url();
  }
}

each_engine::~each_engine() {
  if (database) database->close();
  threads.stop();
}

void each_engine::open(std::span<const embedded_file> migrations, sql::pool_settings settings) {
  sql::migrate(store.url(), migrations);
  database = sql::open(store.url(), threads, settings, nullptr);
  threads.start();
}

}  // namespace cumulo::test
