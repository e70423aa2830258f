// A load generator for HTTP/1.1: `load --port P --requests FILE …`, one thread, epoll. Prints one line of JSON.
//   closed loop (default): each connection asks again when it is answered.
//   open loop (--rate R): requests come as from many people who know nothing of each other, R a second on average
//   (exponential gaps), whether the server keeps up or not. A latency counts from the moment a request was due, so the
//   time that it waited for a free connection is in it: nothing is omitted because the server was slow.
// FILE: each request as its length in decimal, a newline, and its bytes. Two tildes in one are other letters each time
// that it is sent, so that what changes something changes it again.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
using moment = clock_type::time_point;

struct settings {
  std::uint16_t port{};
  std::string requests;
  std::size_t connections{32};
  double seconds{3};
  double rate{};
  bool in_order{};
  unsigned seed{1};
};

[[noreturn]] void fail(const char* what) { throw std::system_error{errno, std::generic_category(), what}; }

std::vector<std::string> read_requests(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  std::vector<std::string> all;
  std::size_t length = 0;
  while (file >> length) {
    file.get();
    std::string each(length, '\0');
    file.read(each.data(), static_cast<std::streamsize>(length));
    all.push_back(std::move(each));
  }
  if (all.empty()) throw std::runtime_error{"no requests in " + path};
  return all;
}

/// The next request of the file: any of them, or in order until all have been.
class source {
 public:
  source(std::vector<std::string> all, bool in_order, unsigned seed)
      : all_(std::move(all)), in_order_(in_order), random_(seed) {
    for (const std::string& each : all_) varied_.push_back(each.find("~~"));
  }
  [[nodiscard]] bool is_over() const { return in_order_ && next_ == all_.size(); }
  /// Precondition: not over.
  const std::string& next() {
    const std::size_t i = in_order_ ? next_++ : std::uniform_int_distribution<std::size_t>{0, all_.size() - 1}(random_);
    if (const std::size_t at = varied_[i]; at != std::string::npos) {
      constexpr unsigned letters = 26;
      ++variant_;
      all_[i][at] = static_cast<char>('a' + variant_ / letters % letters);
      all_[i][at + 1] = static_cast<char>('a' + variant_ % letters);
    }
    return all_[i];
  }
  /// Until the next arrival at this many a second.
  std::chrono::nanoseconds gap(double rate) {
    return std::chrono::nanoseconds{static_cast<std::int64_t>(std::exponential_distribution{rate}(random_) * 1e9)};
  }

 private:
  std::vector<std::string> all_;
  bool in_order_;
  std::size_t next_{0};
  std::vector<std::size_t> varied_;           ///< where, in each
  unsigned variant_{std::random_device{}()};  ///< or the next run would send the same again
  std::mt19937_64 random_;
};

/// Bytes as they come, until an answer is whole.
class answer_reader {
 public:
  /// The status, once the answer is whole; else 0.
  int take(std::string_view more) {
    text_.append(more);
    if (size_ == 0) {
      const std::size_t end = text_.find("\r\n\r\n");
      if (end == std::string::npos) return 0;
      size_ = end + 4 + content_length(std::string_view{text_}.substr(0, end));
    }
    if (text_.size() < size_) return 0;
    const int status = std::stoi(text_.substr(9, 3));
    text_.clear();
    size_ = 0;
    return status;
  }
  [[nodiscard]] bool has_begun() const { return !text_.empty(); }

 private:
  static std::size_t content_length(std::string_view head) {
    constexpr std::string_view name = "\r\ncontent-length:";
    const auto* const at = std::search(head.begin(), head.end(), name.begin(), name.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    });
    if (at == head.end()) return 0;
    return std::stoul(std::string{at + name.size(), head.end()});
  }
  std::string text_;
  std::size_t size_{0};
};

struct connection {
  int socket{-1};
  answer_reader answer;
  std::string request;  ///< under way, if not empty
  moment due;
};

class generator {
 public:
  explicit generator(const settings& s)
      : settings_(s), source_(read_requests(s.requests), s.in_order, s.seed), connections_(s.connections) {
    prctl(PR_SET_TIMERSLACK, 1);
    poll_ = epoll_create1(0);
    if (poll_ < 0) fail("epoll_create1");
    for (connection& c : connections_) {
      open(c);
      idle_.push_back(&c);
    }
  }

  void run() {
    begun_ = clock_type::now();
    next_arrival_ = begun_;
    const moment end = begun_ + std::chrono::nanoseconds{static_cast<std::int64_t>(settings_.seconds * 1e9)};
    const moment patience = end + std::chrono::seconds{10};
    for (moment now = begun_; now < end && !source_.is_over(); now = clock_type::now()) {
      give(now);
      wait(settings_.rate > 0 ? std::min(end, next_arrival_) : end);
    }
    ended_ = clock_type::now();
    // What was due in time is measured to its end, however late.
    while ((!waiting_.empty() || idle_.size() < connections_.size()) && clock_type::now() < patience) {
      if (settings_.rate > 0) hand_out();
      wait(patience);
    }
    if (settings_.in_order) ended_ = clock_type::now();
  }

