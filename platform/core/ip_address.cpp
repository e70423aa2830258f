#include "platform/core/ip_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace cumulo {

namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

}  // namespace

std::string ip_address::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, bytes.data(), buffer.data(), buffer.size());
  return buffer.data();
}

std::optional<ip_address> parse_ip(std::string_view text) {
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

bool network::contains(const ip_address& address) const {
  if (base.v6 != address.v6) return false;
  const auto whole = bits / 8;
  if (!std::equal(base.bytes.begin(), base.bytes.begin() + whole, address.bytes.begin())) return false;
  const auto rest = bits % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xFFU << (8 - rest));
  return (base.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

std::optional<network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = parse_ip(text.substr(0, slash));
  if (!base) return std::nullopt;
  const unsigned whole = base->v6 ? 128 : 32;
  if (slash == std::string_view::npos) return network{*base, whole};
  unsigned bits = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data() + slash + 1, end, bits);
  if (failure != std::errc{} || stop != end || bits > whole) return std::nullopt;
  return network{*base, bits};
}

}  // namespace cumulo
