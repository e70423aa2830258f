#include "platform/http/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "platform/http/url.hpp"

namespace cumulo::http {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

std::optional<ip_address> parse_plain(std::string_view text) {
  if (text.empty() || text.size() > 45) return std::nullopt;
  const std::string terminated{text};
  ip_address a;
  if (inet_pton(AF_INET, terminated.c_str(), a.bytes.data()) == 1) return a;
  if (inet_pton(AF_INET6, terminated.c_str(), a.bytes.data()) != 1) return std::nullopt;
  a.v6 = true;
  if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), a.bytes.begin())) {
    ip_address v4;
    std::copy(a.bytes.begin() + 12, a.bytes.end(), v4.bytes.begin());
    return v4;
  }
  return a;
}

}  // namespace

std::string ip_address::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::optional<ip_address> parse_address(std::string_view text) {
  text = trim(text);
  if (text.size() > 2 && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    return parse_plain(text.substr(1, end - 1));
  }
  if (std::count(text.begin(), text.end(), ':') == 1) text = text.substr(0, text.find(':'));
  return parse_plain(text);
}

std::string client_network(std::string_view address) {
  if (address.find(':') == std::string_view::npos) return std::string{address};
  auto parsed = parse_plain(address);
  if (!parsed) return std::string{address};
  if (parsed->v6) std::fill(parsed->bytes.begin() + 8, parsed->bytes.end(), std::uint8_t{0});
  return parsed->text();
}

network_list::network_list(const std::vector<std::string>& cidrs) {
  for (const auto& text : cidrs) {
    const auto slash = text.find('/');
    const auto base = parse_plain(trim(std::string_view{text}.substr(0, slash)));
    unsigned bits = base && base->v6 ? 128 : 32;
    bool sound = base.has_value();
    if (sound && slash != std::string::npos) {
      unsigned given = 0;
      const auto* end = text.data() + text.size();
      const auto [stop, failure] = std::from_chars(text.data() + slash + 1, end, given);
      sound = failure == std::errc{} && stop == end && given <= bits;
      bits = given;
    }
    if (!sound) throw std::invalid_argument("\"" + text + "\" is no network (10.0.0.0/8, 2001:db8::/32)");
    networks_.push_back({*base, bits});
  }
}

bool network_list::contains(const ip_address& address) const {
  return std::any_of(networks_.begin(), networks_.end(), [&](const network& n) {
    if (n.base.v6 != address.v6) return false;
    const auto whole = n.bits / 8;
    if (!std::equal(n.base.bytes.begin(), n.base.bytes.begin() + whole, address.bytes.begin())) return false;
    const auto rest = n.bits % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - rest));
    return (n.base.bytes[whole] & mask) == (address.bytes[whole] & mask);
  });
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
