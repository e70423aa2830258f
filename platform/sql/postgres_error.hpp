#pragma once
#include <libpq-fe.h>

#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "platform/sql/database.hpp"

namespace cumulo::sql {

struct result_deleter {
  void operator()(PGresult* r) const { PQclear(r); }
};
using result_ptr = std::unique_ptr<PGresult, result_deleter>;

/// What a SQLSTATE means to a caller.
[[nodiscard]] failure postgres_failure(std::string_view sqlstate);

/// The five characters, or "" for an error of libpq's own.
[[nodiscard]] std::string_view sqlstate_of(const PGresult* r);

/// The statement must be prepared again: it is gone from the connection (26000), or a change of the schema would change
/// the type of its rows (0A000).
[[nodiscard]] bool is_stale_statement(std::string_view sqlstate);

/// After this error the connection is of no use: the server ends it, or is not (any longer) the one that takes writes.
[[nodiscard]] bool ends_connection(const PGresult* r);

/// The database_error of a failed result.
[[nodiscard]] std::exception_ptr to_exception(const PGresult* r, std::string_view statement_name);

}  // namespace cumulo::sql
