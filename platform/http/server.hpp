#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "platform/auth/authenticator.hpp"
#include "platform/auth/rate_limiter.hpp"
#include "platform/core/io_threads.hpp"
#include "platform/http/router.hpp"

namespace prometheus {
class Registry;  // NOLINT(readability-identifier-naming): not ours
}

namespace cumulo::http {

struct server_settings {
  std::string listen = "127.0.0.1:8000";  ///< "host:port", "[::]:port"; port 0 takes a free one
  std::size_t max_header = 16 * 1024;     ///< 431
  std::size_t max_body = 1024 * 1024;     ///< 413
  std::size_t max_connections = 20'000;   ///< per process; one more gets a 503 and is closed. When three quarters are
                                          ///< open, so does a client that has a tenth, unless it is a trusted proxy
  std::chrono::milliseconds header_deadline{10'000};  ///< from the first byte (or accept) to the end of the header: 408
  std::chrono::milliseconds body_deadline{30'000};
  std::chrono::milliseconds idle_timeout{75'000};  ///< between requests of a kept connection
  std::chrono::milliseconds write_deadline{30'000};
  std::size_t max_in_flight = 4'096;  ///< requests being handled, per thread; one more gets 503 + Retry-After
  std::size_t gzip_over = 1024;       ///< bodies larger than this are compressed when asked for
  bool access_log = true;
  bool traced = true;                          ///< spans of its requests, where the program exports any
  std::vector<std::string> cors_origins{};     ///< empty: no CORS headers at all
  std::vector<std::string> trusted_proxies{};  ///< CIDR; only from these X-Forwarded-For and -Proto are believed
  auth::rate read_rate{600, std::chrono::minutes{1}};
  auth::rate write_rate{300, std::chrono::minutes{1}};
  auth::rate sign_in_rate{20, std::chrono::minutes{1}};
  bool rate_limits = true;
};

/// An HTTP/1.1 server over the I/O threads: an acceptor per thread (SO_REUSEPORT), and a request is served on the
/// thread that accepted it. Order of checks: framing and limits → route (404, 405) → rate by address → caller (401,
/// 403) → rate by account → body → the caller again, if the body had to be waited for → handler.
class server {
 public:
  /// Everything given must outlive the server. `who` may be null when no route needs a caller; `metrics` may be null.
  server(io_threads& threads, const router& routes, server_settings settings, auth::authenticator* who,
         prometheus::Registry* metrics);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds and listens; throws std::system_error with the address in its text. Accepts from then on.
  void start();
  [[nodiscard]] std::uint16_t port() const;
  /// Stops accepting, lets requests under way finish (answers them with Connection: close), closes idle connections,
  /// and after `grace` cuts the rest off. Blocks; called from outside the I/O threads. True if nothing had to be cut.
  bool stop(std::chrono::milliseconds grace);

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace cumulo::http
