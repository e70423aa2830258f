#pragma once
// What a server keeps per I/O thread, and what the threads share. Internal to platform/http.
#include <atomic>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "platform/auth/rate_limiter.hpp"
#include "platform/core/async.hpp"
#include "platform/http/address.hpp"
#include "platform/http/deadline_wheel.hpp"
#include "platform/http/gzip.hpp"
#include "platform/http/http_metrics.hpp"
#include "platform/http/server.hpp"

namespace cumulo::http {

using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, io_executor>;
using tcp_acceptor = asio::basic_socket_acceptor<asio::ip::tcp, io_executor>;
using steady_timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, io_executor>;

/// One of the rates of server_settings, with its field made beforehand.
struct rate_class {
  char key;          ///< first character of its limiter keys
  std::string name;  ///< "read"
  auth::rate allowed;
  std::string policy;  ///< "RateLimit-Policy: "read";q=600;w=60\r\n"
};

/// How many connections each client has (by its client_network). Thread-safe.
class clients {
 public:
  std::size_t enter(const std::string& client);  ///< returns how many it has now
  void leave(const std::string& client);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> open_;
};

/// Shared by the threads; immutable after start but for the atomics and what locks itself.
struct server_shared {
  server_shared(const router& r, server_settings s, auth::authenticator* a, prometheus::Registry* m);
  const router& routes;
  const server_settings settings;
  auth::authenticator* const who;
  http_metrics metrics;
  auth::rate_limiter limiter;
  const network_list trusted;
  const std::array<rate_class, 4> rates;  ///< read, write, sign-in, failed authentication
  std::atomic<std::size_t> connections{0};
  clients present;        ///< trusted proxies aside, which speak for many
  std::mutex gone_mutex;  ///< for stop(), which waits until the last connection has ended
  std::condition_variable gone;
  std::size_t told{0};  ///< threads that have acted on what stop() asked of them; under gone_mutex
};

/// Numbers for span and trace ids: unguessable is not asked of them, only different (xoshiro256**).
class quick_random {
 public:
  quick_random();
  std::uint64_t operator()();

 private:
  std::array<std::uint64_t, 4> s_{};
};

class connection;

/// All of it belongs to one I/O thread; the functions are called there, except the constructor and `listen_on`.
class server_thread : public std::enable_shared_from_this<server_thread> {
 public:
  server_thread(std::shared_ptr<server_shared> common, asio::io_context& context);

  /// Binds and listens; throws boost::system::system_error.
  void listen_on(const asio::ip::tcp::endpoint& where, bool share_port);
  [[nodiscard]] std::uint16_t port() const;

  void start();
  /// Stops accepting (after taking in what already waits), answers with Connection: close from now on, gives idle
  /// connections `linger` in which a request already on its way may arrive, and closes them.
  void drain(std::chrono::milliseconds linger);
  /// Closes every socket.
  void cut();

  std::shared_ptr<server_shared> shared;
  asio::io_context& context;
  deadline_wheel wheel;
  route_metrics routes_seen;
  gzip zip;
  std::string zip_scratch;
  std::string key_scratch;
  quick_random random;
  std::size_t in_flight{0};
  bool draining{false};
  std::chrono::steady_clock::time_point last_refused_credential{};
  /// "Date: …\r\n", right to a second.
  [[nodiscard]] std::string_view date_field() const { return date_; }

 private:
  static awaitable<void> accept_connections(std::shared_ptr<server_thread> self);
  static awaitable<void> tick(std::shared_ptr<server_thread> self);
  void take(tcp_socket&& socket);
  void renew_date();

  tcp_acceptor acceptor_;
  steady_timer ticker_;
  steady_timer linger_;
  std::string date_;
  std::time_t date_second_{0};
  bool ended_{false};
};

}  // namespace cumulo::http
