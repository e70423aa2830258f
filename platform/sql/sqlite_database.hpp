#pragma once
#include <memory>

#include "platform/sql/database.hpp"

namespace cumulo::sql {

/// The file of "sqlite:FILE"; throws database_error if the URL is none.
[[nodiscard]] std::string sqlite_file(const std::string& url);

[[nodiscard]] std::unique_ptr<database> open_sqlite(const std::string& file, io_threads& threads,
                                                    const pool_settings& settings, prometheus::Registry* metrics);

}  // namespace cumulo::sql
