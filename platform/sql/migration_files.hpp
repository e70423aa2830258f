#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/embedded_file.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::sql {

/// One step of a schema, for one engine.
struct migration {
  std::int64_t version;
  std::string name;
  std::string_view text;
  std::string checksum;  ///< SHA-256 of the text, hexadecimal
  bool contracts;        ///< its first line is "-- contracts": programs that do not know it cannot run any more
};

/// A row of schema_history.
struct applied_migration {
  std::int64_t version;
  std::string name;
  std::string checksum;
  bool contracts;
};

/// Those of `files` ("V001__name.sql", "….sqlite.sql", "….postgres.sql") that are for this engine, by version.
/// Throws std::runtime_error for a name that cannot be read or a version given twice.
[[nodiscard]] std::vector<migration> migrations_for(engine kind, std::span<const embedded_file> files);

/// The first that has not been applied, or null. Throws std::runtime_error, with a sentence for the operator, if the
/// history holds one that is not known here and contracts, or one whose text was another.
[[nodiscard]] const migration* next_migration(std::span<const migration> known,
                                              std::span<const applied_migration> history);

/// Portable SQL of the history.
inline constexpr const char* create_history =
    "CREATE TABLE IF NOT EXISTS schema_history ("
    "version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, contracts BIGINT NOT NULL, applied_at "
    "BIGINT NOT NULL)";
inline constexpr const char* read_history =
    "SELECT version, name, checksum, contracts FROM schema_history ORDER BY version";

/// PostgreSQL's half of migrate().
int migrate_postgres(const std::string& url, std::span<const migration> known);
/// SQLite's half.
int migrate_sqlite(const std::string& file, std::span<const migration> known);

}  // namespace cumulo::sql
