#include "platform/sql/postgres_error.hpp"

namespace cumulo::sql {

failure postgres_failure(std::string_view sqlstate) {
  if (sqlstate == "23505" || sqlstate == "23P01") return failure::unique_violation;
  if (sqlstate == "23503") return failure::foreign_key_violation;
  if (sqlstate == "23514" || sqlstate == "23502") return failure::check_violation;
  if (sqlstate == "40001" || sqlstate == "40P01") return failure::serialization;
  if (sqlstate == "57014") return failure::timeout;
  if (sqlstate == "08P01") return failure::other;  // a wrong number of values
  if (sqlstate == "53100") return failure::full;
  if (sqlstate == "25006" || sqlstate == "25P03" || sqlstate == "55P03") return failure::unavailable;
  const auto cls = sqlstate.substr(0, 2);
  if (cls == "08" || cls == "53" || cls == "57" || cls == "58" || sqlstate.empty()) return failure::unavailable;
  return failure::other;
}

std::string_view sqlstate_of(const PGresult* r) {
  const char* state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
  return state == nullptr ? std::string_view{} : std::string_view{state};
}

bool is_stale_statement(std::string_view sqlstate) { return sqlstate == "26000" || sqlstate == "0A000"; }

bool ends_connection(const PGresult* r) {
  const char* severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (severity == nullptr) return true;
  const std::string_view word{severity};
  return word == "FATAL" || word == "PANIC" || sqlstate_of(r) == "25006";
}

std::exception_ptr to_exception(const PGresult* r, std::string_view statement_name) {
  const auto state = sqlstate_of(r);
  const char* message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
  const char* constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
  auto what = std::string{statement_name} + ": " + (message != nullptr ? message : PQresultErrorMessage(r));
  what += " (SQLSTATE " + std::string{state};
  if (constraint != nullptr) what += ", constraint " + std::string{constraint};
  return std::make_exception_ptr(database_error(postgres_failure(state), statement_name, what + ")"));
}

}  // namespace cumulo::sql
