// What the engines themselves do, without any of our code: prints `name rate` lines.
//
//   raw-limits sqlite FOLDER SECONDS: point reads, pages of fifty clustered rows, commits of groups of 32 writes with
//     fsync
//
//   raw-limits postgres URL SECONDS: point reads in a libpq pipeline, two connections, sixteen under way on each
//
//   raw-limits argon2 SECONDS: password hashes by libsodium alone, in pages as large as those of the hashing threads
#include <libpq-fe.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/select.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "platform/auth/huge_pages.hpp"

namespace {

constexpr int owners = 2'000;
constexpr int rows_of_owner = 100;
constexpr int rows = owners * rows_of_owner;
const std::string filling(400, 'd');

/// Calls `turn` again and again; it returns how many operations it did.
template <class Turn>
void measure(const char* name, double seconds, Turn turn) {
  const auto begun = std::chrono::steady_clock::now();
  const auto passed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); };
  std::size_t done = 0;
  while (passed() < seconds) done += turn();
  std::printf("%s %.0f\n", name, static_cast<double>(done) / passed());
}

class lite {
 public:
  explicit lite(const std::string& path) {
    if (sqlite3_open(path.c_str(), &handle_) != SQLITE_OK) throw std::runtime_error{sqlite3_errmsg(handle_)};
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("PRAGMA mmap_size=1073741824");
  }
  ~lite() { sqlite3_close_v2(handle_); }
  lite(const lite&) = delete;
  void run(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error{sqlite3_errmsg(handle_)};
  }
  [[nodiscard]] auto prepare(std::string_view sql) {
    sqlite3_stmt* made = nullptr;
    if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &made, nullptr) != SQLITE_OK) {
      throw std::runtime_error{sqlite3_errmsg(handle_)};
    }
    return std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)>{made, &sqlite3_finalize};
  }

 private:
  sqlite3* handle_{};
};

/// Steps to the end and returns how many bytes were read, so that they really are.
std::size_t read_all(sqlite3_stmt* statement) {
  std::size_t bytes = 0;
  while (sqlite3_step(statement) == SQLITE_ROW) {
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      bytes += sqlite3_column_text(statement, column) == nullptr
                   ? 0
                   : static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    }
  }
  sqlite3_reset(statement);
  return bytes;
}

void insert(sqlite3_stmt* statement, int owner, int id) {
  sqlite3_bind_int(statement, 1, owner);
  sqlite3_bind_int(statement, 2, id);
  sqlite3_bind_text(statement, 3, filling.data(), static_cast<int>(filling.size()), SQLITE_STATIC);
  sqlite3_step(statement);
  sqlite3_reset(statement);
}

void sqlite(const std::string& folder, double seconds) {
  lite database{folder + "/raw-limits.db"};
  database.run("CREATE TABLE tasks (owner INTEGER, id INTEGER, title TEXT, PRIMARY KEY (owner, id)) WITHOUT ROWID");
  database.run("CREATE TABLE outbox (id INTEGER PRIMARY KEY, data TEXT)");
  const auto add = database.prepare("INSERT INTO tasks VALUES (?1, ?2, ?3)");
  const auto add_event = database.prepare("INSERT INTO outbox (data) VALUES (?3)");
  database.run("BEGIN");
  for (int n = 0; n < rows; ++n) insert(add.get(), n % owners, n);
  database.run("COMMIT");

  std::minstd_rand random{1};
  std::uniform_int_distribution<int> any{0, rows - 1};
  const auto one = database.prepare("SELECT owner, id, title FROM tasks WHERE owner = ?1 AND id = ?2");
  measure("point_read", seconds, [&] {
    const int n = any(random);
    sqlite3_bind_int(one.get(), 1, n % owners);
    sqlite3_bind_int(one.get(), 2, n);
    return read_all(one.get()) > filling.size() ? 1U : throw std::runtime_error{"not found"};
  });
  const auto page = database.prepare("SELECT owner, id, title FROM tasks WHERE owner = ?1 ORDER BY id DESC LIMIT 50");
  measure("page_read", seconds, [&] {
    sqlite3_bind_int(page.get(), 1, any(random) % owners);
    return read_all(page.get()) > 50 * filling.size() ? 1U : throw std::runtime_error{"no full page"};
  });
  int next = rows;
  measure("group_commit_32", seconds, [&] {
    database.run("BEGIN IMMEDIATE");
    for (int n = 0; n < 32; ++n, ++next) {
      insert(add.get(), next % owners, next);
      insert(add_event.get(), 0, 0);
    }
    database.run("COMMIT");
    return 32U;
  });
}

