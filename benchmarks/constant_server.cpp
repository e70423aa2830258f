// The limit that the services are measured against: platform/http with everything on (routing, metrics, access log,
// request ids, security fields) answering a constant of 500 bytes at GET /constant.
#include <prometheus/registry.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <string>

#include "platform/http/server.hpp"
#include "platform/observe/log.hpp"

int main(int argc, char** argv) {
  using namespace cumulo;
  std::uint16_t port = 8099;
  std::size_t thread_count = 1;
  std::string log_file = "/dev/null";
  bool bare = false;
  CLI::App app{"Answers a constant at GET /constant"};
  app.add_option("--port", port, "port on the loopback")->capture_default_str();
  app.add_option("--threads", thread_count, "I/O threads")->capture_default_str();
  app.add_option("--access-log", log_file, "file of the access log")->capture_default_str();
  app.add_flag("--bare", bare, "without access log and metrics");
  CLI11_PARSE(app, argc, argv);

  // Signals are waited for below; the threads made from here on do not take them.
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);

  log::settings logs;
  logs.service = "constant-server";
  logs.file = log_file;
  log::configure(logs);

  static std::string body = R"({"id":"0197a3c2-7b1e-7c3a-9f00-3a5b8c1d2e4f","title":"A constant","description":")";
  body.append(500 - body.size() - 2, 'x').append("\"}");
  const http::handler constant = [](const http::request&, http::response& out) -> awaitable<result<>> {
    out.body().append(body);
    co_return result<>{};
  };

  prometheus::Registry metrics;
  io_threads threads{thread_count};
  http::router routes;
  routes.add({{http::verb::get, "/constant", constant, http::anyone, http::limit::none},
              {http::verb::get, "/constant/{id}", constant, http::anyone, http::limit::none},
              {http::verb::post, "/constant", constant, http::anyone, http::limit::none}});
  http::server_settings settings;
  settings.listen = "127.0.0.1:" + std::to_string(port);
  settings.access_log = !bare;
  http::server server{threads, routes, settings, nullptr, bare ? nullptr : &metrics};
  try {
    server.start();
  } catch (const std::system_error& e) {
    std::cerr << e.what() << '\n';
    return 1;
  }
  threads.start();
  std::cout << "http://127.0.0.1:" << server.port() << "/constant\n" << std::flush;
  int received = 0;
  sigwait(&ending, &received);
  server.stop(std::chrono::seconds{5});
  threads.stop();
  return 0;
}
