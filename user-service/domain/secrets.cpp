#include "user-service/domain/secrets.hpp"

#include <sodium.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "platform/core/id.hpp"

namespace cumulo::users {

namespace {

constexpr std::string_view sealed_prefix = "sealed1:";

using bytes = std::vector<unsigned char>;

const unsigned char* data_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_KEYBYTES> derive(std::string_view passphrase,
                                                                              const unsigned char* salt) {
  std::array<unsigned char, crypto_aead_xchacha20poly1305_ietf_KEYBYTES> key{};
  if (crypto_pwhash(key.data(), key.size(), passphrase.data(), passphrase.size(), salt, 2, 19ULL << 20U,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::runtime_error("out of memory while deriving a key");
  }
  return key;
}

void require_sodium() {
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
}

}  // namespace

std::string hash_secret(std::string_view secret) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), data_of(secret), secret.size());
  std::string hex(digest.size() * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  hex.pop_back();
  return hex;
}

refresh_token new_refresh_token() { return {random_secret(16), random_secret(32)}; }

refresh_token next_turn(const refresh_token& used) { return {used.family, random_secret(32)}; }

std::optional<refresh_token> parse_refresh_token(std::string_view text) {
  constexpr std::size_t family_size = 22;  // 16 bytes in base64url
  constexpr std::size_t turn_size = 43;    // 32 bytes
  if (text.size() != family_size + 1 + turn_size || text[family_size] != '.') return std::nullopt;
  return refresh_token{std::string{text.substr(0, family_size)}, std::string{text.substr(family_size + 1)}};
}

std::string seal_secret(std::string_view text, std::string_view passphrase) {
  require_sodium();
  constexpr std::size_t salt_size = crypto_pwhash_SALTBYTES;
  constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  bytes sealed(salt_size + nonce_size + text.size() + crypto_aead_xchacha20poly1305_ietf_ABYTES);
  randombytes_buf(sealed.data(), salt_size + nonce_size);
  auto key = derive(passphrase, sealed.data());
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data() + salt_size + nonce_size, nullptr, data_of(text),
                                             text.size(), nullptr, 0, nullptr, sealed.data() + salt_size, key.data());
  sodium_memzero(key.data(), key.size());
  std::string encoded(sodium_base64_ENCODED_LEN(sealed.size(), sodium_base64_VARIANT_URLSAFE_NO_PADDING), '\0');
  sodium_bin2base64(encoded.data(), encoded.size(), sealed.data(), sealed.size(),
                    sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  encoded.pop_back();  // its NUL
  return std::string{sealed_prefix} + encoded;
}

std::optional<std::string> open_secret(std::string_view sealed, std::string_view passphrase) {
  require_sodium();
  if (!is_sealed(sealed)) return std::nullopt;
  sealed.remove_prefix(sealed_prefix.size());
  constexpr std::size_t head = crypto_pwhash_SALTBYTES + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
  if (sealed.size() < head) return std::nullopt;
  bytes raw(sealed.size());
  std::size_t size = 0;
  if (sodium_base642bin(raw.data(), raw.size(), sealed.data(), sealed.size(), nullptr, &size, nullptr,
                        sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
      size < head + crypto_aead_xchacha20poly1305_ietf_ABYTES) {
    return std::nullopt;
  }
  auto key = derive(passphrase, raw.data());
  std::string text(size - head - crypto_aead_xchacha20poly1305_ietf_ABYTES, '\0');
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(reinterpret_cast<unsigned char*>(text.data()), nullptr,
                                                                nullptr, raw.data() + head, size - head, nullptr, 0,
                                                                raw.data() + crypto_pwhash_SALTBYTES, key.data());
  sodium_memzero(key.data(), key.size());
  if (failed != 0) return std::nullopt;
  return text;
}

bool is_sealed(std::string_view text) { return text.starts_with(sealed_prefix); }

}  // namespace cumulo::users
