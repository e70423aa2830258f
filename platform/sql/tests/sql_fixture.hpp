#pragma once
#include <gtest/gtest.h>

#include <boost/asio/basic_waitable_timer.hpp>
#include <filesystem>
#include <string>
#include <thread>

#include "platform/sql/database.hpp"
#include "platform/testing/engines.hpp"
#include "platform/testing/postgres_cluster.hpp"
#include "platform/testing/run.hpp"
#include "platform/testing/temporary_folder.hpp"

namespace cumulo::sql::test {

using cumulo::test::engine_database;
using cumulo::test::engine_name;
using cumulo::test::postgres_cluster;
using cumulo::test::run;
using cumulo::test::start;
using cumulo::test::temporary_folder;

/// Runs `work` and returns the kind of database_error it throws; nothing if it throws none.
template <class Work>
std::optional<failure> failure_of(io_threads& threads, Work work) {
  try {
    run(threads, std::move(work));
    return std::nullopt;
  } catch (const database_error& e) {
    return e.kind();
  }
}

inline awaitable<void> pause(asio::io_context& context, std::chrono::milliseconds time) {
  asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>
      timer{context, time};
  co_await timer.async_wait(use_awaitable);
}

inline bool becomes(bool healthy, const database& db, std::chrono::milliseconds within) {
  const auto deadline = std::chrono::steady_clock::now() + within;
  while (db.check().ok != healthy) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  return true;
}
inline bool becomes_healthy(const database& db, std::chrono::milliseconds within) { return becomes(true, db, within); }

inline awaitable<std::uint64_t> select(database& db, const statement& what, std::span<const param> values) {
  auto ignore = [](const row&) {};
  const row_sink sink{ignore};
  co_return co_await db.query(what, values, sink);
}

/// One statement as a write of its own; returns the rows changed.
inline awaitable<std::uint64_t> change(database& db, const statement& what, std::span<const param> values) {
  const std::array commands{command{&what, values}};
  std::array<std::uint64_t, 1> changed{};
  co_await db.write(commands, changed);
  co_return changed[0];
}

/// The first column of the first row.
inline awaitable<std::int64_t> number(database& db, const statement& what, std::span<const param> values) {
  std::int64_t out = -1;
  auto take = [&out](const row& r) { out = r.integer(0); };
  const row_sink sink{take};
  co_await db.query(what, values, sink);
  co_return out;
}

/// The schema of the scenarios.
inline constexpr std::array schema{
    embedded_file{"V001__scenario.sql",
                  "CREATE TABLE folder (id TEXT PRIMARY KEY, name TEXT NOT NULL);\n"
                  "CREATE TABLE item (id TEXT PRIMARY KEY, folder_id TEXT REFERENCES folder (id), title TEXT NOT NULL,"
                  " place BIGINT, done BIGINT NOT NULL DEFAULT 0, CONSTRAINT title_not_empty CHECK (title <> ''));\n"
                  "CREATE TABLE counter (id TEXT PRIMARY KEY, value BIGINT NOT NULL);\n"}};

}  // namespace cumulo::sql::test
