#pragma once
// Makes tokens, good and hostile, from raw OpenSSL calls and string pasting: nothing here comes from platform/auth, so
// that a mistake there cannot hide itself.
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cumulo::auth::test {

inline std::string b64url(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(n));
  while (!out.empty() && out.back() == '=') out.pop_back();
  for (char& c : out) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return out;
}

/// A JSON object whose members are pasted as they are: order, duplicates and nonsense included.
class object {
 public:
  object(std::initializer_list<std::pair<std::string, std::string>> members) : members_(members) {}
  [[nodiscard]] object with(std::string_view name, std::string raw) const {
    object out = *this;
    for (auto& [n, v] : out.members_) {
      if (n == name) {
        v = std::move(raw);
        return out;
      }
    }
    out.members_.emplace_back(name, std::move(raw));
    return out;
  }
  [[nodiscard]] object and_again(std::string_view name, std::string raw) const {
    object out = *this;
    out.members_.emplace_back(name, std::move(raw));
    return out;
  }
  [[nodiscard]] object without(std::string_view name) const {
    object out = *this;
    std::erase_if(out.members_, [&](const auto& m) { return m.first == name; });
    return out;
  }
  [[nodiscard]] std::string text() const {
    std::string out = "{";
    for (const auto& [n, v] : members_) {
      if (out.size() > 1) out += ',';
      out += '"' + n + "\":" + v;
    }
    return out + '}';
  }

 private:
  std::vector<std::pair<std::string, std::string>> members_;
};

class forge_key {
 public:
  explicit forge_key(const char* curve = "P-256") : key_(EVP_EC_gen(curve), EVP_PKEY_free) {}
  struct rsa {};
  explicit forge_key(rsa) : key_(EVP_RSA_gen(2048), EVP_PKEY_free) {}

  /// The signature as OpenSSL gives it: ASN.1 for EC.
  [[nodiscard]] std::string sign_der(std::string_view input, const EVP_MD* digest = EVP_sha256()) const {
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> c{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    std::string out(512, '\0');
    std::size_t n = out.size();
    if (EVP_DigestSignInit(c.get(), nullptr, digest, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(c.get(), reinterpret_cast<unsigned char*>(out.data()), &n,
                       reinterpret_cast<const unsigned char*>(input.data()), input.size()) != 1) {
      throw std::runtime_error("cannot sign");
    }
    out.resize(n);
    return out;
  }
  /// r ‖ s, each `half` bytes.
  [[nodiscard]] std::string sign(std::string_view input, int half = 32, const EVP_MD* digest = EVP_sha256()) const {
    const std::string der = sign_der(input, digest);
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    std::string out(static_cast<std::size_t>(2 * half), '\0');
    auto* to = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(pair), to, half);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), to + half, half);
    ECDSA_SIG_free(pair);
    return out;
  }
  [[nodiscard]] std::string public_pem() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PUBKEY(out, key_.get());
    return drain(out);
  }
  [[nodiscard]] std::string private_pem() const {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(out, key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return drain(out);
  }
  [[nodiscard]] std::string x() const { return coordinate(OSSL_PKEY_PARAM_EC_PUB_X); }
  [[nodiscard]] std::string y() const { return coordinate(OSSL_PKEY_PARAM_EC_PUB_Y); }
  [[nodiscard]] object jwk(const std::string& id, const std::string& curve = "P-256") const {
    return {
        {"kty", R"("EC")"},  {"crv", '"' + curve + '"'}, {"x", '"' + b64url(x()) + '"'}, {"y", '"' + b64url(y()) + '"'},
        {"use", R"("sig")"}, {"alg", R"("ES256")"},      {"kid", '"' + id + '"'}};
  }

 private:
  static std::string drain(BIO* out) {
    char* text = nullptr;
    const long n = BIO_get_mem_data(out, &text);
    std::string s(text, static_cast<std::size_t>(n));
    BIO_free(out);
    return s;
  }
  [[nodiscard]] std::string coordinate(const char* name) const {
    BIGNUM* n = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &n);
    std::string out(static_cast<std::size_t>(EVP_PKEY_get_bits(key_.get()) + 7) / 8, '\0');
    BN_bn2binpad(n, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size()));
    BN_free(n);
    return out;
  }
  std::shared_ptr<EVP_PKEY> key_;
};

inline std::string hmac_sha256(std::string_view secret, std::string_view input) {
  unsigned char out[32];
  unsigned n = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(input.data()), input.size(), out, &n);
  return {reinterpret_cast<char*>(out), n};
}

inline std::string jwks(const std::vector<object>& keys) {
  std::string out = R"({"keys":[)";
  for (const auto& k : keys) out += (out.back() == '[' ? "" : ",") + k.text();
  return out + "]}";
}

}  // namespace cumulo::auth::test
