#include "platform/http/address.hpp"

#include <algorithm>
#include <stdexcept>

#include "platform/http/url.hpp"

namespace cumulo::http {
namespace {

/// Nothing, or ":" and a number.
bool is_port(std::string_view text) {
  return text.empty() || (text.front() == ':' && text.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

}  // namespace

std::optional<ip_address> parse_address(std::string_view text) {
  text = trim(text);
  if (text.size() > 2 && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos || !is_port(text.substr(end + 1))) return std::nullopt;
    return parse_ip(text.substr(1, end - 1));
  }
  if (std::count(text.begin(), text.end(), ':') == 1) {
    const auto colon = text.find(':');
    if (!is_port(text.substr(colon))) return std::nullopt;
    text = text.substr(0, colon);
  }
  return parse_ip(text);
}

std::string client_network(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string{address};
  auto parsed = parse_ip(address);
  if (!parsed) return std::string{address};
  if (parsed->v6) std::fill(parsed->bytes.begin() + 8, parsed->bytes.end(), std::uint8_t{0});
  return parsed->text();
}

network_list::network_list(const std::vector<std::string>& cidrs) {
  for (const auto& text : cidrs) {
    const auto parsed = parse_network(trim(text));
    if (!parsed) throw std::invalid_argument("\"" + text + "\" is no network (10.0.0.0/8, 2001:db8::/32)");
    networks_.push_back(*parsed);
  }
}

bool network_list::contains(const ip_address& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const network& n) { return n.contains(address); });
}

std::optional<ip_address> network_list::client_of(std::string_view forwarded_for) const {
  std::optional<ip_address> client;
  while (!forwarded_for.empty()) {
    const auto comma = forwarded_for.rfind(',');
    const auto one = comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1);
    const auto address = parse_address(one);
    if (!address) return client;
    client = address;
    if (!contains(*address) || comma == std::string_view::npos) return client;
    forwarded_for = forwarded_for.substr(0, comma);
  }
  return client;
}

}  // namespace cumulo::http
