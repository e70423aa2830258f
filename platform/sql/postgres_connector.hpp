#pragma once
#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "platform/sql/database.hpp"

namespace cumulo::sql {

struct connection_deleter {
  void operator()(PGconn* c) const { PQfinish(c); }
};
using connection_ptr = std::unique_ptr<PGconn, connection_deleter>;

/// Opens one connection, blocking at most `limit` (name resolution aside) or until `stop` is set. Throws
/// database_error. `statement_timeout` of zero means none.
[[nodiscard]] connection_ptr connect_postgres(const std::string& url, std::chrono::milliseconds statement_timeout,
                                              std::chrono::milliseconds limit, const std::atomic<bool>& stop);

/// Somebody who wants a connection. Both functions are called on the connector's thread.
class connection_seeker {
 public:
  virtual ~connection_seeker() = default;
  /// A connection that is non-blocking and in pipeline mode.
  virtual void connected(connection_ptr c) = 0;
  /// An attempt failed. True to be tried again (after a pause), false to give up.
  virtual bool connect_failed(const std::string& why) = 0;
};

/// The thread that opens connections for all of one database: resolving names, TLS and sign-in block, so no I/O thread
/// does it. While the server is away it tries with jittered back-off, at most a second apart.
class postgres_connector {
 public:
  postgres_connector(std::string url, std::chrono::milliseconds statement_timeout);
  ~postgres_connector();

  void request(std::shared_ptr<connection_seeker> seeker);
  /// Gives up what is under way. Idempotent.
  void close();

 private:
  void work();

  std::string url_;
  std::chrono::milliseconds statement_timeout_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<connection_seeker>> seekers_;
  std::atomic<bool> closing_{false};
  std::thread thread_;
};

}  // namespace cumulo::sql
