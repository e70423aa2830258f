#include "platform/sql/sqlite_writer.hpp"

#include <boost/asio/co_spawn.hpp>

#include "platform/observe/log.hpp"

namespace cumulo::sql {
namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::chrono::milliseconds group_time{20};  // a group stops taking members after this, so that none waits long
const statement savepoint{"sqlite.savepoint", "SAVEPOINT member"};
const statement release{"sqlite.release", "RELEASE member"};
const statement rollback_to{"sqlite.rollback_to", "ROLLBACK TO member"};
const statement begin_group{"sqlite.begin", "BEGIN IMMEDIATE"};
const statement end_group{"sqlite.commit", "COMMIT"};
const statement rollback_group{"sqlite.rollback", "ROLLBACK"};

std::uint64_t run(sqlite_connection& connection, const statement& what, std::span<const param> values = {}) {
  auto ignore = [](const row&) {};
  return connection.execute(what, values, ignore);
}

/// What the neighbours of a change get whose failure made SQLite roll back everything: a full disk is one for all.
std::exception_ptr group_failure(const sqlite_change& guilty) {
  try {
    guilty.rethrow();
  } catch (const database_error& e) {
    if (e.kind() == failure::full) return std::current_exception();
  } catch (...) {  // not the database's: a body threw
  }
  return std::make_exception_ptr(
      database_error(failure::unavailable, "sqlite.write", "the group was rolled back with a failing neighbour"));
}

/// The body's view of the writer's connection. After a statement has failed it refuses the rest, as PostgreSQL does.
class writer_transaction final : public transaction {
 public:
  explicit writer_transaction(sqlite_connection& connection) : connection_(connection) {}

  awaitable<std::uint64_t> execute(const statement& what, std::span<const param> values, row_sink sink) override {
    if (failure_) std::rethrow_exception(failure_);
    try {
      co_return connection_.execute(what, values, sink);
    } catch (...) {
      failure_ = std::current_exception();
      throw;
    }
  }
  [[nodiscard]] const std::exception_ptr& failed() const { return failure_; }

 private:
  sqlite_connection& connection_;
  std::exception_ptr failure_;
};

}  // namespace

sqlite_writer::sqlite_writer(const std::string& file, io_threads& threads, const pool_settings& settings,
                             const instruments& meter)
    : threads_(threads),
      settings_(settings),
      meter_(meter),
      waiting_gauge_(meter.waiting("writer")),
      connection_(file, sqlite_connection::access::read_write, settings.statement_timeout, &meter),
      checkpointer_(file, meter, [this] {
        const std::lock_guard lock(mutex_);
        wake_.notify_one();
      }) {
  sqlite3_wal_hook(
      connection_.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<sqlite_writer*>(self)->checkpointer_.log_has(pages);
        return SQLITE_OK;
      },
      this);
  thread_ = std::thread([this] { work(); });
}

sqlite_writer::~sqlite_writer() { close(); }

awaitable<void> sqlite_writer::run(sqlite_change& change) {
  if (waiting_.fetch_add(1) >= settings_.max_waiting) {
    --waiting_;
    meter_.failed(failure::unavailable);
    throw database_error(failure::unavailable, "sqlite.write", "too many changes wait for the writer");
  }
  instruments::add(waiting_gauge_, 1);
  auto start = [this, &change] { submit(change); };
  co_await suspend(change, start);
  change.rethrow();
}

void sqlite_writer::submit(sqlite_change& change) {
  {
    const std::lock_guard lock(mutex_);
    if (!closing_) {
      queue_.push_back(&change);
      if (queue_.size() == 1) wake_.notify_one();
      return;
    }
  }
  --waiting_;
  instruments::add(waiting_gauge_, -1);
  change.fail(std::make_exception_ptr(database_error(failure::unavailable, "sqlite.write", "the database is closed")));
  const std::array<waiter*, 1> done{&change};
  resume_on_own_threads(done, threads_);
}

void sqlite_writer::work() {
  std::deque<sqlite_change*> taken;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [&] { return closing_ || !queue_.empty() || !taken.empty() || checkpointer_.wants_finish(); });
    taken.insert(taken.end(), queue_.begin(), queue_.end());
    queue_.clear();
    if (taken.empty() && closing_) return;
    lock.unlock();
    if (checkpointer_.wants_finish()) checkpointer_.finish(connection_);
    if (!taken.empty()) commit_group(taken);
    lock.lock();
    const auto next = checkpointer_.next_group();
    if (next > clock_type::now()) wake_.wait_until(lock, next, [this] { return closing_; });
  }
}

