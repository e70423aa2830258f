#pragma once
#include <memory>

#include "platform/sql/database.hpp"

namespace cumulo::sql {

/// Is it a URL for libpq?
[[nodiscard]] inline bool is_postgres(const std::string& url) {
  return url.starts_with("postgres://") || url.starts_with("postgresql://");
}

/// "tasks" of postgres://user@host/tasks?…, for metrics and spans.
[[nodiscard]] std::string database_name(const std::string& url);

[[nodiscard]] std::unique_ptr<database> open_postgres(const std::string& url, io_threads& threads,
                                                      const pool_settings& settings, prometheus::Registry* metrics);

}  // namespace cumulo::sql
