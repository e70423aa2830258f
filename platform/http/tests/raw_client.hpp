#pragma once
// A client that says exactly the bytes it is told to, and a server for it to talk to.
#include <prometheus/registry.h>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/io_threads.hpp"
#include "platform/http/server.hpp"

namespace cumulo::http::test {

struct raw_answer {
  int status{0};
  std::string reason;
  std::map<std::string, std::string> fields;  ///< lower-case names; repeated ones joined by ", "
  std::string body;
  [[nodiscard]] std::string field(const std::string& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : found->second;
  }
};

class raw_client {
 public:
  /// `from`: the last byte of an address 127.0.0.x to connect from.
  explicit raw_client(std::uint16_t port, std::uint8_t from = 1);
  ~raw_client();
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  /// False when the peer has gone.
  bool send(std::string_view bytes);
  /// The next answer; nothing if the connection ends or `patience` passes first. `head` when the request was HEAD.
  std::optional<raw_answer> read(bool head = false, std::chrono::milliseconds patience = std::chrono::seconds{10});
  /// Has the server ended the connection, with nothing more to read, within `patience`?
  bool closed(std::chrono::milliseconds patience = std::chrono::seconds{10});
  /// Waits for more bytes; false at the end or when `patience` passes.
  bool more(std::chrono::milliseconds patience);
  [[nodiscard]] const std::string& pending() const { return pending_; }
  void finish_sending();

 private:
  int socket_{-1};
  std::string pending_;
};

/// "GET /path HTTP/1.1" with Host, further fields ("A: b\r\n") and an optional body with its Content-Length.
std::string ask(std::string_view method, std::string_view target, std::string_view fields = {},
                std::optional<std::string_view> body = std::nullopt);

/// A server on a free port of the loopback, with its own I/O threads and registry.
class test_server {
 public:
  using prepare = std::function<void(server_settings&)>;
  explicit test_server(std::vector<route> table, const prepare& change = {}, auth::authenticator* who = nullptr,
                       std::size_t threads = 1, handler page = {});
  ~test_server();
  [[nodiscard]] std::uint16_t port() const { return server_->port(); }
  [[nodiscard]] server& http() { return *server_; }
  [[nodiscard]] io_threads& threads() { return threads_; }
  [[nodiscard]] prometheus::Registry& metrics() { return metrics_; }
  /// One exchange on a fresh connection.
  raw_answer exchange(std::string_view bytes, bool head = false);
  /// Value of a metric whose labels include these; 0 if there is none.
  [[nodiscard]] double metric(const std::string& name, const std::map<std::string, std::string>& labels) const;

 private:
  prometheus::Registry metrics_;
  io_threads threads_;
  router router_;
  std::unique_ptr<server> server_;
};

/// Answers {"method":…,"path":…,"body":…} with the body's size and text.
handler echo();
/// Waits so long, then answers {"waited":true}.
handler wait_for(std::chrono::milliseconds time);

}  // namespace cumulo::http::test
