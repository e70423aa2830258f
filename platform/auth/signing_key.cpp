#include "platform/auth/base64url.hpp"
#include "platform/auth/p256.hpp"
#include "platform/auth/token.hpp"

namespace cumulo::auth {

namespace {

signing_key describe(const p256::key& k) {
  const auto point = p256::point_of(k);
  const std::string x = to_base64url(point.x);
  const std::string y = to_base64url(point.y);
  // RFC 7638 §3: the required members only, in the order of their names, without white space.
  const std::string required = R"("crv":"P-256","kty":"EC","x":")" + x + R"(","y":")" + y + '"';
  const auto digest = p256::sha256('{' + required + '}');
  const std::string id = to_base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
  return {
      .id = id,
      .private_pem = p256::write_private_pem(k),
      .public_jwk = '{' + required + R"(,"kid":")" + id + R"(","use":"sig","alg":"ES256"})",
  };
}

}  // namespace

signing_key generate_signing_key() { return describe(p256::generate()); }

result<signing_key> load_signing_key(std::string_view private_pem) {
  const auto k = p256::read_private_pem(private_pem);
  if (!k)
    return error{.code = errc::invalid, .detail = "The signing key is no unencrypted PEM of a P-256 private key."};
  return describe(k);
}

std::string make_jwks(std::span<const std::string> public_jwks) {
  std::string out = R"({"keys":[)";
  for (std::size_t i = 0; i < public_jwks.size(); ++i) {
    if (i > 0) out += ',';
    out += public_jwks[i];
  }
  return out + "]}";
}

}  // namespace cumulo::auth
