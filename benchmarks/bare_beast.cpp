// What Beast itself costs: an HTTP server as in its examples (a coroutine for each connection, tcp_stream with a
// timeout, message_generator), one thread, that answers any request with the same 500 bytes: `bare-beast --port P`.
#include <CLI/CLI.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <string>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

namespace {

const std::string body(500, 'x');

http::message_generator answer(const http::request<http::string_body>& request) {
  http::response<http::string_body> response{http::status::ok, request.version()};
  response.set(http::field::server, "bare");
  response.set(http::field::content_type, "application/json");
  response.keep_alive(request.keep_alive());
  response.body() = body;
  response.prepare_payload();
  return response;
}

asio::awaitable<void> serve(beast::tcp_stream stream) {
  beast::flat_buffer buffer;
  try {
    for (;;) {
      stream.expires_after(std::chrono::seconds(30));
      http::request<http::string_body> request;
      co_await http::async_read(stream, buffer, request, asio::use_awaitable);
      http::message_generator response = answer(request);
      const bool goes_on = response.keep_alive();
      co_await beast::async_write(stream, std::move(response), asio::use_awaitable);
      if (!goes_on) break;
    }
  } catch (const boost::system::system_error&) {
    co_return;  // the client has gone
  }
}

asio::awaitable<void> listen(asio::ip::tcp::endpoint at) {
  const auto executor = co_await asio::this_coro::executor;
  asio::ip::tcp::acceptor acceptor{executor, at};
  for (;;) {
    auto session = serve(beast::tcp_stream{co_await acceptor.async_accept(asio::use_awaitable)});
    asio::co_spawn(executor, std::move(session), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::uint16_t port = 8098;
  CLI::App app{"Answers 500 bytes to anything"};
  app.add_option("--port", port, "port on the loopback")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  asio::io_context context{1};
  asio::signal_set ending{context, SIGINT, SIGTERM};
  ending.async_wait([&](const boost::system::error_code&, int) { context.stop(); });
  auto listening = listen({asio::ip::address_v4::loopback(), port});
  asio::co_spawn(context, std::move(listening), asio::detached);
  context.run();
  return 0;
}
