#pragma once
#include <memory>
#include <string>

#include "platform/sql/database.hpp"

namespace cumulo::sql {

/// The same database with a span for each call and for each statement of a transaction, below the calling thread's
/// active one. `name` is short and without credentials.
[[nodiscard]] std::unique_ptr<database> make_traced(std::unique_ptr<database> inner, std::string name);

}  // namespace cumulo::sql
