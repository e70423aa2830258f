#pragma once
// One interface over SQLite and PostgreSQL. SQL is written once, with placeholders ?1 ?2 … (translated to $1 $2 for
// PostgreSQL; in SQLite `$n` would be numbered by first appearance, which silently swaps values).
//
// Portable types: TEXT, BIGINT (also for booleans: 0/1, and times: milliseconds since 1970). Where PostgreSQL cannot
// infer a parameter's type (`?1 IS NULL`), write CAST(?1 AS TEXT/BIGINT). Prefer `ON CONFLICT … DO NOTHING RETURNING
// id` to catching a violation.
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

#include "platform/core/async.hpp"
#include "platform/core/embedded_file.hpp"
#include "platform/core/failure.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/core/io_threads.hpp"
#include "platform/core/result.hpp"

namespace prometheus {
class Registry;
}

namespace cumulo::sql {

enum class engine { sqlite, postgres };

/// A statement with a name for metrics, logs and timeouts ("task.list_by_project"). Texts have static storage and are
/// prepared once per connection, keyed by the statement's address: declare them `constexpr`/`inline const` at namespace
/// scope.
struct statement {
  std::string_view name;
  std::string_view text;
  std::string_view postgres_text{};  ///< only where the engines need different SQL (full-text search)
};

/// A bound value. Text is a view: it must stay alive until the awaited call returns. A NUL character in it is
/// failure::other.
class param {
 public:
  param(std::nullptr_t) {}                                            // NOLINT(google-explicit-constructor)
  param(std::nullopt_t) {}                                            // NOLINT
  param(std::string_view text) : value_(text) {}                      // NOLINT
  param(const std::string& text) : value_(std::string_view{text}) {}  // NOLINT
  param(const char* text) : value_(std::string_view{text}) {}         // NOLINT
  template <class I>
    requires std::is_integral_v<I>
  param(I number) : value_(static_cast<std::int64_t>(number)) {}  // NOLINT; bool is 0/1
  template <class T>
  param(const std::optional<T>& maybe) {  // NOLINT; empty is NULL
    if (maybe) *this = param(*maybe);
  }
  param(std::string&&) = delete;  // would dangle
  [[nodiscard]] const std::variant<std::monostate, std::int64_t, std::string_view>& value() const { return value_; }

 private:
  std::variant<std::monostate, std::int64_t, std::string_view> value_;
};

/// The current row of a result, valid only inside the sink. Columns count from 0.
class row {
 public:
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::string_view text(int column) const = 0;  ///< "" for NULL
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;   ///< 0 for NULL
  [[nodiscard]] std::optional<std::string> optional_text(int column) const {
    if (is_null(column)) return std::nullopt;
    return std::string{text(column)};
  }
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const {
    if (is_null(column)) return std::nullopt;
    return integer(column);
  }

 protected:
  ~row() = default;
};

/// Takes each row. Must not suspend; what it throws reaches the caller (and undoes a write on SQLite; on PostgreSQL
/// rows come when the write is durable already). With SQLite the sinks of write, transact and query_slow run on another
/// thread while the caller waits, so they touch only what the caller owns.
using row_sink = function_ref<void(const row&)>;

enum class failure {
  unavailable,  ///< cannot connect, connection lost, no turn in time, others' lock: the caller answers 503
  timeout,      ///< the statement took too long, or there was no answer: 503
  full,         ///< disk full: 507
  unique_violation,
  foreign_key_violation,
  check_violation,  ///< also NOT NULL
  serialization,    ///< deadlock or serialization failure, after the driver's own retries
  other,            ///< a bug of ours: 500
};

/// The HTTP edge answers it as service_failure says: unavailable, timeout and serialization 503, full 507, all else
/// 500.
class database_error : public service_failure {
 public:
  database_error(failure kind, std::string_view statement_name, const std::string& what)
      : service_failure(code_of(kind), safe_detail_of(kind), what), kind_(kind), statement_(statement_name) {}
  [[nodiscard]] failure kind() const { return kind_; }
  [[nodiscard]] const std::string& statement() const { return statement_; }

