#pragma once
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <thread>

#include "platform/bus/bus.hpp"
#include "platform/bus/nats.hpp"
#include "platform/core/id.hpp"
#include "platform/sql/database.hpp"
#include "platform/testing/engines.hpp"
#include "platform/testing/nats_server.hpp"

namespace cumulo::bus::test {

using namespace std::chrono_literals;

using cumulo::test::engine_database;
using cumulo::test::engine_name;
using cumulo::test::run;

template <class Condition>
bool soon(Condition condition, std::chrono::milliseconds within = 20s) {
  const auto until = std::chrono::steady_clock::now() + within;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

/// What the handlers of these tests leave behind: one row for each event acted on, in the order of acting.
inline const std::array effects_schema{
    embedded_file{
        "V101__effects.sqlite.sql",
        "CREATE TABLE effects (position INTEGER PRIMARY KEY AUTOINCREMENT, consumer TEXT NOT NULL, event_id TEXT "
        "NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL)"},
    embedded_file{
        "V101__effects.postgres.sql",
        "CREATE TABLE effects (position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, consumer TEXT NOT NULL, "
        "event_id TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL)"},
};

struct effect {
  std::string consumer, event_id, subject;
  int number;
};

inline const sql::statement insert_effect{
    "test.insert_effect", "INSERT INTO effects (consumer, event_id, subject, data) VALUES (?1, ?2, ?3, ?4)"};
inline const sql::statement read_effects{"test.read_effects",
                                         "SELECT consumer, event_id, subject, data FROM effects ORDER BY position"};
inline const sql::statement count_outbox{"test.count_outbox", "SELECT COUNT(*) FROM outbox"};
inline const sql::statement count_effects{"test.count_effects", "SELECT COUNT(*) FROM effects"};
inline const sql::statement count_parked{"test.count_parked", "SELECT COUNT(*) FROM parked_events"};

inline event numbered(const std::string& subject, int n, std::string type = "io.cumulo.test.happened.v1") {
  return {.id = new_id(),
          .type = std::move(type),
          .source = "/test",
          .subject = subject,
          .time = system_clock().now(),
          .data = std::to_string(n),
          .traceparent = ""};
}

inline awaitable<void> leave_effect(std::string consumer, const event& e, sql::transaction& tx) {
  const std::array values{sql::param{consumer}, sql::param{e.id}, sql::param{e.subject}, sql::param{e.data}};
  co_await tx.execute(insert_effect, values);
}

/// A bus over a database engine.
struct combination {
  sql::engine engine;
  bool nats;
};
inline void PrintTo(const combination& c, std::ostream* out) {
  *out << (c.nats ? "NATS, " : "in process, ") << (c.engine == sql::engine::sqlite ? "SQLite" : "PostgreSQL");
}
inline std::string combination_name(const testing::TestParamInfo<combination>& of) {
  return std::string{of.param.nats ? "nats_" : "inproc_"} +
         (of.param.engine == sql::engine::sqlite ? "sqlite" : "postgres");
}
inline const std::array combinations{combination{sql::engine::sqlite, false}, combination{sql::engine::postgres, false},
                                     combination{sql::engine::sqlite, true}, combination{sql::engine::postgres, true}};

inline sql::engine engine_of(sql::engine kind) { return kind; }
inline sql::engine engine_of(const combination& c) { return c.engine; }

/// The server that this program's tests share; each test has a stream of its own.
inline cumulo::test::nats_server& shared_nats() {
  static cumulo::test::nats_server server;
  return server;
}
inline nats_settings quick_nats(const std::string& stream, int max_attempts = 5) {
  nats_settings s;
  s.stream = stream;
  s.subject_root = stream;
  s.ack_wait = 2s;
  s.patience = 3s;
  s.max_attempts = max_attempts;
  return s;
}

template <class Parameter>
class bus_fixture : public testing::TestWithParam<Parameter> {
 protected:
  void SetUp() override {
    std::vector<embedded_file> files(bus_migrations().begin(), bus_migrations().end());
    files.insert(files.end(), effects_schema.begin(), effects_schema.end());
    sql::migrate(url(), files);
    db = open();
    threads.start();
  }
  void TearDown() override {
    if (db) db->close();
    threads.stop();
  }

  [[nodiscard]] const std::string& url() const { return place.url(); }
  [[nodiscard]] std::unique_ptr<sql::database> open() { return sql::open(url(), threads, {}, nullptr); }

  void emit(std::vector<event> events) {
    for (auto& e : events) {
      const outbox_row row{std::move(e)};
      run(threads, [&]() -> awaitable<void> {
        const std::array commands{row.command()};
        co_await db->write(commands);
      });
    }
  }
  std::int64_t count(const sql::statement& what) {
    std::int64_t n = -1;
    run(threads, [&]() -> awaitable<void> {
      auto take = [&n](const sql::row& r) { n = r.integer(0); };
      co_await db->query(what, {}, take);
    });
    return n;
  }
  std::vector<effect> effects() {
    std::vector<effect> all;
    run(threads, [&]() -> awaitable<void> {
      auto take = [&all](const sql::row& r) {
        all.push_back({std::string{r.text(0)}, std::string{r.text(1)}, std::string{r.text(2)},
                       std::stoi(std::string{r.text(3)})});
      };
      co_await db->query(read_effects, {}, take);
    });
    return all;
  }
  /// Every number of every subject once for the consumer, and rising.
  void expect_each_once_in_order(const std::string& consumer, std::size_t subjects, int numbers) {
    std::map<std::string, std::vector<int>> seen;
    for (const auto& e : effects()) {
      if (e.consumer == consumer) seen[e.subject].push_back(e.number);
    }
    std::vector<int> expected;
    for (int n = 0; n < numbers; ++n) expected.push_back(n);
    EXPECT_EQ(seen.size(), subjects);
    for (const auto& [subject, order] : seen) EXPECT_EQ(order, expected) << subject;
  }
  subscription consumer(const std::string& name, handler handle, std::vector<std::string> types = {"*"}) {
    return {.consumer = name, .types = std::move(types), .database = db.get(), .handle = std::move(handle)};
  }
  static handler leaving(const std::string& name) {
    return [name](const event& e, sql::transaction& tx) { return leave_effect(name, e, tx); };
  }
  /// As the relay does: until the broker has them.
  void publish(broker& to, const std::vector<event>& batch) {
    EXPECT_TRUE(soon([&] {
      try {
        run(threads, [&]() -> awaitable<void> { co_await to.publish(batch); });
        return true;
      } catch (const std::exception&) {  // not connected yet
        return false;
      }
    }));
  }
  std::string metrics_text() { return prometheus::TextSerializer{}.Serialize(metrics.Collect()); }
  /// Of the one sample of that name; -1 while there is none.
  double metric(const std::string& name) {
    const auto text = metrics_text();
    const auto at = text.find("\n" + name + "{");
    return at == std::string::npos ? -1 : std::stod(text.substr(text.find("} ", at) + 2));
  }
  bool metric_is(std::string_view line) { return metrics_text().find(line) != std::string::npos; }

  engine_database place{engine_of(this->GetParam())};
  io_threads threads{2};
  std::unique_ptr<sql::database> db;
  prometheus::Registry metrics;
};

using on_each_engine = bus_fixture<sql::engine>;

class on_each_bus : public bus_fixture<combination> {
 protected:
  std::unique_ptr<broker> make_broker(prometheus::Registry* registry, int max_attempts = 5) {
    if (!GetParam().nats) return make_inproc_broker(registry, max_attempts);
    return make_nats_broker(shared_nats().url(), quick_nats(stream, max_attempts), threads, registry);
  }
  const std::string stream = "test-" + new_id();
};

}  // namespace cumulo::bus::test
