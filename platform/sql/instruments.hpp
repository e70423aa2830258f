#pragma once
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "platform/sql/database.hpp"

namespace prometheus {
// NOLINTBEGIN(readability-identifier-naming): the library's names
class Histogram;
class Gauge;
class Counter;
template <class T>
class Family;
// NOLINTEND(readability-identifier-naming)
}  // namespace prometheus

namespace cumulo::sql {

/// The metrics of one database. Every call is cheap, thread-safe, and does nothing without a registry.
///   cumulo_sql_statement_seconds{database,engine,statement}     cumulo_sql_errors_total{database,engine,failure}
///   cumulo_sql_group_members{database,engine}                   cumulo_sql_commit_seconds{database,engine}
///   cumulo_sql_waiting{database,engine,queue}                   cumulo_sql_connections{database,engine,use}
///   cumulo_sql_reconnects_total{database,engine}                cumulo_sql_wal_pages{database,engine}
class instruments {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// `database` is a short name without credentials. `registry` may be null, and outlives this.
  instruments(prometheus::Registry* registry, std::string_view database, engine kind);

  /// The histogram of a statement, to be kept by whoever has prepared it; null without a registry.
  [[nodiscard]] prometheus::Histogram* statement(std::string_view name) const;
  static void observe(prometheus::Histogram* statement, time_point begun, time_point ended);

  void failed(failure kind) const;
  void committed(std::size_t members, time_point begun, time_point ended) const;
  void reconnected() const;
  void wal_pages(int pages) const;
  /// A gauge of cumulo_sql_waiting / cumulo_sql_connections; null without a registry.
  [[nodiscard]] prometheus::Gauge* waiting(std::string_view queue) const;
  [[nodiscard]] prometheus::Gauge* connections(std::string_view use) const;
  static void add(prometheus::Gauge* gauge, double change);

 private:
  prometheus::Counter& count_of(failure kind) const;

  prometheus::Family<prometheus::Histogram>* statements_{nullptr};
  prometheus::Family<prometheus::Counter>* errors_{nullptr};
  prometheus::Family<prometheus::Gauge>* waiting_{nullptr};
  prometheus::Family<prometheus::Gauge>* connections_{nullptr};
  prometheus::Histogram* group_{nullptr};
  prometheus::Histogram* commit_{nullptr};
  prometheus::Counter* reconnects_{nullptr};
  prometheus::Gauge* wal_{nullptr};
  std::string database_;
  std::string engine_;
};

/// The word for logs and labels: "unique_violation".
[[nodiscard]] std::string_view to_string(failure kind);

}  // namespace cumulo::sql
