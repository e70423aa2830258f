#pragma once
// Which addresses may be called on a user's word. Without it a webhook would be a way into the network that the server
// stands in. No I/O.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/ip_address.hpp"

namespace cumulo::outbound {

/// Public unicast addresses, and what the administrator allows beside them. Refused are the special-purpose ranges of
/// the IANA registries (RFC 6890: private, loopback, link-local, shared, documentation, benchmark, multicast, reserved,
/// "this host"), the metadata services of clouds, and IPv6 forms that carry an IPv4 address past a check (compatible,
/// 6to4, Teredo); of NAT64 (64:ff9b::/96) and IPv4-mapped ones the IPv4 address inside is judged. Of the ports below
/// 1024 only 80 and 443, so that no mail or name server is spoken to; in an allowed range any port.
struct address_policy {
  std::vector<network> allowed{};

  /// Why this must not be connected to ("loopback"); nothing if it may be.
  [[nodiscard]] std::optional<std::string_view> why_refused(const ip_address& address, std::uint16_t port) const;
};

/// The policy that allows these ranges. Throws std::invalid_argument that quotes the entry which is no range.
[[nodiscard]] address_policy allowing(std::span<const std::string> cidrs);

}  // namespace cumulo::outbound
