#include "platform/http/tests/raw_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>

namespace cumulo::http::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string lower(std::string text) {
  for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

raw_client::raw_client(std::uint16_t port, std::uint8_t from)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl((127U << 24U) | from);
  if (socket_ < 0 || ::bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0 ||
      ::connect(socket_, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) {
    throw std::runtime_error("cannot connect");
  }
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

raw_client::~raw_client() { ::close(socket_); }

bool raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

void raw_client::finish_sending() { ::shutdown(socket_, SHUT_WR); }

bool raw_client::more(milliseconds patience) {
  pollfd wait{socket_, POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(patience.count())) <= 0) return false;
  std::array<char, 65536> buffer{};
  const auto n = ::recv(socket_, buffer.data(), buffer.size(), 0);
  if (n <= 0) return false;
  pending_.append(buffer.data(), static_cast<std::size_t>(n));
  return true;
}

std::optional<raw_answer> raw_client::read(bool head, milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  const auto left = [&] {
    return std::max(milliseconds{0}, std::chrono::ceil<milliseconds>(until - steady_clock::now()));
  };
  auto end = pending_.find("\r\n\r\n");
  while (end == std::string::npos) {
    if (!more(left())) return std::nullopt;
    end = pending_.find("\r\n\r\n");
  }
  raw_answer out;
  std::string_view rest{pending_.data(), end + 2};
  const auto line_end = rest.find("\r\n");
  out.status = std::stoi(std::string{rest.substr(9, 3)});
  out.reason = rest.substr(13, line_end - 13);
  rest.remove_prefix(line_end + 2);
  while (!rest.empty()) {
    const auto stop = rest.find("\r\n");
    const auto colon = rest.find(": ");
    auto& value = out.fields[lower(std::string{rest.substr(0, colon)})];
    if (!value.empty()) value += ", ";
    value += rest.substr(colon + 2, stop - colon - 2);
    rest.remove_prefix(stop + 2);
  }
  pending_.erase(0, end + 4);
  const bool bodiless = head || out.status < 200 || out.status == 204 || out.status == 304;
  const auto size = bodiless || out.field("content-length").empty() ? 0 : std::stoul(out.field("content-length"));
  while (pending_.size() < size) {
    if (!more(left())) return std::nullopt;
  }
  out.body = pending_.substr(0, size);
  pending_.erase(0, size);
  return out;
}

bool raw_client::closed(milliseconds patience) {
  if (!pending_.empty()) return false;
  pollfd wait{socket_, POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(patience.count())) <= 0) return false;
  char one = 0;
  return ::recv(socket_, &one, 1, MSG_PEEK) <= 0;
}

std::string ask(std::string_view method, std::string_view target, std::string_view fields,
                std::optional<std::string_view> body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n").append(fields);
  if (body) text.append("Content-Length: ").append(std::to_string(body->size())).append("\r\n");
  text.append("\r\n");
  if (body) text.append(*body);
  return text;
}

test_server::test_server(std::vector<route> table, const prepare& change, auth::authenticator* who, std::size_t threads,
                         handler page)
    : threads_(threads) {
  router_.add(std::move(table));
  if (page) router_.fallback(std::move(page));
  server_settings settings;
  settings.listen = "127.0.0.1:0";
  settings.access_log = false;
  settings.rate_limits = false;
  if (change) change(settings);
  server_ = std::make_unique<server>(threads_, router_, settings, who, &metrics_);
  threads_.start();
  server_->start();
}

test_server::~test_server() {
  server_->stop(std::chrono::seconds{5});
  threads_.stop();
}

raw_answer test_server::exchange(std::string_view bytes, bool head) {
  raw_client client{port()};
  client.send(bytes);
  auto got = client.read(head);
  if (!got) throw std::runtime_error("no answer to " + std::string{bytes.substr(0, 80)});
  return *got;
}

double test_server::metric(const std::string& name, const std::map<std::string, std::string>& labels) const {
  double total = 0;
  for (const auto& family : metrics_.Collect()) {
    if (family.name != name) continue;
    for (const auto& one : family.metric) {
      std::map<std::string, std::string> has;
      for (const auto& l : one.label) has[l.name] = l.value;
      bool matches = true;
      for (const auto& [key, value] : labels) matches = matches && has[key] == value;
      if (matches) total += one.counter.value + one.gauge.value + static_cast<double>(one.histogram.sample_count);
    }
  }
  return total;
}

handler echo() {
  return [](const request& r, response& out) -> awaitable<result<>> {
    out.body().append(R"({"method":")").append(to_text(r.method())).append(R"(","path":")").append(r.path());
    out.body().append(R"(","size":)").append(std::to_string(r.body().size())).append(R"(,"body":")");
    out.body().append(r.body()).append(R"("})");
    co_return result<>{};
  };
}

handler wait_for(milliseconds time) {
  return [time](const request&, response& out) -> awaitable<result<>> {
    using timer_type = asio::basic_waitable_timer<steady_clock, asio::wait_traits<steady_clock>, io_executor>;
    timer_type timer{co_await asio::this_coro::executor, time};
    co_await timer.async_wait(use_awaitable);
    out.body().append(R"({"waited":true})");
    co_return result<>{};
  };
}

}  // namespace cumulo::http::test
