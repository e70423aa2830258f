#include "platform/sql/database.hpp"

#include "platform/sql/postgres_database.hpp"
#include "platform/sql/sqlite_database.hpp"

namespace cumulo::sql {

row_sink transaction::ignore_rows() {
  static auto ignore = [](const row&) {};
  return ignore;
}

std::unique_ptr<database> open(const std::string& url, io_threads& threads, pool_settings settings,
                               prometheus::Registry* metrics) {
  if (is_postgres(url)) return open_postgres(url, threads, settings, metrics);
  return open_sqlite(sqlite_file(url), threads, settings, metrics);
}

}  // namespace cumulo::sql
