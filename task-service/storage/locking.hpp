#pragma once
#include <span>

#include "platform/core/async.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::tasks {

/// The first thing in a transaction that locks the one row it is about (SELECT … FOR UPDATE) and then reads only what
/// that row governs: on PostgreSQL it then waits for whoever is before it, instead of failing with a serialization
/// error. SQLite has one writer anyway.
[[nodiscard]] inline awaitable<void> wait_for_locks(sql::engine kind, sql::transaction& tx) {
  static constexpr sql::statement read_committed{"transaction.read_committed",
                                                 "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"};
  if (kind == sql::engine::postgres) co_await tx.execute(read_committed, std::span<const sql::param>{});
}

}  // namespace cumulo::tasks
