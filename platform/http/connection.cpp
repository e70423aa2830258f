#include "platform/http/connection.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "platform/core/failure.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/response_encoder.hpp"
#include "platform/http/url.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto no_throw = asio::as_tuple(use_awaitable);
constexpr std::size_t largest_batch = 64 * 1024;          // of pipelined answers before they go out
constexpr std::size_t most_in_a_row = 16;                 // pipelined requests before others have their turn
constexpr std::size_t worth_discarding = 64 * 1024;       // of an unwanted body, to keep the connection
constexpr std::size_t most_lingering = 16 * 1024 * 1024;  // bytes read and dropped after a refusal
constexpr std::size_t most_refused_connections = 512;     // over the cap, being told so
constexpr std::size_t share_of_one = 16;                  // of connections when they are scarce, or a tenth of all
constexpr milliseconds linger_time{2000};

ip_address address_of(const tcp_socket& socket) {
  boost::system::error_code failure;
  const auto peer = socket.remote_endpoint(failure);
  ip_address a;
  if (failure) return a;
  if (peer.address().is_v4()) {
    const auto bytes = peer.address().to_v4().to_bytes();
    std::copy(bytes.begin(), bytes.end(), a.bytes.begin());
    return a;
  }
  return parse_address(peer.address().to_v6().to_string()).value_or(a);
}

}  // namespace

connection::connection(std::shared_ptr<server_thread> thread, tcp_socket&& socket, const ip_address& peer)
    : thread_(std::move(thread)),
      socket_(std::move(socket)),
      peer_(peer.text()),
      parser_(thread_->shared->settings.max_header),
      peer_is_trusted_(thread_->shared->trusted.contains(peer)) {}

void connection::open(std::shared_ptr<server_thread> thread, tcp_socket&& socket) {
  auto& shared = *thread->shared;
  const auto peer = address_of(socket);
  const auto most = shared.settings.max_connections;
  auto& context = thread->context;
  const auto now_open = ++shared.connections;
  if (now_open > most + most_refused_connections) {
    shared.metrics.reject(rejection::connections);
    --shared.connections;
    return;  // closes it unheard
  }
  auto self = std::make_shared<connection>(std::move(thread), std::move(socket), peer);
  const auto of_client = self->peer_is_trusted_ ? 0 : shared.present.enter(client_network(self->peer_));
  const bool scarce = now_open > most / 4 * 3 && of_client > std::max(share_of_one, most / 10);
  const bool over = now_open > most || scarce;
  if (over) shared.metrics.reject(rejection::connections);
  shared.metrics.connection_opened();
  self->thread_->wheel.add(*self);
  asio::co_spawn(context.get_executor(), run(self, over), asio::detached);
}

void connection::on_deadline() {
  if (waiting_for_request_ && !trimmed_) {
    trim();
    thread_->wheel.set(*this, thread_->shared->settings.idle_timeout - trim_after());
    return;
  }
  expire();
}

