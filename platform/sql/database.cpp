#include "platform/sql/database.hpp"

#include <filesystem>

#include "platform/observe/trace.hpp"
#include "platform/sql/postgres_database.hpp"
#include "platform/sql/sqlite_database.hpp"
#include "platform/sql/traced_database.hpp"

namespace cumulo::sql {

row_sink transaction::ignore_rows() {
  static auto ignore = [](const row&) {};
  return ignore;
}

awaitable<void> transaction::execute_all(std::span<const command> commands, row_sink sink,
                                         std::span<std::uint64_t> changed) {
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::uint64_t count = co_await execute(*commands[i].what, commands[i].values, sink);
    if (!changed.empty()) changed[i] = count;
  }
}

std::unique_ptr<database> open(const std::string& url, io_threads& threads, pool_settings settings,
                               prometheus::Registry* metrics) {
  const bool postgres = is_postgres(url);
  auto opened = postgres ? open_postgres(url, threads, settings, metrics)
                         : open_sqlite(sqlite_file(url), threads, settings, metrics);
  if (!trace::enabled()) return opened;
  auto name = postgres ? database_name(url) : std::filesystem::path(sqlite_file(url)).stem().string();
  return make_traced(std::move(opened), std::move(name));
}

}  // namespace cumulo::sql
