#pragma once
// A server that does what a test says, to the byte, and counts who came.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace cumulo::outbound::test {

/// One accepted connection. Reading gives up when the server ends.
class peer {
 public:
  peer(int fd, const std::atomic<bool>& ending) : fd_(fd), ending_(ending) {}
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;
  ~peer() { ::close(fd_); }

  void write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// False at the end of the connection.
  bool read_more() {
    while (!ending_) {
      pollfd ready{fd_, POLLIN, 0};
      if (::poll(&ready, 1, 20) <= 0) continue;
      char buffer[4096];
      const auto got = ::recv(fd_, buffer, sizeof buffer, 0);
      if (got <= 0) return false;
      in_.append(buffer, static_cast<std::size_t>(got));
      return true;
    }
    return false;
  }
  /// Up to and with the first `end`; empty if the connection ends before.
  std::string read_until(std::string_view end) {
    for (;;) {
      const auto at = in_.find(end);
      if (at != std::string::npos) {
        std::string taken = in_.substr(0, at + end.size());
        in_.erase(0, taken.size());
        return taken;
      }
      if (!read_more()) return {};
    }
  }
  std::string read(std::size_t size) {
    while (in_.size() < size && read_more()) {
    }
    std::string taken = in_.substr(0, size);
    in_.erase(0, taken.size());
    return taken;
  }
  /// A whole HTTP request with Content-Length; empty at the end.
  std::string read_request() {
    std::string head = read_until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    if (at != std::string::npos) head += read(std::stoul(head.substr(at + 16)));
    return head;
  }
  /// Until the other side goes, or the server ends.
  void wait_for_end() {
    while (read_more()) {
    }
  }
  [[nodiscard]] bool ending() const { return ending_; }

 private:
  int fd_;
  const std::atomic<bool>& ending_;
  std::string in_;
};

class scripted_server {
 public:
  using script = std::function<void(peer&)>;

  /// On the wildcard address of both families, so that every way to this machine ends here.
  explicit scripted_server(script what) : script_(std::move(what)) {
    fd_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int no = 0;
    ::setsockopt(fd_, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_addr = in6addr_any;
    socklen_t size = sizeof any;
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&any), size) != 0 || ::listen(fd_, 128) != 0 ||
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&any), &size) != 0) {
      throw std::runtime_error("cannot listen");
    }
    port_ = ntohs(any.sin6_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
  }
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;
  ~scripted_server() {
    ending_ = true;
    acceptor_.join();
    for (auto& t : peers_) t.join();
    ::close(fd_);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string at(std::string_view host) const { return std::string{host} + ":" + std::to_string(port_); }
  [[nodiscard]] std::string url(std::string_view path = "/") const {
    return "http://" + at("127.0.0.1") + std::string{path};
  }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void accept_all() {
    while (!ending_) {
      pollfd ready{fd_, POLLIN, 0};
      if (::poll(&ready, 1, 20) <= 0) continue;
      const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      ++connections_;
      peers_.emplace_back([this, fd] {
        peer each{fd, ending_};
        script_(each);
      });
    }
  }

  script script_;
  int fd_{-1};
  std::uint16_t port_{};
  std::atomic<bool> ending_{false};
  std::atomic<int> connections_{0};
  std::vector<std::thread> peers_;
  std::thread acceptor_;
};

}  // namespace cumulo::outbound::test