void connection::expire() {
  expired_ = true;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

void connection::close_if_idle() {
  if (waiting_for_request_) expire();
}

void connection::begin_drain() {
  if (streaming_) end_stream();
}

void connection::cut() {
  boost::system::error_code ignored;
  broken_ = true;
  if (streaming_) end_stream();
  socket_.close(ignored);
}

awaitable<void> connection::run(std::shared_ptr<connection> self, bool refused) {
  auto& c = *self;
  auto& shared = *c.thread_->shared;
  try {
    if (refused) {
      name_request(*c.thread_, c.exchange_, nullptr, c.peer_);
      c.keep_ = false;
      c.refuse({errc::unavailable, "Too many connections. Try again shortly.", {}, std::chrono::seconds{1}});
      c.finish_answer();
      co_await c.linger();
    } else {
      co_await c.serve();
    }
  } catch (const std::exception& e) {
    log::error("connection ended by an exception", {{"peer", c.peer_}, {"what", e.what()}});
  }
  boost::system::error_code ignored;
  c.socket_.shutdown(tcp_socket::shutdown_both, ignored);
  c.socket_.close(ignored);
  c.thread_->wheel.remove(c);
  if (!c.peer_is_trusted_) shared.present.leave(client_network(c.peer_));
  shared.metrics.connection_closed();
  if (--shared.connections == 0 && c.thread_->draining) {
    const std::scoped_lock lock{shared.gone_mutex};
    shared.gone.notify_all();
  }
}

awaitable<void> connection::serve() {
  auto& t = *thread_;
  bool first = true;
  while (!broken_) {
    const auto head = co_await read_head(first);
    first = false;
    began_ = steady_clock::now();
    if (head == head_progress::over) co_return;
    if (head == head_progress::failed) {  // where a next request would begin is unknown: answer and close
      name_request(t, exchange_, nullptr, peer_);
      received_ = in_.bytes().size();
      keep_ = false;
      refuse(problem_);
      finish_answer();
      co_await linger();
      co_return;
    }

    const auto& asked = parser_.head();
    const auto head_size = parser_.head_size();
    received_ = head_size;
    keep_ = asked.keep_alive && !t.draining;
    name_request(t, exchange_, &asked, peer_);
    bool admitted = admit(t, exchange_, asked, peer_is_trusted_) && has_capacity();
    auto to_consume = head_size;
    bool body_unread = false;
    if (asked.has_body()) {
      const auto behind = in_.bytes().substr(head_size);
      if (!admitted && (asked.chunked || asked.expects_continue || asked.content_length > worth_discarding)) {
        body_unread = true;  // closing is cheaper than reading what nobody wants
      } else if (!asked.chunked && behind.size() >= asked.content_length) {
        const auto size = static_cast<std::size_t>(asked.content_length);
        request_builder{exchange_.asked}.body(behind.substr(0, size));
        received_ += size;
        to_consume += size;
      } else {
        to_consume = 0;  // read_body does it
        const auto outcome = co_await read_body(admitted);
        if (outcome == body_progress::broken) co_return;
        if (outcome == body_progress::failed) {
          body_unread = true;
          admitted = false;
          refuse(problem_);
        }
        // A body may take minutes, and the credential be revoked meanwhile.
        admitted = admitted && authenticate(t, exchange_);
        request_builder{exchange_.asked}.body(body_);
      }
    }
    if (body_unread) keep_ = false;

    if (admitted) {
      // Answers already made do not wait for a handler that does.
      if (unsent() > 0) asio::post(t.context, [self = shared_from_this()] { self->flush_now(); });
      ++t.in_flight;
      t.shared->metrics.request_started();
      try {
        const trace::scope active{exchange_.span};
        const auto outcome = co_await (*exchange_.handle)(exchange_.asked, exchange_.answer);
        if (!outcome) refuse(outcome.error());
      } catch (const std::exception& e) {
        note_handler_failure(e);
      }
      t.shared->metrics.request_ended();
      --t.in_flight;
      if (t.draining) keep_ = false;
    }
    const bool streams = response_encoder::is_stream(exchange_.answer);
    if (streams) keep_ = false;
    finish_answer();
    in_.consume(to_consume);
    if (streams && asked.method != verb::head) co_await stream();
    if (body_unread) {
      co_await linger();
      co_return;
    }
    if (!keep_ || !tail_.empty() || out_.size() > largest_batch) {
      if (!flush_now()) co_await flush_rest();
    }
    if (!keep_) co_return;
    if (++in_a_row_ == most_in_a_row) {
      in_a_row_ = 0;
      co_await asio::post(t.context, use_awaitable);
    }
  }
}

bool connection::has_capacity() {
  if (thread_->in_flight < thread_->shared->settings.max_in_flight) return true;
  thread_->shared->metrics.reject(rejection::in_flight);
  refuse({errc::unavailable, "Too many requests at once. Try again shortly.", {}, std::chrono::seconds{1}});
  return false;
}

bool connection::flush_now() {
  while (!broken_ && unsent() > 0) {
    std::array<asio::const_buffer, 2> rest;
    if (sent_ < out_.size()) {
      rest[0] = asio::buffer(out_.data() + sent_, out_.size() - sent_);
      rest[1] = asio::buffer(tail_.data(), tail_.size());
    } else {
      rest[0] = asio::buffer(tail_.data() + (sent_ - out_.size()), unsent());
    }
    boost::system::error_code failure;
    const auto size = rest[1].size() == 0 ? socket_.write_some(asio::const_buffer{rest[0]}, failure)
                                          : socket_.write_some(rest, failure);
    sent_ += size;
    if (failure == asio::error::would_block) return false;
    if (failure) broken_ = true;
  }
  out_.clear();
  tail_ = {};
  sent_ = 0;
  return true;
}

awaitable<void> connection::flush_rest() {
  const auto deadline = thread_->shared->settings.write_deadline;
  std::size_t renewed_at = sent_;
  thread_->wheel.set(*this, deadline);
  expired_ = false;
  while (!broken_ && !flush_now()) {
    static constexpr std::size_t step = 64 * 1024;
    if (sent_ - renewed_at > step) {  // for slow readers of large bodies, as in read_body
      renewed_at = sent_;
      thread_->wheel.set(*this, deadline);
    }
    const auto [failure] = co_await socket_.async_wait(tcp_socket::wait_write, no_throw);
    if (failure || expired_) broken_ = true;
  }
  thread_->wheel.clear(*this);
}

/// Sends what there is, says that no more comes, and reads the client's bytes away: closing with some unread would
/// reset the connection, and the client might never see why.
awaitable<void> connection::linger() {
  if (!flush_now()) co_await flush_rest();
  if (broken_) co_return;
  boost::system::error_code ignored;
  socket_.shutdown(tcp_socket::shutdown_send, ignored);
  thread_->wheel.set(*this, linger_time);
  expired_ = false;
  std::array<char, 4096> dropped{};
  std::size_t total = 0;
  while (!broken_ && !expired_ && total < most_lingering) {
    const auto [failure, size] = co_await socket_.async_read_some(asio::buffer(dropped), no_throw);
    if (failure || size == 0) co_return;
    total += size;
  }
}

void connection::refuse(const error& e) { answer_problem(exchange_, e); }

void connection::note_handler_failure(const std::exception& e) {
  const auto* known = dynamic_cast<const service_failure*>(&e);
  log::error("request failed", {{"request_id", exchange_.request_id},
                                {"trace_id", std::string_view{exchange_.traceparent}.substr(3, 32)},
                                {"method", exchange_.method_text},
                                {"route", exchange_.asked.route()},
                                {"what", e.what()}});
  if (known != nullptr && known->code()) {
    refuse({*known->code(), known->safe_detail(), {}, {}});
  } else {
    write_internal_error(exchange_.answer, exchange_.instance, exchange_.request_id);
  }
}

void connection::finish_answer() {
  auto& t = *thread_;
  const auto& settings = t.shared->settings;
  const auto& asked = parser_.head();
  auto& x = exchange_;
  const bool readable = x.route_index != t.routes_seen.unreadable();
  answer_context context;
  context.date = t.date_field();
  context.request_id = x.request_id;
  context.traceparent = x.traceparent;
  context.rate_fields = x.rate_fields;
  context.cors_origin = x.cors_origin;
  context.cors_configured = !settings.cors_origins.empty();
  context.head_only = readable && asked.method == verb::head;
  context.keep_alive = keep_;
  context.http_1_1 = !readable || asked.http_1_1;
  context.accepts_gzip = readable && lists_token(asked.fields.find("accept-encoding"), "gzip");
  context.gzip_over = settings.gzip_over;
  const auto before = out_.size();
  tail_ = response_encoder::encode(out_, x.answer, context, t.zip, t.zip_scratch);

  const auto took = steady_clock::now() - began_;
  t.routes_seen.answered(x.route_index, x.method_text, x.answer.status(), took);
  end_span(x);
  if (!settings.access_log) return;
  log::access_line line;
  line.method = x.method_text;
  line.route = x.asked.route();
  line.path = x.instance;
  line.request_id = x.request_id;
  line.trace_id = std::string_view{x.traceparent}.substr(3, 32);
  if (x.asked.maybe_caller()) line.account_id = x.asked.caller().account_id;
  line.peer = x.asked.client_address();
  line.status = x.answer.status();
  line.bytes_in = received_;
  line.bytes_out = out_.size() - before + tail_.size();
  line.microseconds = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  log::access(line);
}

}  // namespace cumulo::http
