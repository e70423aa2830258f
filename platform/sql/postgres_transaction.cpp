#include "platform/sql/postgres_transaction.hpp"

#include <charconv>

namespace cumulo::sql {
namespace {

constexpr Oid boolean_type = 16;

const statement begin_serializable{"postgres.begin", "BEGIN ISOLATION LEVEL SERIALIZABLE"};
const statement begin_waiting{"postgres.begin", "BEGIN ISOLATION LEVEL READ COMMITTED"};
const statement commit_transaction{"postgres.commit", "COMMIT"};
const statement roll_back{"postgres.rollback", "ROLLBACK"};

class postgres_row final : public row {
 public:
  explicit postgres_row(const PGresult* r) : result_(r) {}
  void move_to(int number) { number_ = number; }
  [[nodiscard]] bool is_null(int column) const override { return PQgetisnull(result_, number_, column) != 0; }
  [[nodiscard]] std::string_view text(int column) const override {
    return {PQgetvalue(result_, number_, column), static_cast<std::size_t>(PQgetlength(result_, number_, column))};
  }
  [[nodiscard]] std::int64_t integer(int column) const override {
    const auto value = text(column);
    // EXISTS (…) and comparisons are 0/1 in SQLite and boolean here.
    if (PQftype(result_, column) == boolean_type) return value == "t" ? 1 : 0;
    std::int64_t out = 0;
    std::from_chars(value.data(), value.data() + value.size(), out);
    return out;
  }

 private:
  const PGresult* result_;
  int number_{0};
};

}  // namespace

std::uint64_t count_rows(const PGresult* r) {
  if (PQresultStatus(r) == PGRES_TUPLES_OK) return static_cast<std::uint64_t>(PQntuples(r));
  const std::string_view count{PQcmdTuples(const_cast<PGresult*>(r))};
  std::uint64_t out = 0;
  std::from_chars(count.data(), count.data() + count.size(), out);
  return out;
}

std::uint64_t deliver(const PGresult* r, row_sink sink) {
  postgres_row current{r};
  for (int i = 0; i < PQntuples(r); ++i) {  // none, unless it returns rows
    current.move_to(i);
    sink(current);
  }
  return count_rows(r);
}

awaitable<std::uint64_t> postgres_transaction::execute(const statement& what, std::span<const param> values,
                                                       row_sink sink) {
  const std::array one{command{&what, values}};
  std::array<std::uint64_t, 1> changed{};
  co_await execute_all(one, sink, changed);
  co_return changed.front();
}

awaitable<void> postgres_transaction::execute_all(std::span<const command> commands, row_sink sink,
                                                  std::span<std::uint64_t> changed) {
  if (failure_) std::rethrow_exception(failure_);
  if (commands.empty()) co_return;
  std::vector<command> all;
  if (!begun_) all.push_back({waits_ ? &begin_waiting : &begin_serializable, {}});
  all.insert(all.end(), commands.begin(), commands.end());
  begun_ = true;
  postgres_request request{};
  request.commands = all;
  try {
    co_await link_.run(request);
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
  const std::size_t before = all.size() - commands.size();
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const std::uint64_t count = deliver(request.results[before + i].get(), sink);
    if (!changed.empty()) changed[i] = count;
  }
}

bool postgres_transaction::is_serialization_failure() const {
  if (!failure_) return false;
  try {
    std::rethrow_exception(failure_);
  } catch (const database_error& e) {
    return e.kind() == failure::serialization;
  } catch (...) {
    return false;
  }
}

awaitable<void> postgres_transaction::run_plain(const statement& what) {
  const std::array<command, 1> one{command{&what, {}}};
  postgres_request request{};
  request.commands = one;
  co_await link_.run(request);
  // The answer to COMMIT in a transaction that has failed.
  if (&what == &commit_transaction && std::string_view{PQcmdStatus(request.results.back().get())} == "ROLLBACK") {
    throw database_error(failure::other, what.name, "the transaction had failed");
  }
}

awaitable<void> postgres_transaction::commit() {
  try {
    co_await run_plain(commit_transaction);
  } catch (...) {
    failure_ = std::current_exception();
    throw;
  }
}

awaitable<void> postgres_transaction::rollback() {
  if (!begun_ || !link_.is_up()) co_return;
  try {
    co_await run_plain(roll_back);
  } catch (const database_error&) {  // the link is lost with it
  }
}

}  // namespace cumulo::sql
