#pragma once
// Internet addresses and ranges of them. No I/O.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cumulo {

/// An IPv4 or IPv6 address; IPv4-mapped IPv6 is IPv4.
struct ip_address {
  bool v6{false};
  std::array<std::uint8_t, 16> bytes{};
  [[nodiscard]] std::string text() const;
};

/// "192.0.2.1" in four decimal parts, "2001:db8::1". No brackets, port or zone.
[[nodiscard]] std::optional<ip_address> parse_ip(std::string_view text);

/// All addresses that begin with the same bits.
struct network {
  ip_address base;
  unsigned bits{};
  [[nodiscard]] bool contains(const ip_address& address) const;
};

/// "10.0.0.0/8", "2001:db8::/32", or one address.
[[nodiscard]] std::optional<network> parse_network(std::string_view text);

}  // namespace cumulo
