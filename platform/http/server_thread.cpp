#include "platform/http/server_thread.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <ctime>
#include <random>

#include "platform/http/connection.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::http {
namespace {

using std::chrono::milliseconds;

constexpr auto no_throw = asio::as_tuple(use_awaitable);

rate_class make_rate(char key, std::string name, const auth::rate& allowed) {
  const auto seconds = std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(allowed.window).count());
  auto policy = "RateLimit-Policy: \"" + name + "\";q=" + std::to_string(allowed.burst) +
                ";w=" + std::to_string(seconds) + "\r\n";
  return {key, std::move(name), allowed, std::move(policy)};
}

/// A quarter of the shortest deadline, between 5 ms (tests) and 1 s.
milliseconds tick_for(const server_settings& s) {
  const auto shortest = std::min({s.header_deadline, s.body_deadline, s.idle_timeout, s.write_deadline});
  return std::clamp(shortest / 4, milliseconds{5}, milliseconds{1000});
}

}  // namespace

server_shared::server_shared(const router& r, server_settings s, auth::authenticator* a, prometheus::Registry* m)
    : routes(r),
      settings(std::move(s)),
      who(a),
      metrics(m, r),
      trusted(settings.trusted_proxies),
      rates{make_rate('r', "read", settings.read_rate), make_rate('w', "write", settings.write_rate),
            make_rate('s', "sign-in", settings.sign_in_rate), make_rate('f', "failed-auth", settings.read_rate)} {}

std::size_t clients::enter(const std::string& client) {
  const std::scoped_lock lock{mutex_};
  return ++open_[client];
}

void clients::leave(const std::string& client) {
  const std::scoped_lock lock{mutex_};
  const auto found = open_.find(client);
  if (--found->second == 0) open_.erase(found);
}

quick_random::quick_random() {
  std::random_device seed;
  for (auto& word : s_) word = (static_cast<std::uint64_t>(seed()) << 32U) | seed();
}

std::uint64_t quick_random::operator()() {
  const auto rotate = [](std::uint64_t x, unsigned k) { return (x << k) | (x >> (64U - k)); };
  const auto out = rotate(s_[1] * 5, 7) * 9;
  const auto t = s_[1] << 17U;
  s_[2] ^= s_[0];
  s_[3] ^= s_[1];
  s_[1] ^= s_[2];
  s_[0] ^= s_[3];
  s_[2] ^= t;
  s_[3] = rotate(s_[3], 45);
  return out;
}

server_thread::server_thread(std::shared_ptr<server_shared> common, asio::io_context& io)
    : shared(std::move(common)),
      context(io),
      wheel(tick_for(shared->settings)),
      routes_seen(shared->metrics),
      acceptor_(io.get_executor()),
      ticker_(io.get_executor()),
      linger_(io.get_executor()) {
  renew_date();
}

void server_thread::listen_on(const asio::ip::tcp::endpoint& where, bool share_port) {
  using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
  acceptor_.open(where.protocol());
  acceptor_.set_option(asio::socket_base::reuse_address(true));
  if (share_port) acceptor_.set_option(reuse_port(true));
  if (where.address().is_v6()) acceptor_.set_option(asio::ip::v6_only(false));
  acceptor_.bind(where);
  acceptor_.listen(asio::socket_base::max_listen_connections);
}

std::uint16_t server_thread::port() const { return acceptor_.local_endpoint().port(); }

void server_thread::start() {
  asio::co_spawn(context.get_executor(), accept_connections(shared_from_this()), asio::detached);
  asio::co_spawn(context.get_executor(), tick(shared_from_this()), asio::detached);
}

void server_thread::renew_date() {
  const auto now = std::time(nullptr);
  if (now == date_second_) return;
  date_second_ = now;
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  const auto size = std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
  date_.assign(text.data(), size);
}

awaitable<void> server_thread::tick(std::shared_ptr<server_thread> self) {
  auto next = std::chrono::steady_clock::now();
  while (!self->ended_) {
    next += self->wheel.tick();
    self->ticker_.expires_at(next);
    const auto [failure] = co_await self->ticker_.async_wait(no_throw);
    if (failure || self->ended_) co_return;
    self->renew_date();
    self->wheel.advance();
  }
}

void server_thread::take(tcp_socket&& socket) {
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(asio::ip::tcp::no_delay(true), ignored);
  connection::open(shared_from_this(), std::move(socket));
}

awaitable<void> server_thread::accept_connections(std::shared_ptr<server_thread> self) {
  auto& acceptor = self->acceptor_;
  while (acceptor.is_open()) {
    auto [failure, socket] = co_await acceptor.async_accept(no_throw);
    if (!failure) {
      self->take(std::move(socket));
      continue;
    }
    if (failure == asio::error::operation_aborted || !acceptor.is_open()) co_return;
    if (failure == asio::error::connection_aborted) continue;
    // Out of descriptors or memory: those waiting stay in the kernel's queue while some of ours end.
    log::error("cannot accept a connection", {{"error", failure.message()}});
    steady_timer pause{self->context.get_executor(), std::chrono::milliseconds{100}};
    co_await pause.async_wait(no_throw);
  }
}

void server_thread::drain(milliseconds linger) {
  if (draining) return;
  draining = true;
  boost::system::error_code failure;
  acceptor_.non_blocking(true, failure);
  while (!failure) {
    tcp_socket waiting{context.get_executor()};
    acceptor_.accept(waiting, failure);
    if (!failure) take(std::move(waiting));
  }
  acceptor_.close(failure);
  wheel.for_each([](timed& t) { static_cast<connection&>(t).begin_drain(); });
  linger_.expires_after(linger);
  linger_.async_wait([self = shared_from_this()](boost::system::error_code cancelled) {
    if (cancelled) return;
    self->wheel.for_each([](timed& t) { static_cast<connection&>(t).close_if_idle(); });
  });
}

void server_thread::cut() {
  ended_ = true;
  ticker_.cancel();
  linger_.cancel();
  wheel.for_each([](timed& t) { static_cast<connection&>(t).cut(); });
}

}  // namespace cumulo::http
