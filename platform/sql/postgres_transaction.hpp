#pragma once
#include <cassert>

#include "platform/sql/postgres_link.hpp"

namespace cumulo::sql {

/// Rows changed or returned by one result.
[[nodiscard]] std::uint64_t count_rows(const PGresult* r);
/// The same, and feeds its rows to `sink`.
std::uint64_t deliver(const PGresult* r, row_sink sink);

/// A transaction over an exclusive link. BEGIN travels with the first statement.
class postgres_transaction final : public transaction {
 public:
  explicit postgres_transaction(postgres_link& link) : link_(link) {}

  void wait_for_locks() override {
    assert(!begun_);
    waits_ = true;
  }
  awaitable<std::uint64_t> execute(const statement& what, std::span<const param> values, row_sink sink) override;
  awaitable<void> execute_all(std::span<const command> commands, row_sink sink,
                              std::span<std::uint64_t> changed) override;

  [[nodiscard]] bool has_begun() const { return begun_; }
  [[nodiscard]] const std::exception_ptr& failed() const { return failure_; }
  /// Could the whole be run again with another outcome?
  [[nodiscard]] bool is_serialization_failure() const;
  awaitable<void> commit();
  /// Never throws database_error: a connection that cannot even roll back is lost, and the server does it.
  awaitable<void> rollback();

 private:
  awaitable<void> run_plain(const statement& what);

  postgres_link& link_;
  bool begun_{false};
  bool waits_{false};
  std::exception_ptr failure_;
};

}  // namespace cumulo::sql
