// Both directions against PyJWT: an implementation that shares nothing with ours but the RFCs.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "platform/auth/token.hpp"
#include "platform/core/id.hpp"

namespace cumulo::auth {
namespace {

using namespace std::chrono_literals;

class folder {
 public:
  folder() : path_(std::filesystem::temp_directory_path() / ("cumulo-" + new_id())) {
    std::filesystem::create_directory(path_);
  }
  ~folder() { std::filesystem::remove_all(path_); }
  folder(const folder&) = delete;
  folder& operator=(const folder&) = delete;
  [[nodiscard]] std::string write(const char* name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

std::string pyjwt(const std::string& arguments) {
  const std::string line = "/usr/bin/python3 '" PYJWT_SCRIPT "' " + arguments;
  FILE* out = popen(line.c_str(), "r");
  if (out == nullptr) throw std::runtime_error("cannot run python3");
  std::string text;
  for (int c = std::fgetc(out); c != EOF; c = std::fgetc(out)) text.push_back(static_cast<char>(c));
  if (pclose(out) != 0) throw std::runtime_error("pyjwt_tool.py failed: " + text);
  return text;
}

TEST(pyjwt, accepts_our_tokens) {
  const auto key = generate_signing_key();
  const token_signer signer{key, {}};
  const principal who{.account_id = new_id(),
                      .credential_id = new_id(),
                      .administrator = true,
                      .timezone = "Europe/Berlin",
                      .locale = "de",
                      .expires_at = system_clock().now() + 15min};
  const folder place;
  const auto jwks = place.write("jwks.json", make_jwks(std::vector{generate_signing_key().public_jwk, key.public_jwk}));
  const auto seen = pyjwt("verify '" + jwks + "' '" + signer.sign(who, system_clock().now()) + "'");
  for (const auto& part :
       {R"("alg": "ES256")", R"("typ": "at+jwt")", R"("role": "administrator")", R"("aud": "cumulo")"}) {
    EXPECT_NE(seen.find(part), std::string::npos) << seen;
  }
  EXPECT_NE(seen.find(R"("sub": ")" + who.account_id), std::string::npos) << seen;
  EXPECT_NE(seen.find(R"("sid": ")" + who.credential_id), std::string::npos) << seen;
}

TEST(pyjwt, its_tokens_are_accepted_by_us) {
  const auto key = generate_signing_key();
  trust_store store;
  ASSERT_TRUE(store.set_keys(make_jwks(std::vector{key.public_jwk})).has_value());
  token_verifier verifier{store, {}};
  const folder place;
  const auto pem = place.write("key.pem", key.private_pem);
  const auto now = std::chrono::floor<std::chrono::seconds>(system_clock().now()).time_since_epoch().count();
  const auto claims = [&](std::int64_t expires) {
    return R"({"iss":"cumulo","aud":["cumulo"],"sub":"01890a5d-ac96-774b-bcce-b302099a8057","jti":"01890a5d-ac96-774b-bcce-b302099a8058","scope":"tasks:read","iat":)" +
           std::to_string(now - 100) + R"(,"nbf":)" + std::to_string(now - 100) + R"(,"exp":)" +
           std::to_string(expires) + "}";
  };
  const auto make = [&](const char* type, std::int64_t expires) {
    return pyjwt("sign '" + pem + "' '" + key.id + "' " + type + " '" + claims(expires) + "'");
  };
  const auto who = verifier.authenticate(make("pat+jwt", now + 900));
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ((*who)->account_id, "01890a5d-ac96-774b-bcce-b302099a8057");
  EXPECT_EQ((*who)->scopes, std::vector<std::string>{"tasks:read"});
  EXPECT_TRUE(verifier.authenticate(make("pat+jwt", now - 50)).has_error());
  EXPECT_TRUE(verifier.authenticate(make("JWT", now + 900)).has_error());
}

}  // namespace
}  // namespace cumulo::auth