void sqlite_writer::commit_group(std::deque<sqlite_change*>& taken) {
  const auto begun = clock_type::now();
  busy_since_ = begun.time_since_epoch().count();
  std::vector<sqlite_change*> group;
  std::exception_ptr lost;
  bool guarded = false;
  try {
    sql::run(connection_, begin_group);
    while (!lost && !taken.empty() && (group.empty() || clock_type::now() - begun < group_time)) {
      auto* change = taken.front();
      taken.pop_front();
      group.push_back(change);
      if (begun - change->asked > settings_.client_deadline) {
        meter_.failed(failure::unavailable);
        change->fail(std::make_exception_ptr(database_error(failure::unavailable, "sqlite.write",
                                                            "the change waited longer than the client's deadline")));
        continue;
      }
      const auto written_before = sqlite3_total_changes64(connection_.handle());
      const bool kept = run_member(*change, guarded);
      if (!connection_.in_transaction()) {
        lost = group_failure(*change);
      } else if (!kept && !guarded && sqlite3_total_changes64(connection_.handle()) != written_before) {
        guarded = true;
        sql::run(connection_, rollback_group);
        for (auto* each : group) each->fail(nullptr);
        taken.insert(taken.begin(), group.begin(), group.end());
        group.clear();
        sql::run(connection_, begin_group);
      }
    }
  } catch (...) {
    lost = std::current_exception();
    group.insert(group.end(), taken.begin(), taken.end());
    taken.clear();
  }
  if (!lost) {
    try {
      sql::run(connection_, end_group);
      ++commits_;
    } catch (...) {
      lost = std::current_exception();
    }
  }
  if (lost) {
    report(lost);
    if (connection_.in_transaction()) sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    for (auto* change : group) {
      if (!change->failed()) change->fail(lost);
    }
  } else {
    meter_.committed(group.size(), begun, clock_type::now());
  }
  busy_since_ = 0;
  waiting_ -= group.size();
  instruments::add(waiting_gauge_, -static_cast<double>(group.size()));
  const std::vector<waiter*> done(group.begin(), group.end());
  resume_on_own_threads(done, threads_);
}

/// For the operator; not more than one line a second.
void sqlite_writer::report(const std::exception_ptr& why) {
  const auto now = clock_type::now();
  if (now - reported_ < std::chrono::seconds{1}) return;
  reported_ = now;
  try {
    std::rethrow_exception(why);
  } catch (const std::exception& e) {
    log::error("a group of writes was not committed", {{"reason", e.what()}});
  }
}

bool sqlite_writer::run_member(sqlite_change& change, bool alone) {
  bool kept = false;
  try {
    if (alone) sql::run(connection_, savepoint);
    kept = true;
    if (change.body) {
      kept = run_body(change);
    } else {
      run_commands(change);
    }
    // Left to the commit, it would take the neighbours along.
    if (kept && connection_.has_unresolved_foreign_keys()) {
      meter_.failed(failure::foreign_key_violation);
      throw database_error(failure::foreign_key_violation, "sqlite.commit", "a deferred foreign key is not satisfied");
    }
    if (alone && kept) sql::run(connection_, release);
  } catch (...) {
    kept = false;
    change.fail(std::current_exception());
  }
  if (kept || !alone || !connection_.in_transaction()) return kept;
  try {
    sql::run(connection_, rollback_to);
    sql::run(connection_, release);
  } catch (const database_error&) {
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);  // the group cannot be saved
  }
  return false;
}

void sqlite_writer::run_commands(sqlite_change& change) {
  for (std::size_t i = 0; i < change.commands.size(); ++i) {
    const auto rows = sql::run(connection_, *change.commands[i].what, change.commands[i].values);
    if (!change.changed.empty()) change.changed[i] = rows;
  }
}

bool sqlite_writer::run_body(sqlite_change& change) {
  writer_transaction tx{connection_};
  bool commits = false;
  std::exception_ptr error;
  auto run_it = [&change, &tx]() -> awaitable<bool> { co_return co_await (*change.body)(tx); };
  auto done = [&commits, &error](std::exception_ptr e, bool yes) {
    error = std::move(e);
    commits = yes;
  };
  asio::co_spawn(body_context_, run_it(), done);
  body_context_.restart();
  body_context_.run();
  if (error) std::rethrow_exception(error);
  if (commits && tx.failed()) std::rethrow_exception(tx.failed());
  return commits;
}

void sqlite_writer::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  checkpointer_.close();
}

std::chrono::milliseconds sqlite_writer::oldest_wait() const {
  const auto since = busy_since_.load();
  if (since == 0) return std::chrono::milliseconds{0};
  const clock_type::time_point begun{clock_type::duration{since}};
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - begun);
}

}  // namespace cumulo::sql