  void print() {
    std::ranges::sort(latencies_);
    const double seconds = std::chrono::duration<double>(ended_ - begun_).count();
    const std::size_t unanswered = waiting_.size() + connections_.size() - idle_.size();
    std::printf(R"({"answers": %zu, "seconds": %.3f, "rate": %.1f, "refused": %zu, "reopened": %zu, "unanswered": %zu)",
                latencies_.size(), seconds, static_cast<double>(latencies_.size()) / seconds, refused_, reopened_,
                unanswered);
    constexpr std::array<std::pair<const char*, double>, 5> shares{
        {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}}};
    for (const auto& [name, share] : shares) std::printf(R"(, "%s": %.3f)", name, percentile(share));
    if (refused_ > 0) std::printf(R"(, "first_refusal": %d)", first_refusal_);
    std::puts("}");
  }

 private:
  /// Milliseconds.
  [[nodiscard]] double percentile(double share) const {
    if (latencies_.empty()) return 0;
    const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(latencies_.size())));
    return latencies_[std::max<std::size_t>(rank, 1) - 1];
  }

  void open(connection& c) {
    c.socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(settings_.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the interface of sockets
    if (::connect(c.socket, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) fail("connect");
    const int yes = 1;
    setsockopt(c.socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &c}};
    if (epoll_ctl(poll_, EPOLL_CTL_ADD, c.socket, &event) != 0) fail("epoll_ctl");
  }

  void reopen(connection& c) {
    ::close(c.socket);
    ++reopened_;
    c.answer = {};
    open(c);
    if (!c.request.empty()) send(c);
  }

  void send(connection& c) {
    const auto size = static_cast<ssize_t>(c.request.size());
    if (::send(c.socket, c.request.data(), c.request.size(), MSG_NOSIGNAL) != size) reopen(c);
  }

  void ask(connection& c, moment due) {
    c.request = source_.next();
    c.due = due;
    send(c);
  }

  /// Requests to whoever is idle: all that is due, or, in the closed loop, one each.
  void give(moment now) {
    if (settings_.rate > 0) {
      for (; next_arrival_ <= now; next_arrival_ += source_.gap(settings_.rate)) waiting_.push_back(next_arrival_);
      hand_out();
      return;
    }
    for (; !idle_.empty() && !source_.is_over(); idle_.pop_back()) ask(*idle_.back(), clock_type::now());
  }

  void hand_out() {
    for (; !waiting_.empty() && !idle_.empty() && !source_.is_over(); waiting_.pop_front()) {
      connection& c = *idle_.front();
      idle_.pop_front();
      ask(c, waiting_.front());
    }
  }

  void wait(moment until) {
    const auto left = std::max(std::chrono::nanoseconds{0}, std::chrono::nanoseconds{until - clock_type::now()});
    const timespec most{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    std::array<epoll_event, 256> events{};
    const int ready = epoll_pwait2(poll_, events.data(), events.size(), &most, nullptr);
    for (int i = 0; i < ready; ++i) receive(*static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr));
  }

  void receive(connection& c) {
    const ssize_t count = ::recv(c.socket, buffer_.data(), buffer_.size(), 0);
    if (count <= 0) {
      if (c.answer.has_begun()) throw std::runtime_error{"an answer broke off"};
      reopen(c);  // closed between requests, as servers may
      return;
    }
    const int status = c.answer.take({buffer_.data(), static_cast<std::size_t>(count)});
    if (status == 0) return;
    if (status >= 300) {
      if (refused_++ == 0) first_refusal_ = status;
    }
    latencies_.push_back(std::chrono::duration<float, std::milli>(clock_type::now() - c.due).count());
    c.request.clear();
    idle_.push_back(&c);
  }

  settings settings_;
  source source_;
  std::vector<connection> connections_;
  std::deque<connection*> idle_;
  std::deque<moment> waiting_;  ///< due, and no connection was free
  std::vector<float> latencies_;
  std::array<char, 65536> buffer_{};
  int poll_{-1};
  moment begun_, ended_, next_arrival_;
  std::size_t refused_{0}, reopened_{0};
  int first_refusal_{0};
};

}  // namespace

int main(int argc, char** argv) {
  settings s;
  CLI::App app{"HTTP load in a closed or an open loop"};
  app.add_option("--port", s.port, "on the loopback")->required();
  app.add_option("--requests", s.requests, "file of requests")->required();
  app.add_option("--connections", s.connections, "how many")->capture_default_str();
  app.add_option("--seconds", s.seconds, "how long at most")->capture_default_str();
  app.add_option("--rate", s.rate, "open loop: requests a second on average");
  app.add_flag("--in-order", s.in_order, "each request of the file once");
  app.add_option("--seed", s.seed, "of the order and the gaps")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    generator load{s};
    load.run();
    load.print();
  } catch (const std::exception& e) {
    std::cerr << "load: " << e.what() << '\n';
    return 1;
  }
  return 0;
}
