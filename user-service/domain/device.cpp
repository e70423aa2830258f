#include "user-service/domain/device.hpp"

#include <arpa/inet.h>

#include <array>

#include "user-service/domain/secrets.hpp"

namespace cumulo::users {

namespace {

/// Without digits and what joins them: "Firefox/133.0" and "Firefox/134.0" are one.
std::string client_kind(std::string_view user_agent) {
  std::string kind;
  for (const char c : user_agent) {
    if ((c >= '0' && c <= '9') || c == '.') continue;
    kind += c;
  }
  return kind;
}

/// The bytes of the network; what is no address stays as it is.
std::string network_of(std::string_view address) {
  constexpr std::size_t v4_bytes = 3;
  constexpr std::size_t v6_bytes = 6;
  std::string text{address};
  std::array<char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), v4_bytes};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), v6_bytes};
  return text;
}

}  // namespace

std::string device_mark(std::string_view account_id, std::string_view user_agent, std::string_view address) {
  std::string all{account_id};
  all.append("\n").append(client_kind(user_agent)).append("\n").append(network_of(address));
  return hash_secret(all);
}

}  // namespace cumulo::users
