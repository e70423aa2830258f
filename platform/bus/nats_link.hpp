#pragma once
// A connection to NATS; private to this room. The only place that includes libnats.
//
// Everything but the constructor, open(), close() and the destructor is called on context()'s thread, the link's own:
// libnats may block there, on a lock or a full socket. Messages come from libnats's threads by asio::post.
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "platform/bus/nats.hpp"

namespace cumulo::bus {

/// What a publish or a request cannot do now: no connection, no answer in time, nobody there.
class nats_away : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct nats_message {
  std::string subject, reply, data;
  int status{0};            ///< of a message without data from the server: 100, 404, 408, 409, 503
  std::string description;  ///< of the status
};

class nats_link {
 public:
  /// Throws std::runtime_error for a URL or a file that cannot be used.
  nats_link(const std::string& url, const nats_settings& settings);
  ~nats_link();
  nats_link(const nats_link&) = delete;

  using taker = std::function<void(nats_message)>;
  /// Starts the thread and begins to connect. On the thread it calls `changed` after each change of connected(), and
  /// `delivered` with what a consumer of a stream sends to any inbox (it keeps the subject under which it was
  /// published).
  void open(std::function<void()> changed, taker delivered);
  /// Ends the connection and the thread; what waits for an answer gets nats_away. Not from the thread itself.
  void close();

  [[nodiscard]] asio::io_context& context() { return context_; }
  [[nodiscard]] bool connected() const { return connected_; }  ///< any thread
  /// "host:port" of the server at the other end.
  [[nodiscard]] std::string server() const;

  /// Sends; `message_id` goes as Nats-Msg-Id. Throws nats_away.
  void send(const std::string& subject, std::string_view data, const std::string& reply = {},
            const char* message_id = nullptr);
  /// Sends and awaits the one answer. Throws nats_away.
  awaitable<nats_message> request(std::string subject, std::string data);

  /// Takes what is sent to inbox(place). A connection lost calls it with status 0 and an empty subject.
  std::uint64_t listen(taker take);
  void forget(std::uint64_t place) { places_.erase(place); }
  [[nodiscard]] std::string inbox(std::uint64_t place) const { return inbox_ + std::to_string(place); }

 private:
  struct library;
  void take(nats_message message);
  void set_connected(bool yes);
  void connect();
  void connect_later();
  void connect_again();

  std::unique_ptr<library> library_;
  std::chrono::milliseconds patience_;
  std::atomic<bool> connected_{false};
  std::function<void()> changed_{};
  taker delivered_{};
  std::string inbox_;
  std::uint64_t next_place_{0};
  std::map<std::uint64_t, taker> places_;
  asio::io_context context_{1};
  std::optional<asio::executor_work_guard<io_executor>> work_;
  std::optional<asio::steady_timer> later_{};  ///< until the next attempt
  bool closing_{false};
  std::chrono::steady_clock::time_point said_{};
  std::thread thread_;
};

}  // namespace cumulo::bus
