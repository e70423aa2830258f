// Answers that are written for as long as they last (response::stream).
#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <charconv>

#include "platform/http/connection.hpp"
#include "platform/http/response_encoder.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::http {
namespace {

constexpr auto no_throw = asio::as_tuple(use_awaitable);
constexpr std::size_t most_memory_kept = 4 * 1024;

}  // namespace

class connection::chunk_writer final : public stream_writer {
 public:
  explicit chunk_writer(connection& to) : to_(to) {}
  awaitable<bool> write(std::string_view bytes) override { return to_.write_chunk(bytes); }
  [[nodiscard]] bool is_open() const override { return to_.streaming_; }
  void cut() override { to_.cut(); }
  void on_close(std::function<void()> wake) override {
    if (to_.streaming_) {
      to_.wake_stream_ = std::move(wake);
    } else {
      wake();
    }
  }

 private:
  connection& to_;
};

/// Precondition: the head is in out_.
awaitable<void> connection::stream() {
  auto body = response_encoder::take_stream(exchange_.answer);
  chunk_writer writer{*this};
  streaming_ = !thread_->draining;
  asio::co_spawn(thread_->context.get_executor(), watch_for_end(shared_from_this()), asio::detached);
  if (!flush_now()) co_await flush_rest();
  bool whole = true;
  try {
    co_await body(writer);
  } catch (const std::exception& e) {
    whole = false;  // without its last chunk the client sees that it was cut short
    log::error("stream failed", {{"request_id", exchange_.request_id}, {"what", e.what()}});
  }
  streaming_ = false;
  wake_stream_ = nullptr;
  if (whole && parser_.head().http_1_1) out_.append("0\r\n\r\n");
}

awaitable<bool> connection::write_chunk(std::string_view bytes) {
  if (!streaming_ || broken_) co_return false;
  if (bytes.empty()) co_return true;  // an empty chunk would be the end
  const bool chunked = parser_.head().http_1_1;
  if (chunked) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16).ptr;
    out_.append(digits.data(), end).append("\r\n");
  }
  out_.append(bytes);
  if (chunked) out_.append("\r\n");
  if (!flush_now()) co_await flush_rest();
  if (out_.capacity() > most_memory_kept)
    std::string{}.swap(out_);  // there are thousands of streams, most of them idle
  if (broken_ && streaming_) end_stream();
  co_return streaming_;
}

void connection::end_stream() {
  streaming_ = false;
  if (const auto wake = std::exchange(wake_stream_, nullptr)) wake();
}

/// A client that goes away is noticed at once, not at the next event. One that sends something more is not watched any
/// longer: nothing will be read from it, and the next write that fails tells.
awaitable<void> connection::watch_for_end(std::shared_ptr<connection> self) {
  auto& c = *self;
  const auto [failure] = co_await c.socket_.async_wait(tcp_socket::wait_read, no_throw);
  if (!c.streaming_) co_return;
  char next = 0;
  const auto peeked = failure ? 0 : ::recv(c.socket_.native_handle(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
  if (peeked > 0 || (peeked < 0 && (errno == EAGAIN || errno == EINTR))) co_return;
  c.broken_ = true;
  c.end_stream();
}

}  // namespace cumulo::http
