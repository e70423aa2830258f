#pragma once
// One client connection: reads requests, has them answered in order, writes the answers. Internal to platform/http.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/gate.hpp"
#include "platform/http/input_buffer.hpp"
#include "platform/http/message.hpp"
#include "platform/http/request_parser.hpp"
#include "platform/http/server_thread.hpp"

namespace cumulo::http {

class connection final : public std::enable_shared_from_this<connection>, public timed {
 public:
  /// Begins to serve. Over the connection cap it answers 503 and closes.
  static void open(std::shared_ptr<server_thread> thread, tcp_socket&& socket);

  connection(std::shared_ptr<server_thread> thread, tcp_socket&& socket, const ip_address& peer);

  void on_deadline() override;
  void begin_drain();    ///< the server is stopping: a stream ends
  void close_if_idle();  ///< it waits for a request of which nothing has come
  void cut();            ///< closes the socket; what awaits it ends

 private:
  enum class head_progress { done, failed, over };        // failed: problem_ says why; over: nothing more comes
  enum class body_progress { complete, failed, broken };  // broken: the client went away

  class chunk_writer;

  // The first runs hold the connection by a parameter: nothing else does before their first line.
  static awaitable<void> run(std::shared_ptr<connection> self, bool refused);
  static awaitable<void> watch_for_end(std::shared_ptr<connection> self);
  awaitable<void> stream();
  awaitable<bool> write_chunk(std::string_view bytes);
  void end_stream();
  awaitable<void> serve();
  awaitable<head_progress> read_head(bool first);
  awaitable<body_progress> read_body(bool admitted);
  awaitable<void> flush_rest();  // until all has gone out or the connection is broken
  awaitable<void> linger();
  bool flush_now();  // without waiting; true when all has gone out or the connection is broken
  [[nodiscard]] bool has_capacity();
  void finish_answer();
  void refuse(const error& e);
  void note_handler_failure(const std::exception& e);
  void expire();
  void trim();  // gives back the memory of answers and bodies
  [[nodiscard]] std::chrono::milliseconds trim_after() const;
  [[nodiscard]] std::size_t unsent() const { return out_.size() + tail_.size() - sent_; }

  std::shared_ptr<server_thread> thread_;
  tcp_socket socket_;
  std::string peer_;
  request_parser parser_;
  input_buffer in_;
  std::unique_ptr<char[]> head_memory_;  // of the present request, when its body came separately
  std::string body_;
  exchange exchange_;
  std::string out_;
  std::string_view tail_;  // a large body, written after out_
  std::size_t sent_{0};
  std::uint64_t received_{0};
  std::size_t in_a_row_{0};  // requests served since the last wait for bytes
  std::chrono::steady_clock::time_point began_;
  error problem_;
  const bool peer_is_trusted_;
  bool keep_{true};
  bool waiting_for_request_{false};
  bool expired_{false};
  bool trimmed_{false};
  bool broken_{false};
  bool streaming_{false};
  std::function<void()> wake_stream_;
};

}  // namespace cumulo::http
