#include "platform/auth/p256.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <stdexcept>

namespace cumulo::auth::p256 {

namespace {

constexpr std::size_t half = 32;  // bytes of r, of s, and of each coordinate
constexpr const char* curve = "prime256v1";

template <auto free_it>
struct freed_by {
  template <class T>
  void operator()(T* object) const {
    free_it(object);
  }
};
using bio = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using number = std::unique_ptr<BIGNUM, freed_by<BN_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, freed_by<EVP_PKEY_CTX_free>>;
using signature_pair = std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG_free>>;

void require(bool worked) {
  if (worked) return;
  ERR_clear_error();
  throw std::runtime_error("OpenSSL refused a P-256 operation");
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

key adopt(EVP_PKEY* raw) { return {raw, EVP_PKEY_free}; }

// Fetched once: a lookup by name at each use costs more than the digest.
const EVP_MD* sha256_algorithm() {
  static const std::unique_ptr<EVP_MD, freed_by<EVP_MD_free>> algorithm{EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  require(algorithm != nullptr);
  return algorithm.get();
}

bool is_p256(const EVP_PKEY* k) {
  std::array<char, 32> name{};
  std::size_t length = 0;
  return EVP_PKEY_is_a(k, "EC") == 1 && EVP_PKEY_get_group_name(k, name.data(), name.size(), &length) == 1 &&
         std::string_view{name.data(), length} == curve;
}

int no_passphrase(char*, int, int, void*) { return -1; }

std::string number_of(const key& k, const char* name) {
  BIGNUM* raw = nullptr;
  require(EVP_PKEY_get_bn_param(k.get(), name, &raw) == 1);
  const number value{raw};
  std::string out(half, '\0');
  require(BN_bn2binpad(value.get(), bytes_of(out), static_cast<int>(half)) == static_cast<int>(half));
  return out;
}

}  // namespace

key generate() {
  key made = adopt(EVP_EC_gen(curve));
  require(made != nullptr);
  return made;
}

key read_private_pem(std::string_view pem) {
  if (pem.size() > 16'384) return nullptr;
  const bio in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  require(in != nullptr);
  key read = adopt(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr));
  ERR_clear_error();
  if (!read || !is_p256(read.get())) return nullptr;
  const key_context check{EVP_PKEY_CTX_new_from_pkey(nullptr, read.get(), nullptr)};
  const bool sound = check && EVP_PKEY_pairwise_check(check.get()) == 1;
  ERR_clear_error();
  return sound ? read : nullptr;
}

std::string write_private_pem(const key& k) {
  const bio out{BIO_new(BIO_s_mem())};
  require(out && PEM_write_bio_PKCS8PrivateKey(out.get(), k.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

key make_public(const coordinates& point) {
  if (point.x.size() != half || point.y.size() != half) return nullptr;
  std::string encoded = '\x04' + point.x + point.y;
  const key_context context{EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr)};
  require(context && EVP_PKEY_fromdata_init(context.get()) == 1);
  std::string group = curve;
  std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()),
      OSSL_PARAM_construct_end(),
  };
  EVP_PKEY* raw = nullptr;
  const bool made = EVP_PKEY_fromdata(context.get(), &raw, EVP_PKEY_PUBLIC_KEY, parameters.data()) == 1;
  key k = adopt(raw);
  const key_context check{made ? EVP_PKEY_CTX_new_from_pkey(nullptr, raw, nullptr) : nullptr};
  const bool on_curve = check && EVP_PKEY_public_check(check.get()) == 1;
  ERR_clear_error();
  return on_curve ? k : nullptr;
}

coordinates point_of(const key& k) {
  return {number_of(k, OSSL_PKEY_PARAM_EC_PUB_X), number_of(k, OSSL_PKEY_PARAM_EC_PUB_Y)};
}

std::string sign(const key& k, std::string_view message) {
  const digest_context context{EVP_MD_CTX_new()};
  require(context && EVP_DigestSignInit(context.get(), nullptr, sha256_algorithm(), nullptr, k.get()) == 1);
  std::array<unsigned char, 80> der{};
  std::size_t length = der.size();
  require(EVP_DigestSign(context.get(), der.data(), &length, bytes_of(message), message.size()) == 1);
  const unsigned char* at = der.data();
  const signature_pair pair{d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length))};
  require(pair != nullptr);
  std::string out(2 * half, '\0');
  const int width = static_cast<int>(half);
  require(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), bytes_of(out), width) == width);
  require(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), bytes_of(out) + half, width) == width);
  return out;
}

bool verify(const key& k, std::string_view message, std::string_view signature) {
  if (signature.size() != 2 * half) return false;
  number r{BN_bin2bn(bytes_of(signature), static_cast<int>(half), nullptr)};
  number s{BN_bin2bn(bytes_of(signature) + half, static_cast<int>(half), nullptr)};
  const signature_pair pair{ECDSA_SIG_new()};
  require(r && s && pair);
  if (BN_is_zero(r.get()) == 1 || BN_is_zero(s.get()) == 1) return false;
  require(ECDSA_SIG_set0(pair.get(), r.release(), s.release()) == 1);
  std::array<unsigned char, 80> der{};
  unsigned char* end = der.data();
  const int length = i2d_ECDSA_SIG(pair.get(), &end);
  require(length > 0 && static_cast<std::size_t>(length) <= der.size());

  const digest_context context{EVP_MD_CTX_new()};
  require(context && EVP_DigestVerifyInit(context.get(), nullptr, sha256_algorithm(), nullptr, k.get()) == 1);
  const bool good = EVP_DigestVerify(context.get(), der.data(), static_cast<std::size_t>(length), bytes_of(message),
                                     message.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

digest sha256(std::string_view bytes) {
  static thread_local const digest_context context{EVP_MD_CTX_new()};
  digest out{};
  require(context && EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) == 1 &&
          EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1 &&
          EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1);
  return out;
}

}  // namespace cumulo::auth::p256
