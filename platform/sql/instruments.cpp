#include "platform/sql/instruments.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>

namespace cumulo::sql {
namespace {

const prometheus::Histogram::BucketBoundaries durations{
    0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
const prometheus::Histogram::BucketBoundaries group_sizes{1, 2, 4, 8, 16, 32, 64, 128, 256};

constexpr std::array failures{
    failure::unavailable,           failure::timeout,         failure::full,          failure::unique_violation,
    failure::foreign_key_violation, failure::check_violation, failure::serialization, failure::other};

double seconds(instruments::time_point from, instruments::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

instruments::instruments(prometheus::Registry* registry, std::string_view database, engine kind)
    : database_(database), engine_(kind == engine::sqlite ? "sqlite" : "postgres") {
  if (registry == nullptr) return;
  const prometheus::Labels mine{{"database", database_}, {"engine", engine_}};
  statements_ = &prometheus::BuildHistogram()
                     .Name("cumulo_sql_statement_seconds")
                     .Help("Time from asking for a statement to its result, by statement name")
                     .Register(*registry);
  errors_ = &prometheus::BuildCounter()
                 .Name("cumulo_sql_errors_total")
                 .Help("Statements and transactions that failed, by kind of failure")
                 .Register(*registry);
  // From zero on: of a counter that begins at one, rate() and increase() do not see the first.
  for (const failure each : failures) count_of(each);
  waiting_ = &prometheus::BuildGauge()
                  .Name("cumulo_sql_waiting")
                  .Help("Requests that wait for the database, by queue")
                  .Register(*registry);
  connections_ =
      &prometheus::BuildGauge().Name("cumulo_sql_connections").Help("Open connections, by use").Register(*registry);
  group_ = &prometheus::BuildHistogram()
                .Name("cumulo_sql_group_members")
                .Help("Requests that shared one commit")
                .Register(*registry)
                .Add(mine, group_sizes);
  commit_ = &prometheus::BuildHistogram()
                 .Name("cumulo_sql_commit_seconds")
                 .Help("Time to run and commit one group of requests")
                 .Register(*registry)
                 .Add(mine, durations);
  reconnects_ = &prometheus::BuildCounter()
                     .Name("cumulo_sql_reconnects_total")
                     .Help("Connections made again after a loss")
                     .Register(*registry)
                     .Add(mine);
  wal_ = &prometheus::BuildGauge()
              .Name("cumulo_sql_wal_pages")
              .Help("Pages in SQLite's write-ahead log after the last commit")
              .Register(*registry)
              .Add(mine);
}

prometheus::Histogram* instruments::statement(std::string_view name) const {
  if (statements_ == nullptr) return nullptr;
  return &statements_->Add({{"database", database_}, {"engine", engine_}, {"statement", std::string{name}}}, durations);
}

void instruments::observe(prometheus::Histogram* statement, time_point begun, time_point ended) {
  if (statement != nullptr) statement->Observe(seconds(begun, ended));
}

prometheus::Counter& instruments::count_of(failure kind) const {
  return errors_->Add({{"database", database_}, {"engine", engine_}, {"failure", std::string{to_string(kind)}}});
}

void instruments::failed(failure kind) const {
  if (errors_ != nullptr) count_of(kind).Increment();
}

void instruments::committed(std::size_t members, time_point begun, time_point ended) const {
  if (group_ == nullptr) return;
  group_->Observe(static_cast<double>(members));
  commit_->Observe(seconds(begun, ended));
}

void instruments::reconnected() const {
  if (reconnects_ != nullptr) reconnects_->Increment();
}

void instruments::wal_pages(int pages) const {
  if (wal_ != nullptr) wal_->Set(pages);
}

prometheus::Gauge* instruments::waiting(std::string_view queue) const {
  if (waiting_ == nullptr) return nullptr;
  return &waiting_->Add({{"database", database_}, {"engine", engine_}, {"queue", std::string{queue}}});
}

prometheus::Gauge* instruments::connections(std::string_view use) const {
  if (connections_ == nullptr) return nullptr;
  return &connections_->Add({{"database", database_}, {"engine", engine_}, {"use", std::string{use}}});
}

void instruments::add(prometheus::Gauge* gauge, double change) {
  if (gauge != nullptr) gauge->Increment(change);
}

std::string_view to_string(failure kind) {
  switch (kind) {
    case failure::unavailable: return "unavailable";
    case failure::timeout: return "timeout";
    case failure::full: return "full";
    case failure::unique_violation: return "unique_violation";
    case failure::foreign_key_violation: return "foreign_key_violation";
    case failure::check_violation: return "check_violation";
    case failure::serialization: return "serialization";
    case failure::other: return "other";
  }
  return "other";
}

}  // namespace cumulo::sql