 private:
  [[nodiscard]] static std::optional<errc> code_of(failure kind) {
    if (kind == failure::unavailable || kind == failure::timeout || kind == failure::serialization)
      return errc::unavailable;
    if (kind == failure::full) return errc::storage_full;
    return std::nullopt;
  }
  [[nodiscard]] static std::string safe_detail_of(failure kind) {
    if (kind == failure::unavailable) return "The database is not available. Try again shortly.";
    if (kind == failure::timeout) return "The database took too long to answer. Try again shortly.";
    if (kind == failure::serialization) return "Others were changing the same data. Try again shortly.";
    if (kind == failure::full) return "There is no space left to store this.";
    return {};
  }

  failure kind_;
  std::string statement_;
};

/// A statement with its values. Both must outlive the awaited call.
struct command {
  const statement* what;
  std::span<const param> values;
};

/// A transaction in progress, serializable on both engines unless it waits for locks. After a statement has failed it
/// refuses the rest and does not commit, even if the body swallows the error. With SQLite its body runs on the writer's
/// thread and never really suspends; with PostgreSQL it runs on the calling I/O thread over a connection of its own. So
/// the body touches only its captures, awaits nothing but this object, and does no slow work.
class transaction {
 public:
  /// Called before the first statement, by a transaction that begins by locking the one row it is about (SELECT … FOR
  /// UPDATE) and then reads only what that row governs: on PostgreSQL it then waits for whoever is before it, instead
  /// of failing with a serialization error. SQLite has one writer anyway.
  virtual void wait_for_locks() {}

  /// Runs a statement; returns how many rows it changed or returned.
  virtual awaitable<std::uint64_t> execute(const statement& what, std::span<const param> values, row_sink sink) = 0;
  awaitable<std::uint64_t> execute(const statement& what, std::span<const param> values) {
    return execute(what, values, ignore_rows());
  }
  awaitable<std::uint64_t> execute(const statement& what) {
    return execute(what, std::span<const param>{}, ignore_rows());
  }
  awaitable<std::uint64_t> execute(const statement& what, std::initializer_list<param> values) =
      delete;  // g++ 12 keeps its array on the stack, where a suspension loses it: name a std::array

  /// The same for several, in order and without logic between them: PostgreSQL has them in one round trip. Returns the
  /// rows changed or returned by each through `changed` if it is not empty (same length).
  virtual awaitable<void> execute_all(std::span<const command> commands, row_sink sink,
                                      std::span<std::uint64_t> changed);
  awaitable<void> execute_all(std::span<const command> commands, std::span<std::uint64_t> changed = {}) {
    return execute_all(commands, ignore_rows(), changed);
  }

 protected:
  ~transaction() = default;
  [[nodiscard]] static row_sink ignore_rows();
};

/// A question about texts that a read may ask by its name, on SQLite only. Asked on any thread; NULL if one of them is.
struct predicate {
  static constexpr std::size_t most_texts = 8;

