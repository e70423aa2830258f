#include "platform/sql/traced_database.hpp"

#include "platform/observe/trace.hpp"
#include "platform/sql/instruments.hpp"

namespace cumulo::sql {
namespace {

/// Awaits `call` as `span`, of which nothing else on this thread becomes a child meanwhile.
template <class T>
awaitable<T> timed(trace::span span, awaitable<T> call) {
  const trace::carried active;
  try {
    co_return co_await std::move(call);
  } catch (const database_error& e) {
    span.set("error.type", to_string(e.kind()));
    span.fail(e.statement());
    throw;
  }
}

/// Begins the span of a statement of one database.
struct statement_spans {
  engine kind;
  std::string database;

  [[nodiscard]] trace::span begin(std::string_view statement_name) const {
    auto span = trace::begin_child(trace::kind::client, statement_name);
    span.set("db.system.name", kind == engine::sqlite ? "sqlite" : "postgresql");
    span.set("db.namespace", database);
    span.set("db.operation.name", statement_name);
    return span;
  }
  /// Named after the first.
  [[nodiscard]] trace::span begin_batch(std::span<const command> commands) const {
    auto span = begin(commands.empty() ? std::string_view{"write"} : commands.front().what->name);
    if (commands.size() > 1) span.set("db.operation.batch.size", static_cast<std::int64_t>(commands.size()));
    return span;
  }
};

class traced_transaction final : public transaction {
 public:
  traced_transaction(transaction& inner, const statement_spans& spans) : inner_(inner), spans_(spans) {}
  using transaction::execute;
  void wait_for_locks() override { inner_.wait_for_locks(); }
  awaitable<std::uint64_t> execute(const statement& what, std::span<const param> values, row_sink sink) override {
    auto span = spans_.begin(what.name);
    if (!span.records()) return inner_.execute(what, values, sink);
    return timed(std::move(span), inner_.execute(what, values, sink));
  }
  awaitable<void> execute_all(std::span<const command> commands, row_sink sink,
                              std::span<std::uint64_t> changed) override {
    if (commands.empty()) return inner_.execute_all(commands, sink, changed);
    auto span = spans_.begin_batch(commands);
    if (!span.records()) return inner_.execute_all(commands, sink, changed);
    return timed(std::move(span), inner_.execute_all(commands, sink, changed));
  }

 private:
  transaction& inner_;
  const statement_spans& spans_;
};

}  // namespace

class traced_database final : public database {
 public:
  traced_database(std::unique_ptr<database> inner, std::string name)
      : inner_(std::move(inner)), spans_{inner_->kind(), std::move(name)} {}

  [[nodiscard]] engine kind() const override { return inner_->kind(); }

  awaitable<std::uint64_t> query(const statement& what, std::span<const param> values, row_sink sink) override {
    auto span = spans_.begin(what.name);
    if (!span.records()) return inner_->query(what, values, sink);
    return timed(std::move(span), inner_->query(what, values, sink));
  }

  awaitable<std::uint64_t> query_slow(const statement& what, std::span<const param> values, row_sink sink) override {
    auto span = spans_.begin(what.name);
    if (!span.records()) return inner_->query_slow(what, values, sink);
    return timed(std::move(span), inner_->query_slow(what, values, sink));
  }

  awaitable<void> write(std::span<const command> commands, std::span<std::uint64_t> changed) override {
    auto span = spans_.begin_batch(commands);
    if (!span.records()) return inner_->write(commands, changed);
    return timed(std::move(span), inner_->write(commands, changed));
  }

  [[nodiscard]] health check() const override { return inner_->check(); }
  void backup_to(const std::string& file) override { inner_->backup_to(file); }
  void close() override { inner_->close(); }

 protected:
  /// The body runs on the I/O thread or on SQLite's writer: wherever it does, the transaction is active there.
  awaitable<void> run_transaction(erased_body body) override {
    auto span = spans_.begin("transaction");
    const trace::carried active;
    auto traced_body = [this, &body, &span](transaction& inner) -> awaitable<bool> {
      const trace::scope here{span};
      traced_transaction tx{inner, spans_};
      co_return co_await body(tx);
    };
    try {
      co_await inner_->run_transaction(traced_body);
    } catch (const database_error& e) {
      span.set("error.type", to_string(e.kind()));
      span.fail(e.statement());
      throw;
    }
  }

 private:
  std::unique_ptr<database> inner_;
  statement_spans spans_;
};

std::unique_ptr<database> make_traced(std::unique_ptr<database> inner, std::string name) {
  return std::make_unique<traced_database>(std::move(inner), std::move(name));
}

}  // namespace cumulo::sql
