#include "platform/sql/migration_files.hpp"
#include "platform/sql/postgres_connector.hpp"
#include "platform/sql/postgres_error.hpp"

namespace cumulo::sql {
namespace {

/// Serializes the migrators of all replicas ("cumulo" in ASCII).
constexpr const char* take_lock = "SELECT pg_advisory_lock(109326181985391)";

result_ptr run(PGconn* c, const char* sql, std::string_view name) {
  result_ptr r{PQexec(c, sql)};
  const auto status = PQresultStatus(r.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) std::rethrow_exception(to_exception(r.get(), name));
  return r;
}

std::vector<applied_migration> history_of(PGconn* c) {
  const auto r = run(c, read_history, "migrate.read_history");
  std::vector<applied_migration> out;
  for (int i = 0; i < PQntuples(r.get()); ++i) {
    out.push_back({std::stoll(PQgetvalue(r.get(), i, 0)), PQgetvalue(r.get(), i, 1), PQgetvalue(r.get(), i, 2),
                   PQgetvalue(r.get(), i, 3) != std::string_view{"0"}});
  }
  return out;
}

void record(PGconn* c, const migration& m) {
  const auto version = std::to_string(m.version);
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  const auto applied_at = std::to_string(now.count());
  const std::array<const char*, 5> values{version.c_str(), m.name.c_str(), m.checksum.c_str(), m.contracts ? "1" : "0",
                                          applied_at.c_str()};
  const result_ptr r{PQexecParams(
      c, "INSERT INTO schema_history (version, name, checksum, contracts, applied_at) VALUES ($1, $2, $3, $4, $5)", 5,
      nullptr, values.data(), nullptr, nullptr, 0)};
  if (PQresultStatus(r.get()) != PGRES_COMMAND_OK) std::rethrow_exception(to_exception(r.get(), "migrate.record"));
}

}  // namespace

int migrate_postgres(const std::string& url, std::span<const migration> known) {
  const std::atomic<bool> never{false};
  const auto connection = connect_postgres(url, std::chrono::milliseconds{0}, std::chrono::seconds{10}, never);
  auto* c = connection.get();
  run(c, take_lock, "migrate.lock");
  // A change of the schema that waits behind a long query would hold up every request behind itself.
  run(c, "SET lock_timeout = '10s'", "migrate.lock");
  run(c, create_history, "migrate.history");
  for (int count = 0;; ++count) {
    const auto history = history_of(c);
    const auto* next = next_migration(known, history);
    if (next == nullptr) return count;
    const auto label = "migration " + std::to_string(next->version) + " (" + next->name + ")";
    run(c, "BEGIN", label);
    run(c, std::string{next->text}.c_str(), label);
    if (PQtransactionStatus(c) != PQTRANS_INTRANS)
      throw std::runtime_error(label + " ends the transaction it is run in");
    record(c, *next);
    run(c, "COMMIT", label);
  }
}

}  // namespace cumulo::sql
