#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "platform/testing/temporary_folder.hpp"

namespace cumulo::test {

struct postgres_options {
  bool durable = false;                 ///< fsync and synchronous commits, for tests of crashes and measurements
  bool tcp = false;                     ///< also listen on a free port of 127.0.0.1
  std::vector<std::string> settings{};  ///< further lines of postgresql.conf
};

/// A PostgreSQL server of the test's own: in a temporary folder, on a Unix socket there, superuser "cumulo" without a
/// password. As root it runs as the user postgres. It ends with the object, and also when the program crashes or is
/// killed (a shell that waits for the program's end of a pipe sees to it). Throws std::runtime_error with the commands'
/// output. One thread at a time.
class postgres_cluster {
 public:
  explicit postgres_cluster(const postgres_options& options = {});
  ~postgres_cluster();
  postgres_cluster(const postgres_cluster&) = delete;
  postgres_cluster& operator=(const postgres_cluster&) = delete;

  enum class stop_mode {
    fast,       ///< ends the sessions, then stops properly
    immediate,  ///< as if the machine had lost power
  };
  void stop(stop_mode mode);
  void start();  ///< again, after stop(), on the same socket and port

  /// URL of a database by name, over the Unix socket; over TCP if `tcp` was asked for.
  [[nodiscard]] std::string url(std::string_view database) const;
  [[nodiscard]] std::string tcp_url(std::string_view database) const;
  /// Creates an empty database and returns its URL.
  [[nodiscard]] std::string create_database();
  /// Runs SQL with psql, for what a test does beside the program ("SELECT pg_terminate_backend(…)"). Returns the rows,
  /// unaligned, without headings.
  std::string sql(const std::string& url, const std::string& text) const;
  /// The process that accepts connections.
  [[nodiscard]] pid_t pid() const;
  /// To that process and all of its sessions: SIGSTOP is a server that hangs.
  void signal_all(int signal) const;

 private:
  [[nodiscard]] std::string data() const { return folder_.file("data"); }
  void initialise(const postgres_options& options);
  void guard();

  temporary_folder folder_;
  std::uint16_t port_{0};
  int guard_pipe_{-1};
  pid_t guard_{-1};
};

/// A new empty database on the server that this program's tests share (started when first needed), or on the one that
/// CUMULO_TEST_POSTGRES_URL names, or on the one of the ctest run (CUMULO_TEST_POSTGRES_NOTE, set by cumulo_test()).
/// Dropped at the end of the object. Any thread.
class postgres_database {
 public:
  postgres_database();
  ~postgres_database();
  postgres_database(const postgres_database&) = delete;
  postgres_database& operator=(const postgres_database&) = delete;
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::string name_, url_;
};

}  // namespace cumulo::test
