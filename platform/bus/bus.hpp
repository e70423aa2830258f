#pragma once
// Events between services: written to the outbox in the transaction of the change, relayed at least once and in order
// per aggregate, consumed idempotently. Envelope: CloudEvents 1.0 (JSON). The in-process bus is here; NATS JetStream is
// behind the same interface in nats.hpp. parked.hpp is what an administrator does about poison.
//
// Tables (bus_migrations(), which each service's migrations include):
//   outbox(position, id, type, source, subject, time, data, traceparent)       position: order of commit per aggregate
//   consumed_events(consumer, event_id, consumed_at)                            the idempotence record
//   parked_events(consumer, event_id, envelope, error, parked_at, attempts)     poison messages
//   event_attempts(consumer, event_id, attempts, failed_at)                     how often a consumer has failed so far
//   relay_lease(name, holder, expires_at)                                       whose turn it is to relay
//
// Order per subject holds if changes of one subject commit one after the other with their outbox rows written while the
// subject's own row is locked or conditioned on (`INSERT … SELECT … FROM the updated row`). On PostgreSQL positions are
// given before the commit, so those of different subjects may appear out of order; nothing is skipped, since exactly
// the rows read are deleted.
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/async.hpp"
#include "platform/core/clock.hpp"
#include "platform/core/embedded_file.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::bus {

struct event {
  std::string id;       ///< UUIDv7
  std::string type;     ///< "io.cumulo.task.created.v1"
  std::string source;   ///< "/task-service"
  std::string subject;  ///< the aggregate's id: order is kept per subject
  instant time{};
  std::string data;         ///< JSON text
  std::string traceparent;  ///< W3C, or empty
};

/// CloudEvents JSON of one event and back (errc::malformed).
[[nodiscard]] std::string to_cloudevent(const event& e);
[[nodiscard]] result<event> from_cloudevent(std::string_view json);

/// Migrations of the tables above, to be put before a service's own.
[[nodiscard]] std::span<const embedded_file> bus_migrations();

/// An outbox row ready to be written beside a change. Owns its values; keep it alive until the write returns.
class outbox_row {
 public:
  explicit outbox_row(event e);
  outbox_row(const outbox_row&) = delete;
  /// For database::write.
  [[nodiscard]] sql::command command() const;
  /// For transaction bodies.
  [[nodiscard]] const sql::statement& statement() const;
  [[nodiscard]] std::span<const sql::param> values() const;

 private:
  event event_;
  std::vector<sql::param> values_;
};
/// The outbox INSERT with its seven values (id, type, source, subject, time, data, traceparent) ?1–?7, for repositories
/// that make it conditional: `insert_outbox_text + " WHERE EXISTS (…)"`: it is "INSERT INTO outbox (…) SELECT ?1, …,
/// ?7".
extern const std::string_view insert_outbox_text;

/// Handles one event inside the transaction that also records it as consumed, together with other consumers of the same
/// database and, on SQLite, other events: if any of them throws, each event is handled again by each alone. Throw to
/// have it retried and, after `max_attempts`, parked; until then later events of the same subject wait. Keep to what
/// sql::transaction says of bodies (on SQLite it runs on the writer's thread). sql::failure::unavailable, ::full and
/// ::serialization are no fault of the event: it is offered again until it can be handled.
using handler = std::function<awaitable<void>(const event&, sql::transaction&)>;

struct subscription {
  std::string consumer;              ///< durable name, unique per service ("notification-service")
  std::vector<std::string> types;    ///< exact, or a prefix ending in "*"
  sql::database* database{nullptr};  ///< the consumer's own, where the idempotence record is kept
  handler handle;
};

class broker {
 public:
  virtual ~broker() = default;
  virtual void subscribe(subscription s) = 0;  ///< before start
  virtual void start() {}                      ///< begins to connect and to consume; the I/O threads run
  /// No handler runs any more when it returns (at most 15 s later); publishing goes on. Not from an I/O thread.
  virtual void stop() {}
  /// Returns when the broker has taken all of them durably (in process: when every consumer has committed or parked).
  /// Throws if it cannot be reached; then all are offered again.
  virtual awaitable<void> publish(std::span<const event> events) = 0;
  [[nodiscard]] virtual sql::health check() const = 0;
  /// Does what it has acknowledged survive a power cut, as far as can be known? If not, why.
  [[nodiscard]] virtual sql::health durability() const { return {true, "events are kept in the databases"}; }
};

/// Events reach consumers in the same process. Bounded retries with back-off, then parked.
[[nodiscard]] std::unique_ptr<broker> make_inproc_broker(prometheus::Registry* metrics, int max_attempts = 5);

struct relay_settings {
  std::size_t batch = 256;
  std::chrono::milliseconds idle_poll{500};  ///< beside being poked by `notify`
  std::string name = "outbox";               ///< the service's: label of the metrics, so that several tell apart
  std::chrono::milliseconds lease{10'000};   ///< a replica that dies holds up the others at most this long
};

/// Moves outbox rows of one database to the broker and deletes them after its acknowledgement. Several replicas may run
/// one: they take turns by an advisory lock/lease row, so order holds. With no broker it only counts what waits and
/// says so in a log line and the metric cumulo_outbox_waiting{outbox}; with one there are also
/// cumulo_outbox_oldest_seconds, cumulo_outbox_relayed_total and cumulo_outbox_failures_total.
class relay {
 public:
  relay(sql::database& source, broker* target, io_threads& threads, relay_settings settings,
        prometheus::Registry* metrics);
  ~relay();
  void start();
  /// A commit added rows: look soon. Any thread, cheap.
  void notify();
  /// Ends after the batch under way, and returns then (at most 15 s later). Not from an I/O thread.
  void stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace cumulo::bus