class pipeline {
 public:
  explicit pipeline(const std::string& url) : link_(PQconnectdb(url.c_str())) {
    if (PQstatus(link_) != CONNECTION_OK) throw std::runtime_error{PQerrorMessage(link_)};
  }
  ~pipeline() { PQfinish(link_); }
  pipeline(const pipeline&) = delete;
  void run(const std::string& sql) { check(PQexec(link_, sql.c_str())); }
  void begin() {
    check(PQprepare(link_, "read", "SELECT id, owner, title FROM raw_limits WHERE id = $1", 1, nullptr));
    PQenterPipelineMode(link_);
    PQsetnonblocking(link_, 1);
  }
  void ask(int id) {
    const std::string text = std::to_string(id);
    const char* value = text.c_str();
    PQsendQueryPrepared(link_, "read", 1, &value, nullptr, nullptr, 0);
    PQpipelineSync(link_);
  }
  /// How many answers were there to take.
  unsigned take() {
    PQconsumeInput(link_);
    unsigned taken = 0;
    while (PQisBusy(link_) == 0) {
      PGresult* result = PQgetResult(link_);
      if (result == nullptr) {
        if (!synced_) break;  // nothing more is there
        synced_ = false;
        continue;
      }
      const ExecStatusType status = PQresultStatus(result);
      if (status == PGRES_TUPLES_OK && PQntuples(result) != 1) throw std::runtime_error{"not found"};
      synced_ = status == PGRES_TUPLES_OK;
      if (status == PGRES_PIPELINE_SYNC) ++taken;
      PQclear(result);
    }
    return taken;
  }
  void flush() { PQflush(link_); }
  [[nodiscard]] int socket() const { return PQsocket(link_); }

 private:
  void check(PGresult* result) {
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error{PQerrorMessage(link_)};
  }
  PGconn* link_;
  bool synced_{};
};

void postgres(const std::string& url, double seconds) {
  std::array<pipeline, 2> links{pipeline{url}, pipeline{url}};
  links[0].run(
      "CREATE TABLE raw_limits AS SELECT n AS id, n % 2000 AS owner, repeat('d', 400) AS title FROM generate_series(1, "
      "200000) n");
  links[0].run("ALTER TABLE raw_limits ADD PRIMARY KEY (id)");
  links[0].run("VACUUM ANALYZE raw_limits");
  std::minstd_rand random{1};
  std::uniform_int_distribution<int> any{1, rows};
  for (pipeline& link : links) {
    link.begin();
    for (int n = 0; n < 16; ++n) link.ask(any(random));
    link.flush();
  }
  measure("pipeline_read", seconds, [&] {
    fd_set readable;
    FD_ZERO(&readable);
    for (const pipeline& link : links) FD_SET(link.socket(), &readable);
    select(std::max(links[0].socket(), links[1].socket()) + 1, &readable, nullptr, nullptr, nullptr);
    unsigned done = 0;
    for (pipeline& link : links) {
      const unsigned taken = link.take();
      for (unsigned n = 0; n < taken; ++n) link.ask(any(random));
      link.flush();
      done += taken;
    }
    return done;
  });
}

void argon2(double seconds) {
  if (sodium_init() < 0) throw std::runtime_error{"no libsodium"};
  cumulo::auth::map_huge_pages();
  const std::string password = "correct horse battery staple 7";
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  measure("argon2", seconds, [&] {
    if (crypto_pwhash_str_alg(hash.data(), password.data(), password.size(), 2, 19U << 20U,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
      throw std::bad_alloc{};
    }
    return 1U;
  });
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 2 ? argv[1] : "";
  try {
    if (what == "sqlite" && argc == 4) {
      sqlite(argv[2], std::atof(argv[3]));
    } else if (what == "postgres" && argc == 4) {
      postgres(argv[2], std::atof(argv[3]));
    } else if (what == "argon2") {
      argon2(std::atof(argv[2]));
    } else {
      std::fprintf(stderr, "usage: raw-limits sqlite FOLDER SECONDS | postgres URL SECONDS | argon2 SECONDS\n");
      return 2;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "raw-limits: %s\n", e.what());
    return 1;
  }
  return 0;
}
