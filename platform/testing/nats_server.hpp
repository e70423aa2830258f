#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "platform/testing/temporary_folder.hpp"

namespace cumulo::test {

/// A NATS server with JetStream of the test's own: in a temporary folder, on a free port of 127.0.0.1. Ends with the
/// object and with the program. The binary is CUMULO_TEST_NATS_SERVER's, or what tools/setup.sh test has fetched, or
/// the system's. Throws std::runtime_error.
class nats_server {
 public:
  struct options {
    bool sync_always = false;          ///< acknowledges only what is on the disk
    std::string more{};                ///< further lines of the configuration
    std::uint16_t port{0}, routes{0};  ///< 0: free ones
  };
  explicit nats_server(options given);
  nats_server() : nats_server(options{}) {}
  ~nats_server();
  nats_server(const nats_server&) = delete;
  nats_server& operator=(const nats_server&) = delete;

  void start();  ///< again, on the same port and folder; returns when it answers
  void kill();   ///< SIGKILL, and waits for its end
  void stop();   ///< SIGTERM, and waits for its end
  void signal(int number) const;
  void wipe();  ///< everything that it has kept; while it is stopped

  [[nodiscard]] std::string url() const { return "nats://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string monitoring_url() const { return "http://127.0.0.1:" + std::to_string(monitoring_); }

 private:
  void end(int signal);
  temporary_folder folder_;
  options given_;
  std::uint16_t port_{0}, monitoring_{0};
  pid_t pid_{-1};
};

/// Three that form a cluster.
class nats_cluster {
 public:
  nats_cluster();
  [[nodiscard]] std::string url() const;  ///< of all, separated by commas
  [[nodiscard]] nats_server& node(std::size_t n) { return *nodes_.at(n); }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }

 private:
  std::vector<std::unique_ptr<nats_server>> nodes_;
};

/// A port of 127.0.0.1 that was free a moment ago, and that no outgoing connection will be given.
[[nodiscard]] std::uint16_t free_port();

}  // namespace cumulo::test
