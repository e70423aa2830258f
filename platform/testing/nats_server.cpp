#include "platform/testing/nats_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace cumulo::test {
namespace {

using namespace std::chrono_literals;

std::string program() {
  if (const char* given = std::getenv("CUMULO_TEST_NATS_SERVER")) return given;  // NOLINT(concurrency-mt-unsafe)
  for (const char* place : {CUMULO_FETCHED_NATS_SERVER, "/usr/sbin/nats-server", "/usr/bin/nats-server"}) {
    if (::access(place, X_OK) == 0) return place;
  }
  throw std::runtime_error("there is no nats-server: run tools/setup.sh test, or set CUMULO_TEST_NATS_SERVER");
}

bool answers(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(socket);
  return connected;
}

}  // namespace

std::uint16_t free_port() {
  // Below those that the system gives to outgoing connections: whoever asks for a server that is not up yet could be
  // given its very port. Programs that run at the same time begin far apart.
  constexpr unsigned first = 25'000;
  constexpr unsigned count = 7'000;
  static std::atomic<unsigned> next{static_cast<unsigned>(::getpid()) * 37U};
  for (unsigned tried = 0; tried < count; ++tried) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(first + next++ % count));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    if (bound) return ntohs(address.sin_port);
  }
  throw std::runtime_error("no free port");
}

nats_server::nats_server(options given)
    : given_(std::move(given)), port_(given_.port != 0 ? given_.port : free_port()), monitoring_(free_port()) {
  std::ofstream settings{folder_.file("nats.conf")};
  settings << "listen: 127.0.0.1:" << port_ << "\nhttp: 127.0.0.1:" << monitoring_ << "\nlog_file: \""
           << folder_.file("log") << "\"\njetstream {\n  store_dir: \"" << folder_.file("store") << "\"\n";
  if (given_.sync_always) settings << "  sync_interval: always\n";
  settings << "}\n" << given_.more;
  if (!settings.flush()) throw std::runtime_error("cannot write nats.conf");
  settings.close();
  start();
}

nats_server::~nats_server() { end(SIGKILL); }

void nats_server::start() {
  const std::string binary = program();
  const std::string settings = folder_.file("nats.conf");
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    const int nothing = ::open("/dev/null", O_RDWR);
    for (int fd = 0; fd < 3; ++fd) ::dup2(nothing, fd);
    ::execl(binary.c_str(), binary.c_str(), "-c", settings.c_str(), nullptr);
    ::_exit(127);
  }
  for (int i = 0; i < 1'000; ++i) {
    if (answers(port_)) return;
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      std::ifstream log{folder_.file("log")};
      throw std::runtime_error("nats-server ended: " + std::string{std::istreambuf_iterator<char>{log}, {}});
    }
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error("nats-server does not answer");
}

void nats_server::end(int number) {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGCONT);
  ::kill(pid_, number);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void nats_server::kill() { end(SIGKILL); }
void nats_server::stop() { end(SIGTERM); }
void nats_server::signal(int number) const { ::kill(pid_, number); }
void nats_server::wipe() { std::filesystem::remove_all(folder_.file("store")); }

nats_cluster::nats_cluster() {
  std::vector<std::uint16_t> routes;
  std::string all;
  for (int n = 0; n < 3; ++n) {
    routes.push_back(free_port());
    all += " nats-route://127.0.0.1:" + std::to_string(routes.back());
  }
  for (int n = 0; n < 3; ++n) {
    nodes_.push_back(std::make_unique<nats_server>(nats_server::options{
        .sync_always = false,
        .more = "server_name: n" + std::to_string(n) + "\ncluster {\n  name: test\n  listen: 127.0.0.1:" +
                std::to_string(routes[static_cast<std::size_t>(n)]) + "\n  routes: [" + all + " ]\n}\n"}));
  }
}

std::string nats_cluster::url() const {
  std::string all;
  for (const auto& each : nodes_) all.append(all.empty() ? "" : ",").append(each->url());
  return all;
}

}  // namespace cumulo::test
