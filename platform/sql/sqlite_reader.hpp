#pragma once
#include <boost/asio/post.hpp>
#include <memory>

#include "platform/sql/sqlite_connection.hpp"

namespace cumulo::sql {

/// The reading connection of one I/O thread. Reads of one turn of its loop share a snapshot (taking and leaving one
/// costs four system calls), unless a commit of this process came between: so a read always sees what was acknowledged
/// before it.
class sqlite_reader : public std::enable_shared_from_this<sqlite_reader> {
 public:
  sqlite_reader(const std::string& file, asio::io_context& context, const pool_settings& settings,
                const instruments& meter)
      : connection_(file, sqlite_connection::access::read_only, settings.statement_timeout, &meter,
                    settings.predicates),
        context_(context) {}

  /// `commits` is the writer's count of commits, read just now.
  std::uint64_t query(const statement& what, std::span<const param> values, row_sink sink, std::uint64_t commits) {
    renew(commits);
    try {
      return connection_.execute(what, values, sink);
    } catch (...) {
      leave();
      throw;
    }
  }
  /// On the reader's thread, or when that has ended.
  void leave() {
    static const statement end{"sqlite.end_read", "COMMIT"};
    if (!connection_.in_transaction()) return;
    try {
      run(end);
    } catch (const database_error&) {
      sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
  }

 private:
  void run(const statement& what) {
    auto ignore = [](const row&) {};
    connection_.execute(what, {}, ignore);
  }
  void renew(std::uint64_t commits) {
    static const statement begin{"sqlite.begin_read", "BEGIN"};
    if (connection_.in_transaction()) {
      if (commits == seen_commits_) return;
      leave();
    }
    run(begin);
    seen_commits_ = commits;
    if (leaving_) return;
    leaving_ = true;
    asio::post(context_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      self->leaving_ = false;
      self->leave();
    });
  }

  sqlite_connection connection_;
  asio::io_context& context_;
  std::uint64_t seen_commits_{0};
  bool leaving_{false};
};

}  // namespace cumulo::sql
