#include "platform/bus/nats_durability.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/json.hpp>
#include <sstream>

#include "platform/bus/nats.hpp"

namespace cumulo::bus {

namespace {

constexpr auto patience = std::chrono::seconds{3};

std::string greeting_of(const std::string& place) {
  const auto colon = place.rfind(':');
  if (colon == std::string::npos) return {};
  asio::ip::tcp::iostream server;
  server.expires_after(patience);
  std::string host = place.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  server.connect(host, place.substr(colon + 1));
  std::string line;
  std::getline(server, line);
  return line;
}

}  // namespace

std::string judge_version(const std::string& version) {
  std::array<int, 3> found{};
  char dot = 0;
  std::istringstream in{version};
  in >> found[0] >> dot >> found[1] >> dot >> found[2];
  if (!in) return "the NATS server's version (" + version + ") cannot be understood";
  if (found >= oldest_durable_nats) return {};
  return "the NATS server is older (" + version + ") than 2.10.27, which may lose events when it is killed";
}

std::string too_old(const std::string& place) {
  const std::string line = greeting_of(place);
  const auto brace = line.find('{');
  boost::system::error_code ec;
  const boost::json::value greeting = brace == std::string::npos ? nullptr : boost::json::parse(line.substr(brace), ec);
  if (ec || !greeting.is_object() || !greeting.as_object().contains("version")) {
    return "the NATS server's version is not known";
  }
  return judge_version(std::string{greeting.as_object().at("version").as_string()});
}

}  // namespace cumulo::bus
