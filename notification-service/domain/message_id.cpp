#include "notification-service/domain/message_id.hpp"

#include <sodium.h>

#include <algorithm>
#include <array>

namespace cumulo::notifications {

std::string message_id(instant at, std::string_view seed) {
  std::array<unsigned char, 16> bytes{};
  crypto_generichash(bytes.data(), bytes.size(), reinterpret_cast<const unsigned char*>(seed.data()), seed.size(),
                     nullptr, 0);
  const auto millis = static_cast<std::uint64_t>(std::max<std::int64_t>(to_millis(at), 0));
  for (std::size_t i = 0; i < 6; ++i) bytes[i] = static_cast<unsigned char>(millis >> (8 * (5 - i)));
  bytes[6] = static_cast<unsigned char>(0x70U | (bytes[6] & 0x0fU));
  bytes[8] = static_cast<unsigned char>(0x80U | (bytes[8] & 0x3fU));

  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += digits[bytes[i] >> 4U];
    text += digits[bytes[i] & 0x0fU];
  }
  return text;
}

}  // namespace cumulo::notifications
