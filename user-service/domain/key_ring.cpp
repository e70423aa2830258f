#include "user-service/domain/key_ring.hpp"

#include <stdexcept>

#include "user-service/domain/secrets.hpp"

namespace cumulo::users {

namespace {

auth::signing_key open_key(const stored_key& key, const std::string& passphrase) {
  std::string pem = key.private_key;
  if (is_sealed(pem)) {
    auto opened = passphrase.empty() ? std::nullopt : open_secret(pem, passphrase);
    if (!opened) {
      throw std::runtime_error("a signing key is sealed with another key-encryption-secret than the one configured");
    }
    pem = std::move(*opened);
  }
  auto loaded = auth::load_signing_key(pem);
  if (!loaded) throw std::runtime_error("a stored signing key cannot be read: " + loaded.error().detail);
  return std::move(*loaded);
}

}  // namespace

key_ring::key_ring(auth::token_settings settings, std::string passphrase)
    : settings_(std::move(settings)), passphrase_(std::move(passphrase)), ring_(std::make_shared<const ring>()) {}

stored_key key_ring::make_candidate() const {
  const auto made = auth::generate_signing_key();
  return {.id = made.id,
          .private_key = passphrase_.empty() ? made.private_pem : seal_secret(made.private_pem, passphrase_),
          .public_jwk = made.public_jwk};
}

void key_ring::replace(const std::vector<stored_key>& keys) {
  const auto before = current();
  auto next = std::make_shared<ring>();
  std::vector<std::string> jwks;
  for (const auto& key : keys) {
    const auto held = before->signers.find(key.id);
    next->signers.emplace(key.id, held != before->signers.end() ? held->second
                                                                : std::make_shared<const auth::token_signer>(
                                                                      open_key(key, passphrase_), settings_));
    next->keys.push_back(key);
    next->keys.back().private_key.clear();
    jwks.push_back(key.public_jwk);
  }
  next->jwks = auth::make_jwks(jwks);
  const std::scoped_lock guard{lock_};
  ring_ = std::move(next);
}

result<std::string> key_ring::sign(const auth::principal& who, instant now) const {
  const auto held = current();
  const auto* key = signing_key_at(held->keys, now);
  if (key == nullptr) {
    return error{
        .code = errc::unavailable, .detail = "Signing in is not possible yet.", .retry_after = std::chrono::seconds{2}};
  }
  return held->signers.find(key->id)->second->sign(who, now);
}

std::string key_ring::jwks() const { return current()->jwks; }

std::shared_ptr<const key_ring::ring> key_ring::current() const {
  const std::scoped_lock guard{lock_};
  return ring_;
}

}  // namespace cumulo::users
