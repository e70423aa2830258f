#include "notification-service/domain/unsubscribe.hpp"

#include <sodium.h>

#include <array>

#include "platform/auth/base64url.hpp"

namespace cumulo::notifications {

namespace {

std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac_of(std::string_view what, std::string_view secret) {
  const auto bytes = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_state state{};
  crypto_auth_hmacsha256_init(&state, bytes(secret), secret.size());
  crypto_auth_hmacsha256_update(&state, bytes(what), what.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  return mac;
}

}  // namespace

std::string sign_unsubscription(const unsubscription& of, std::string_view secret) {
  const std::string what = of.account_id + "." + std::string{to_text(of.what)};
  const auto mac = mac_of(what, secret);
  return what + "." + auth::to_base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
}

std::optional<unsubscription> verify_unsubscription(std::string_view token, std::string_view secret) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  const auto what = parse_kind(token.substr(first + 1, last - first - 1));
  const auto given = auth::from_base64url(token.substr(last + 1));
  const auto mac = mac_of(token.substr(0, last), secret);
  if (!what || !given || given->size() != mac.size()) return std::nullopt;
  if (sodium_memcmp(given->data(), mac.data(), mac.size()) != 0) return std::nullopt;
  return unsubscription{std::string{token.substr(0, first)}, *what};
}

}  // namespace cumulo::notifications
