// How a connection gets its requests: heads and bodies, each in its time and of its size.
#include <boost/asio/as_tuple.hpp>

#include "platform/http/connection.hpp"

namespace cumulo::http {
namespace {

using std::chrono::milliseconds;

constexpr auto no_throw = asio::as_tuple(use_awaitable);
constexpr std::size_t first_room = 4 * 1024;
constexpr std::size_t most_memory_kept = 64 * 1024;  // of the input, between requests

error timeout_of(std::string_view what) {
  return {errc::request_timeout, "The " + std::string{what} + " did not arrive in time.", {}, {}};
}

}  // namespace

/// What pipelined requests have been answered goes out before waiting for more.
awaitable<connection::head_progress> connection::read_head(bool first) {
  auto& t = *thread_;
  const auto& settings = t.shared->settings;
  using progress = request_parser::progress;
  parser_.start();
  expired_ = false;
  bool begun = false;
  bool parsed = false;
  auto head = progress::need_more;
  for (;;) {
    if (!parsed && in_.bytes().substr(0, 2) == "\r\n") in_.consume(2);  // RFC 9112 §2.2
    if (!in_.empty() && (parsed || in_.bytes() != "\r")) {
      parsed = true;
      head = parser_.read_head(in_.bytes());
    }
    if (head != progress::need_more) break;
    if (unsent() > 0 && !flush_now()) co_await flush_rest();
    if (broken_) co_return head_progress::over;
    if (in_.empty()) {
      in_.shrink(most_memory_kept);
      waiting_for_request_ = true;
      trimmed_ = first;  // a new connection has nothing to give back
      t.wheel.set(*this, first ? settings.header_deadline : trim_after());
    } else if (!begun) {
      begun = true;
      t.wheel.set(*this, settings.header_deadline);
    }
    in_.room(in_.empty() ? first_room : first_room / 4);
    const auto [failure, size] =
        co_await socket_.async_read_some(asio::buffer(in_.free_space(), in_.free_size()), no_throw);
    // The deadline may have passed when the bytes were already here.
    if (size > 0 && waiting_for_request_) expired_ = false;
    waiting_for_request_ = false;
    if (failure || size == 0 || expired_) {
      if (!expired_ || in_.empty() || broken_) co_return head_progress::over;
      t.shared->metrics.reject(rejection::header_timeout);
      problem_ = timeout_of("header");
      co_return head_progress::failed;
    }
    in_.filled(size);
    in_a_row_ = 0;
  }
  t.wheel.clear(*this);
  if (head == progress::done) co_return head_progress::done;
  problem_ = parser_.failure();
  t.shared->metrics.reject(problem_.code == errc::malformed ? rejection::malformed : rejection::too_large);
  co_return head_progress::failed;
}

awaitable<connection::body_progress> connection::read_body(bool admitted) {
  auto& t = *thread_;
  const auto& settings = t.shared->settings;
  const auto& asked = parser_.head();
  const auto length = static_cast<std::size_t>(asked.content_length);
  head_memory_ = in_.detach(parser_.head_size());  // the request's views stay good
  body_.clear();
  if (admitted && asked.expects_continue && in_.empty()) out_.append("HTTP/1.1 100 Continue\r\n\r\n");
  if (unsent() > 0 && !flush_now()) co_await flush_rest();
  if (broken_) co_return body_progress::broken;
  if (!asked.chunked) {
    body_.assign(in_.bytes());
    in_.consume(body_.size());
    received_ += body_.size();
  }

  expired_ = false;
  t.wheel.set(*this, settings.body_deadline);
  std::size_t renewed_at = 0;
  for (;;) {
    static constexpr std::size_t step = 64 * 1024;
    const auto have = body_.size();
    asio::mutable_buffer space;
    if (asked.chunked) {
      std::size_t used = 0;
      const auto chunks = parser_.read_chunks(in_.bytes(), exchange_.max_body, used, body_);
      in_.consume(used);
      received_ += used;
      if (chunks == request_parser::progress::failed) {
        problem_ = parser_.failure();
        t.shared->metrics.reject(problem_.code == errc::too_large ? rejection::too_large : rejection::malformed);
        t.wheel.clear(*this);
        co_return body_progress::failed;
      }
      if (chunks == request_parser::progress::done) break;
      in_.room(step / 4);
      space = asio::buffer(in_.free_space(), in_.free_size());
    } else {
      if (have == length) break;
      body_.resize(std::min(length, have + std::clamp(have, first_room, step)));  // no more than has come already
      space = asio::buffer(body_.data() + have, body_.size() - have);
    }
    if (received_ - renewed_at > step) {  // a slow client may take long for a large body, but not for a small one
      renewed_at = received_;
      t.wheel.set(*this, settings.body_deadline);
    }
    const auto [failure, size] = co_await socket_.async_read_some(space, no_throw);
    if (failure || size == 0 || expired_) {
      if (!expired_ || broken_) co_return body_progress::broken;
      t.shared->metrics.reject(rejection::body_timeout);
      problem_ = timeout_of("body");
      co_return body_progress::failed;
    }
    if (asked.chunked) {
      in_.filled(size);
    } else {
      body_.resize(have + size);
      received_ += size;
    }
  }
  t.wheel.clear(*this);
  co_return body_progress::complete;
}

void connection::trim() {
  trimmed_ = true;
  if (unsent() == 0) std::string{}.swap(out_);
  std::string{}.swap(body_);
  head_memory_.reset();
  exchange_.answer.shrink(0);
}

milliseconds connection::trim_after() const {
  return std::min<milliseconds>(std::chrono::seconds{2}, thread_->shared->settings.idle_timeout / 2);
}

}  // namespace cumulo::http
