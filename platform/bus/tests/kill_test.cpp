// A process that changes things and relays events is killed (SIGKILL) again and again. What it acknowledged is there,
// and each event has its effect once, in order.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <random>

#include "platform/bus/tests/bus_fixture.hpp"

namespace cumulo::bus {
namespace {

using namespace test;

const embedded_file produced_schema{
    "V102__produced.sql", "CREATE TABLE produced (subject TEXT NOT NULL PRIMARY KEY, numbers BIGINT NOT NULL)"};
const sql::statement produce{"test.produce",
                             "INSERT INTO produced (subject, numbers) VALUES (?1, 1) "
                             "ON CONFLICT (subject) DO UPDATE SET numbers = produced.numbers + 1 RETURNING numbers"};
const sql::statement read_produced{"test.read_produced", "SELECT subject, numbers FROM produced"};

constexpr int subjects = 5;

awaitable<void> make_changes(sql::database& db, std::string subject, relay& moving, int acknowledgements) {
  for (;;) {
    std::int64_t number = 0;
    auto change = [&](sql::transaction& tx) -> awaitable<void> {
      auto take = [&number](const sql::row& r) { number = r.integer(0); };
      const std::array values{sql::param{subject}};
      co_await tx.execute(produce, values, take);
      const outbox_row row{numbered(subject, static_cast<int>(number - 1))};
      co_await tx.execute(row.statement(), row.values());
    };
    co_await db.transact(change);
    const char sent = subject.back();
    if (::write(acknowledgements, &sent, 1) != 1) ::_exit(3);
    moving.notify();
  }
}

/// The process that is killed. Never returns.
[[noreturn]] void live(const std::string& url, int acknowledgements) {
  io_threads threads{2};
  const auto db = sql::open(url, threads, {}, nullptr);
  const auto events = make_inproc_broker(nullptr);
  auto handle = [](const event& e, sql::transaction& tx) { return leave_effect("c", e, tx); };
  events->subscribe({.consumer = "c", .types = {"*"}, .database = db.get(), .handle = handle});
  relay moving{*db, events.get(), threads, {.batch = 8, .idle_poll = 5ms, .lease = 100ms}, nullptr};
  threads.start();
  moving.start();
  for (int s = 0; s < subjects; ++s) {
    asio::co_spawn(threads.context(0), make_changes(*db, std::to_string(s), moving, acknowledgements), asio::detached);
  }
  for (;;) ::pause();
}

class killed : public testing::TestWithParam<sql::engine> {};

TEST_P(killed, again_and_again_without_loss_or_repetition) {
  engine_database place{GetParam()};
  std::vector<embedded_file> files(bus_migrations().begin(), bus_migrations().end());
  files.insert(files.end(), effects_schema.begin(), effects_schema.end());
  files.push_back(produced_schema);
  sql::migrate(place.url(), files);

  std::mt19937 random{7};
  std::map<std::string, int> acknowledged;
  for (int round = 0; round < 8; ++round) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      live(place.url(), pipe[1]);
    }
    ::close(pipe[1]);
    std::this_thread::sleep_for(std::chrono::milliseconds{150 + random() % 250});
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it was alive until killed";
    for (char c = 0; ::read(pipe[0], &c, 1) == 1;) ++acknowledged[std::string(1, c)];
    ::close(pipe[0]);
  }

  io_threads threads{1};
  const auto db = sql::open(place.url(), threads, {}, nullptr);
  const auto events = make_inproc_broker(nullptr);
  auto handle = [](const event& e, sql::transaction& tx) { return leave_effect("c", e, tx); };
  events->subscribe({.consumer = "c", .types = {"*"}, .database = db.get(), .handle = handle});
  relay moving{*db, events.get(), threads, {.idle_poll = 5ms}, nullptr};
  threads.start();
  moving.start();
  std::map<std::string, int> produced;
  std::map<std::string, std::vector<int>> effects;
  std::int64_t waiting = -1;
  EXPECT_TRUE(soon([&] {
    run(threads, [&]() -> awaitable<void> {
      auto take = [&waiting](const sql::row& r) { waiting = r.integer(0); };
      co_await db->query(count_outbox, {}, take);
    });
    return waiting == 0;
  }));
  moving.stop();
  run(threads, [&]() -> awaitable<void> {
    auto take_produced = [&](const sql::row& r) { produced[std::string{r.text(0)}] = static_cast<int>(r.integer(1)); };
    co_await db->query(read_produced, {}, take_produced);
    auto take_effect = [&](const sql::row& r) {
      effects[std::string{r.text(2)}].push_back(std::stoi(std::string{r.text(3)}));
    };
    co_await db->query(read_effects, {}, take_effect);
  });
  db->close();
  threads.stop();

  ASSERT_EQ(produced.size(), static_cast<std::size_t>(subjects));
  int in_all = 0;
  for (const auto& [subject, numbers] : produced) {
    EXPECT_GE(numbers, acknowledged[subject]) << "an acknowledged change is gone";
    std::vector<int> expected;
    for (int n = 0; n < numbers; ++n) expected.push_back(n);
    EXPECT_EQ(effects[subject], expected);
    in_all += numbers;
  }
  EXPECT_GT(in_all, 100) << "the test has tested something";
}

INSTANTIATE_TEST_SUITE_P(engines, killed, testing::Values(sql::engine::sqlite, sql::engine::postgres), engine_name);

}  // namespace
}  // namespace cumulo::bus
