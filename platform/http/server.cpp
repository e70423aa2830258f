#include "platform/http/server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <system_error>

#include "platform/http/server_thread.hpp"

namespace cumulo::http {
namespace {

using std::chrono::milliseconds;

asio::ip::tcp::endpoint resolve(const std::string& listen) {
  const auto colon = listen.rfind(':');
  auto host = listen.substr(0, colon);
  std::uint16_t port = 0;
  const auto* end = listen.data() + listen.size();
  const auto [stop, bad] = std::from_chars(colon == std::string::npos ? end : listen.data() + colon + 1, end, port);
  if (bad != std::errc{} || stop != end) {
    throw std::system_error(std::make_error_code(std::errc::invalid_argument),
                            "cannot listen on \"" + listen + "\": it is not host:port");
  }
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.empty() || host == "*") host = "0.0.0.0";
  asio::io_context context;
  asio::ip::tcp::resolver resolver{context};
  boost::system::error_code failure;
  const auto found = resolver.resolve(host, std::to_string(port), asio::ip::tcp::resolver::passive, failure);
  if (failure || found.empty()) {
    throw std::system_error(failure, "cannot listen on \"" + listen + "\"");
  }
  return found.begin()->endpoint();
}

/// SO_REUSEPORT would let a second program of the same user share our port unnoticed; a plain socket does not.
void refuse_shared_port(const asio::ip::tcp::endpoint& where) {
  asio::io_context context;
  asio::ip::tcp::acceptor probe{context};
  probe.open(where.protocol());
  probe.set_option(asio::socket_base::reuse_address(true));
  if (where.address().is_v6()) probe.set_option(asio::ip::v6_only(false));
  probe.bind(where);
  probe.listen();
}

}  // namespace

struct server::state {
  io_threads& threads;
  std::shared_ptr<server_shared> shared;
  std::vector<std::shared_ptr<server_thread>> per_thread;
  std::uint16_t port{0};
  bool started{false};
  bool stopped{false};
};

server::server(io_threads& threads, const router& routes, server_settings settings, auth::authenticator* who,
               prometheus::Registry* metrics)
    : state_(std::make_shared<state>(
          state{threads, std::make_shared<server_shared>(routes, std::move(settings), who, metrics), {}})) {}

server::~server() {
  static constexpr milliseconds at_once{0};
  stop(at_once);
}

void server::start() {
  auto& s = *state_;
  const auto& listen = s.shared->settings.listen;
  auto where = resolve(listen);
  const bool share = s.threads.size() > 1;
  try {
    if (share && where.port() != 0) refuse_shared_port(where);
    for (std::size_t i = 0; i < s.threads.size(); ++i) {
      auto& one = s.per_thread.emplace_back(std::make_shared<server_thread>(s.shared, s.threads.context(i)));
      one->listen_on(where, share);
      where.port(one->port());
    }
  } catch (const boost::system::system_error& e) {
    s.per_thread.clear();
    throw std::system_error(e.code(), "cannot listen on " + listen);
  }
  s.port = where.port();
  s.started = true;
  for (auto& one : s.per_thread) one->start();
}

std::uint16_t server::port() const { return state_->port; }

bool server::stop(milliseconds grace) {
  auto& s = *state_;
  if (!s.started || s.stopped) return true;
  s.stopped = true;
  static constexpr milliseconds longest_linger{300};
  static constexpr milliseconds to_unwind{1000};
  const auto linger = std::min(grace / 4, longest_linger);
  const auto all = s.per_thread.size();
  auto& shared = *s.shared;
  const auto on_each_thread = [&](auto what) {
    for (auto& one : s.per_thread) {
      asio::post(one->context, [one, what] {
        what(*one);
        const std::scoped_lock lock{one->shared->gone_mutex};
        ++one->shared->told;
        one->shared->gone.notify_all();
      });
    }
  };
  on_each_thread([linger](server_thread& one) { one.drain(linger); });
  std::unique_lock lock{shared.gone_mutex};
  const bool whole =
      shared.gone.wait_for(lock, grace, [&] { return shared.told >= all && shared.connections.load() == 0; });
  lock.unlock();
  on_each_thread([](server_thread& one) { one.cut(); });
  lock.lock();
  shared.gone.wait_for(lock, to_unwind, [&] { return shared.told >= 2 * all && shared.connections.load() == 0; });
  return whole;
}

}  // namespace cumulo::http
