#include "platform/outbound/address_policy.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace cumulo::outbound {

namespace {

struct special {
  network range;
  std::string_view what;
};

constexpr ip_address v4(std::uint8_t a, std::uint8_t b = 0, std::uint8_t c = 0, std::uint8_t d = 0) {
  return {false, {a, b, c, d}};
}

constexpr ip_address v6(std::uint16_t a, std::uint16_t b = 0, std::uint16_t c = 0) {
  const auto high = [](std::uint16_t n) { return static_cast<std::uint8_t>(n >> 8U); };
  const auto low = [](std::uint16_t n) { return static_cast<std::uint8_t>(n & 0xFFU); };
  return {true, {high(a), low(a), high(b), low(b), high(c), low(c)}};
}

// https://www.iana.org/assignments/iana-ipv4-special-registry, without the anycast services that are meant to be
// reached by all, and multicast.
constexpr std::array special_v4{
    special{{v4(0), 8}, "this network"},
    special{{v4(10), 8}, "private"},
    special{{v4(100, 64), 10}, "shared between a provider's customers"},
    special{{v4(127), 8}, "loopback"},
    special{{v4(168, 63, 129, 16), 32}, "a cloud's metadata service"},
    special{{v4(169, 254), 16}, "link-local"},
    special{{v4(172, 16), 12}, "private"},
    special{{v4(192, 0, 0), 24}, "reserved for protocols"},
    special{{v4(192, 0, 2), 24}, "documentation"},
    special{{v4(192, 88, 99), 24}, "a 6to4 relay"},
    special{{v4(192, 168), 16}, "private"},
    special{{v4(198, 18), 15}, "benchmark"},
    special{{v4(198, 51, 100), 24}, "documentation"},
    special{{v4(203, 0, 113), 24}, "documentation"},
    special{{v4(224), 4}, "multicast"},
    special{{v4(240), 4}, "reserved"},
};

// Within 2000::/3, the only part of IPv6 that is handed out;
// https://www.iana.org/assignments/iana-ipv6-special-registry.
constexpr std::array special_v6{
    special{{v6(0x2001), 23}, "reserved for protocols (Teredo among them)"},
    special{{v6(0x2001, 0xdb8), 32}, "documentation"},
    special{{v6(0x2002), 16}, "6to4"},
    special{{v6(0x3fff), 20}, "documentation"},
};

constexpr network global_v6{v6(0x2000), 3};
constexpr network nat64{v6(0x64, 0xff9b), 96};

template <std::size_t size>
std::optional<std::string_view> find_in(const std::array<special, size>& table, const ip_address& address) {
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const special& each) { return each.range.contains(address); });
  if (found == table.end()) return std::nullopt;
  return found->what;
}

std::optional<std::string_view> why_special(const ip_address& address) {
  if (!address.v6) return find_in(special_v4, address);
  if (nat64.contains(address)) {
    ip_address inside;
    std::copy(address.bytes.begin() + 12, address.bytes.end(), inside.bytes.begin());
    return find_in(special_v4, inside);
  }
  if (!global_v6.contains(address)) return "not a public IPv6 address";
  return find_in(special_v6, address);
}

}  // namespace

std::optional<std::string_view> address_policy::why_refused(const ip_address& address, std::uint16_t port) const {
  const auto holds = [&](const network& range) { return range.contains(address); };
  if (std::any_of(allowed.begin(), allowed.end(), holds)) return std::nullopt;
  if (const auto special = why_special(address)) return special;
  if (port < 1024 && port != 80 && port != 443) return "a port of other services";
  return std::nullopt;
}

address_policy allowing(std::span<const std::string> cidrs) {
  address_policy policy;
  for (const std::string& text : cidrs) {
    const auto range = parse_network(text);
    if (!range) throw std::invalid_argument("\"" + text + "\" is no network (10.0.0.0/8, 2001:db8::/32)");
    policy.allowed.push_back(*range);
  }
  return policy;
}

}  // namespace cumulo::outbound