  const char* name;
  bool (*holds)(std::span<const std::string_view> texts);
};

struct pool_settings {
  std::chrono::milliseconds statement_timeout{5'000};
  std::chrono::milliseconds client_deadline{8'000};
  std::size_t max_waiting = 1'024;          ///< per connection or writer queue; beyond it failure::unavailable at once
  std::size_t exclusive_connections = 8;    ///< PostgreSQL's, for transact() and query_slow(); 2 a thread at least
  std::span<const predicate> predicates{};  ///< outlive the database
};

struct health {
  bool ok;
  std::string detail;  ///< for /readyz: engine, and why not; no credentials
};

/// Thread-safe handle; the calls are made on an I/O thread and resume there. All throw database_error.
class database {
 public:
  virtual ~database() = default;
  [[nodiscard]] virtual engine kind() const = 0;

  /// A read, outside any transaction. `sink` gets each row in order; returns how many. On SQLite it runs inline on the
  /// calling thread; on PostgreSQL it joins the thread's pipeline, so it must be quick.
  virtual awaitable<std::uint64_t> query(const statement& what, std::span<const param> values, row_sink sink) = 0;

  /// A read known to be slow (search, export): does not hold up the pipeline or the thread.
  virtual awaitable<std::uint64_t> query_slow(const statement& what, std::span<const param> values, row_sink sink) = 0;

  /// One or several statements that succeed or fail together, without logic between them; durable when it returns.
  /// Shares one fsync (or one Sync) with what other requests write meanwhile. Returns the rows changed or returned by
  /// each command through `changed` if it is not empty (same length), but no row: if a neighbour fails they run again,
  /// and what one run returned need not be what the other does. The fast path of writes. Conditions go into the SQL (an
  /// outbox row `INSERT … SELECT … WHERE EXISTS`).
  virtual awaitable<void> write(std::span<const command> commands, std::span<std::uint64_t> changed) = 0;
  awaitable<void> write(std::span<const command> commands) { return write(commands, {}); }

  /// Runs `body(transaction&) -> awaitable<T>` in a read-write transaction; durable when it returns. An exception, or a
  /// `result` that holds an error, rolls back. The body may run again, for its own or others' sake: it has no other
  /// side effects. `body` is kept alive until the end.
  template <class Body>
  auto transact(Body body) -> std::invoke_result_t<Body&, transaction&>;

  [[nodiscard]] virtual health check() const = 0;

  /// Online, consistent copy into `file` (SQLite only; failure::other on PostgreSQL, which has pg_dump). Blocks: call
  /// it from the command line or a thread of its own.
  virtual void backup_to(const std::string& file) = 0;

  /// Finishes what was accepted, then closes. After it every call throws failure::unavailable.
  virtual void close() = 0;

 protected:
  friend class traced_database;
  using erased_body = function_ref<awaitable<bool>(transaction&)>;  ///< true commits, false rolls back
  virtual awaitable<void> run_transaction(erased_body body) = 0;
};

/// "sqlite:/path/file.db" or "postgres://…" (libpq's URI). Opens or connects lazily where the engine allows: a
/// PostgreSQL that is down at start is retried, and check() says so. Throws database_error for an unusable URL or
/// folder.
[[nodiscard]] std::unique_ptr<database> open(const std::string& url, io_threads& threads, pool_settings settings,
                                             prometheus::Registry* metrics);

/// Applies V001__name.sql … in order, each in one transaction, under a lock (advisory on PostgreSQL), and records them
/// in `schema_history` with a checksum. Files named `…sqlite.sql` or `…postgres.sql` apply to that engine only.
/// A newer release may have applied some that this program does not know: that is fine as long as they only add to the
/// schema (expand); one that takes something away (contract) has "-- contracts" as its first line, and afterwards only
/// programs that know it start. Blocking; called before the I/O threads start. Throws std::runtime_error, with a
/// sentence for the operator, for such a schema or a changed migration; database_error (unavailable) if the database
/// cannot be reached. Returns how many were applied.
int migrate(const std::string& url, std::span<const embedded_file> migrations);

template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<result<T>> : std::true_type {};

template <class Body>
auto database::transact(Body body) -> std::invoke_result_t<Body&, transaction&> {
  using value = typename std::invoke_result_t<Body&, transaction&>::value_type;
  if constexpr (std::is_void_v<value>) {
    auto erased = [&body](transaction& tx) -> awaitable<bool> {
      co_await body(tx);
      co_return true;
    };
    co_await run_transaction(erased);
  } else {
    std::optional<value> outcome;
    auto erased = [&body, &outcome](transaction& tx) -> awaitable<bool> {
      outcome.emplace(co_await body(tx));
      if constexpr (is_result<value>::value) {
        co_return outcome->has_value();
      } else {
        co_return true;
      }
    };
    co_await run_transaction(erased);
    co_return std::move(*outcome);
  }
}

}  // namespace cumulo::sql
