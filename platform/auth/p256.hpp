#pragma once
// The four operations of ES256 (RFC 7518 §3.4) on OpenSSL. Any thread; a key may be used by several at once.
#include <openssl/types.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace cumulo::auth::p256 {

/// A P-256 key, public or private.
using key = std::shared_ptr<EVP_PKEY>;

struct coordinates {
  std::string x, y;  ///< 32 bytes each, big-endian
};

/// Throws std::runtime_error if the system's generator fails.
[[nodiscard]] key generate();
/// Null if the text is no unencrypted PEM of a P-256 private key. Never asks for a passphrase.
[[nodiscard]] key read_private_pem(std::string_view pem);
/// PKCS #8.
[[nodiscard]] std::string write_private_pem(const key& k);
/// Null if the point is not on the curve.
[[nodiscard]] key make_public(const coordinates& point);
[[nodiscard]] coordinates point_of(const key& k);

/// r and s, 32 bytes each, big-endian. Throws std::runtime_error if OpenSSL fails.
[[nodiscard]] std::string sign(const key& k, std::string_view message);
/// `signature` is r and s, 64 bytes in all; any other length is false.
[[nodiscard]] bool verify(const key& k, std::string_view message, std::string_view signature);

using digest = std::array<unsigned char, 32>;
[[nodiscard]] digest sha256(std::string_view bytes);

}  // namespace cumulo::auth::p256
