#include "platform/auth/secret_box.hpp"

#include <sodium.h>

#include <stdexcept>

#include "platform/auth/base64url.hpp"

namespace cumulo::auth {

namespace {

constexpr std::string_view sealed_prefix = "sealed2:";
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;

// One key per passphrase, so the salt is the purpose alone; each secret has a nonce of its own.
constexpr std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{'c', 'u', 'm', 'u', 'l', 'o', ' ', 's',
                                                                  'e', 'c', 'r', 'e', 't', ' ', 'b', 'x'};

const unsigned char* data_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* data_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

}  // namespace

secret_box::secret_box(std::string_view passphrase) : seals_(!passphrase.empty()) {
  static_assert(sizeof key_ == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
  if (sodium_init() < 0) throw std::runtime_error("libsodium cannot be initialised");
  if (seals_ && crypto_pwhash(key_.data(), key_.size(), passphrase.data(), passphrase.size(), salt.data(), 2,
                              19ULL << 20U, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    throw std::runtime_error("out of memory while deriving a key");
  }
}

secret_box::~secret_box() { sodium_memzero(key_.data(), key_.size()); }

std::string secret_box::seal(std::string_view text, std::string_view owner) const {
  if (!seals_) return std::string{text};
  std::string raw(nonce_size + text.size() + tag_size, '\0');
  randombytes_buf(raw.data(), nonce_size);
  crypto_aead_xchacha20poly1305_ietf_encrypt(data_of(raw) + nonce_size, nullptr, data_of(text), text.size(),
                                             data_of(owner), owner.size(), nullptr, data_of(raw), key_.data());
  return std::string{sealed_prefix} + to_base64url(raw);
}

std::optional<std::string> secret_box::open(std::string_view stored, std::string_view owner) const {
  if (!stored.starts_with(sealed_prefix)) return std::string{stored};
  if (!seals_) return std::nullopt;
  const auto raw = from_base64url(stored.substr(sealed_prefix.size()));
  if (!raw || raw->size() < nonce_size + tag_size) return std::nullopt;
  std::string text(raw->size() - nonce_size - tag_size, '\0');
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      data_of(text), nullptr, nullptr, data_of(std::string_view{*raw}) + nonce_size, raw->size() - nonce_size,
      data_of(owner), owner.size(), data_of(std::string_view{*raw}), key_.data());
  if (failed != 0) return std::nullopt;
  return text;
}

}  // namespace cumulo::auth
