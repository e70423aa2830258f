#include "platform/testing/postgres_cluster.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "platform/core/id.hpp"
#include "platform/testing/command.hpp"
#include "platform/testing/nats_server.hpp"

namespace cumulo::test {
namespace {

std::string program(std::string_view name) { return postgres_programs() + "/" + std::string{name}; }

std::string psql(const std::string& url, const std::string& text) {
  return run_command({program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text});
}

/// `url` with another database.
std::string with_database(std::string url, std::string_view database) {
  const auto host = url.find("://") + 3;
  const auto query = std::min(url.find('?', host), url.size());
  const auto slash = std::min(url.find('/', host), query);
  return url.replace(slash, query - slash, "/" + std::string{database});
}

/// The server of this program's tests.
const std::string& shared_server_url() {
  static std::string url = [] {
    if (const char* given = std::getenv("CUMULO_TEST_POSTGRES_URL")) {  // NOLINT(concurrency-mt-unsafe)
      return std::string{given};
    }
    if (const char* note = std::getenv("CUMULO_TEST_POSTGRES_NOTE")) {  // NOLINT(concurrency-mt-unsafe)
      std::ifstream in{note};
      if (std::string noted; std::getline(in, noted)) return noted;
    }
    static postgres_cluster cluster;
    return cluster.url("postgres");
  }();
  return url;
}

}  // namespace

postgres_cluster::postgres_cluster(const postgres_options& options) {
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::all);  // the user postgres writes there
  initialise(options);
  for (int attempt = 1;; ++attempt) {
    try {
      if (options.tcp) port_ = free_port();
      start();
      break;
    } catch (const std::runtime_error&) {
      if (!options.tcp || attempt == 5) throw;  // somebody took the port first
    }
  }
  guard();
}

void postgres_cluster::initialise(const postgres_options& options) {
  run_postgres_command({program("initdb"), "-D", data(), "-U", "cumulo", "--locale=C", "--encoding=UTF8", "-A", "trust",
                        "--no-sync", "--no-instructions"});
  std::ofstream settings{data() + "/postgresql.conf", std::ios::app};
  settings << "unix_socket_directories = '" << folder_.path() << "'\n"
           << "max_connections = 200\nshared_buffers = 64MB\nmax_wal_size = 256MB\n";
  if (!options.durable) settings << "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n";
  if (!options.tcp) settings << "listen_addresses = ''\n";
  for (const auto& line : options.settings) settings << line << '\n';
  if (!settings.flush()) throw std::runtime_error("cannot write postgresql.conf");
}

void postgres_cluster::start() {
  const std::string port = port_ == 0 ? "" : " -c listen_addresses=127.0.0.1 -p " + std::to_string(port_);
  run_postgres_command(
      {program("pg_ctl"), "-D", data(), "-l", folder_.file("log"), "-o", port, "-w", "-t", "60", "start"});
}

void postgres_cluster::stop(stop_mode mode) {
  run_postgres_command({program("pg_ctl"), "-D", data(), "-m", mode == stop_mode::fast ? "fast" : "immediate", "-w",
                        "-t", "60", "stop"});
}

/// A shell in a session of its own, whose standard input ends when this program does, however that happens.
void postgres_cluster::guard() {
  const std::string script = "read -r _; pid=$(head -n 1 '" + data() +
                             "/postmaster.pid' 2>/dev/null) && kill -CONT \"$pid\" && kill -QUIT \"$pid\"; "
                             "n=0; while [ -e '" +
                             data() +
                             "/postmaster.pid' ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n+1)); done; "
                             "[ ! -e '" +
                             data() + "/postmaster.pid' ] || kill -KILL \"$pid\"; rm -rf '" + folder_.path() + "'";
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[0], 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes{};
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::array<const char*, 4> argv{"sh", "-c", script.c_str(), nullptr};
  const int failed =
      ::posix_spawn(&guard_, "/bin/sh", &actions, &attributes, const_cast<char* const*>(argv.data()), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[0]);
  guard_pipe_ = pipe_ends[1];
  if (failed != 0) throw std::system_error(failed, std::generic_category(), "/bin/sh");
}

postgres_cluster::~postgres_cluster() {
  if (guard_pipe_ >= 0) {
    ::close(guard_pipe_);  // the guard stops the server and empties the folder
    ::waitpid(guard_, nullptr, 0);
  }
}

std::string postgres_cluster::url(std::string_view database) const {
  std::string url = "postgres://cumulo@/" + std::string{database} + "?host=" + folder_.path();
  if (port_ != 0) url += "&port=" + std::to_string(port_);
  return url;
}

std::string postgres_cluster::tcp_url(std::string_view database) const {
  if (port_ == 0) throw std::logic_error("this cluster does not listen on TCP");
  return "postgres://cumulo@127.0.0.1:" + std::to_string(port_) + "/" + std::string{database};
}

std::string postgres_cluster::create_database() {
  const std::string name = "test-" + new_id();
  psql(url("postgres"), "CREATE DATABASE \"" + name + "\"");
  return url(name);
}

std::string postgres_cluster::sql(const std::string& url, const std::string& text) const { return psql(url, text); }

pid_t postgres_cluster::pid() const {
  std::ifstream in{data() + "/postmaster.pid"};
  pid_t found = 0;
  if (!(in >> found)) throw std::runtime_error("the server does not run");
  return found;
}

void postgres_cluster::signal_all(int signal) const {
  const pid_t server = pid();
  for (const auto& process : std::filesystem::directory_iterator{"/proc"}) {
    std::ifstream in{process.path() / "stat"};
    pid_t own = 0;
    pid_t parent = 0;
    char state = 0;
    std::string name;
    if (in >> own && std::getline(in, name, ')') && in >> state >> parent && parent == server) ::kill(own, signal);
  }
  ::kill(server, signal);
}

postgres_database::postgres_database() : name_("test-" + new_id()), url_(with_database(shared_server_url(), name_)) {
  psql(shared_server_url(), "CREATE DATABASE \"" + name_ + "\"");
}

postgres_database::~postgres_database() {
  try {
    psql(shared_server_url(), "DROP DATABASE IF EXISTS \"" + name_ + "\" WITH (FORCE)");
  } catch (const std::exception&) {
    // The server goes with the program; one that is not ours may have been stopped by the test.
  }
}

}  // namespace cumulo::test
