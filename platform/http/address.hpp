#pragma once
// Who is at the other end: textual addresses, and which proxies may speak for others.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/ip_address.hpp"

namespace cumulo::http {

using cumulo::ip_address;

/// "192.0.2.1", "2001:db8::1", also "192.0.2.1:8080" and "[2001:db8::1]:8080" as proxies write them.
[[nodiscard]] std::optional<ip_address> parse_address(std::string_view text);

/// What stands for a client where attempts are counted: an IPv4 address itself, of an IPv6 address its /64
/// ("2001:db8:0:1::"), since whoever has one address there has all of them. What is no address stays as it is.
[[nodiscard]] std::string client_network(std::string_view address);

/// The networks whose members are believed. "10.0.0.0/8", "::1", …
class network_list {
 public:
  /// Throws std::invalid_argument that quotes the entry which is no network.
  explicit network_list(const std::vector<std::string>& cidrs);
  [[nodiscard]] bool contains(const ip_address& address) const;
  /// The client named by X-Forwarded-For: the last entry that no trusted proxy has, reading from the right. Nothing if
  /// the field is empty or broken.
  [[nodiscard]] std::optional<ip_address> client_of(std::string_view forwarded_for) const;

 private:
  std::vector<network> networks_;
};

}  // namespace cumulo::http
