// Tokens that must be refused, each one change away from a token that is accepted.
#include <gtest/gtest.h>

#include "platform/auth/tests/forge.hpp"
#include "platform/auth/token.hpp"

namespace cumulo::auth {
namespace {

using test::b64url;
using test::forge_key;
using test::object;

constexpr std::int64_t now_seconds = 1'800'000'000;

struct still_clock final : clock {
  [[nodiscard]] instant now() const override { return from_millis(now_seconds * 1'000); }
};

std::string at(std::int64_t offset) { return std::to_string(now_seconds + offset); }

/// Keys, and the token from which every hostile one departs.
struct forge {
  forge_key key;
  forge_key stranger;
  std::string key_id = "key-1";
  object header{{"alg", R"("ES256")"}, {"typ", R"("at+jwt")"}, {"kid", R"("key-1")"}};
  object claims{{"iss", R"("cumulo")"},
                {"aud", R"("cumulo")"},
                {"sub", R"("01890a5d-ac96-774b-bcce-b302099a8057")"},
                {"sid", R"("01890a5d-ac96-774b-bcce-b302099a8058")"},
                {"jti", R"("01890a5d-ac96-774b-bcce-b302099a8059")"},
                {"iat", at(0)},
                {"exp", at(900)},
                {"role", R"("member")"},
                {"zoneinfo", R"("Europe/Berlin")"},
                {"locale", R"("de")"}};

  [[nodiscard]] std::string sign_text(std::string_view h, std::string_view c) const {
    const std::string input = b64url(h) + '.' + b64url(c);
    return input + '.' + b64url(key.sign(input));
  }
  [[nodiscard]] std::string token(const object& h, const object& c) const { return sign_text(h.text(), c.text()); }
  [[nodiscard]] std::string with_header(const object& h) const { return token(h, claims); }
  [[nodiscard]] std::string with_claims(const object& c) const { return token(header, c); }
  [[nodiscard]] std::string good() const { return token(header, claims); }
  [[nodiscard]] std::string input() const { return b64url(header.text()) + '.' + b64url(claims.text()); }
  [[nodiscard]] std::string with_signature(std::string_view bytes) const { return input() + '.' + b64url(bytes); }
  [[nodiscard]] std::string personal(const object& c) const { return token(header.with("typ", R"("pat+jwt")"), c); }
  [[nodiscard]] object personal_claims() const {
    return claims.without("sid").with("scope", R"("tasks:read tasks:write")");
  }
};

const forge& the_forge() {
  static const forge f;
  return f;
}

struct trusted {
  trust_store store;
  still_clock time;
  token_verifier verifier{store, token_settings{}, time};
  trusted() { (void)store.set_keys(test::jwks({the_forge().key.jwk("key-1")})); }
};

struct hostile {
  const char* name;
  std::string (*make)(const forge&);
};

void PrintTo(const hostile& h, std::ostream* out) { *out << h.name; }

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto found = text.find(what);
  if (found == std::string::npos) throw std::logic_error("nothing to replace");
  return text.replace(found, what.size(), by);
}

// n, the order of P-256's base point.
std::string order() {
  static constexpr unsigned char n[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                          0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                          0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
  return {reinterpret_cast<const char*>(n), sizeof n};
}

std::string deep(std::size_t n) { return std::string(n, '[') + std::string(n, ']'); }

const hostile table[] = {
    // The algorithm
    {"alg_none_without_signature",
     [](const forge& f) { return b64url(f.header.with("alg", R"("none")").text()) + '.' + b64url(f.claims.text()) + '.'; }},
    {"alg_none_with_good_signature", [](const forge& f) { return f.with_header(f.header.with("alg", R"("none")")); }},
    {"alg_None_in_other_case", [](const forge& f) { return f.with_header(f.header.with("alg", R"("nOnE")")); }},
    {"alg_es256_in_lower_case", [](const forge& f) { return f.with_header(f.header.with("alg", R"("es256")")); }},
    {"alg_missing", [](const forge& f) { return f.with_header(f.header.without("alg")); }},
    {"alg_null", [](const forge& f) { return f.with_header(f.header.with("alg", "null")); }},
    {"alg_is_a_list", [](const forge& f) { return f.with_header(f.header.with("alg", R"(["ES256"])")); }},
    {"alg_with_nul", [](const forge& f) { return f.with_header(f.header.with("alg", R"("ES256\u0000")")); }},
    {"hs256_with_the_public_pem",
     [](const forge& f) {
       const auto input = b64url(f.header.with("alg", R"("HS256")").text()) + '.' + b64url(f.claims.text());
       return input + '.' + b64url(test::hmac_sha256(f.key.public_pem(), input));
     }},
    {"hs256_with_the_public_jwk",
     [](const forge& f) {
       const auto input = b64url(f.header.with("alg", R"("HS256")").text()) + '.' + b64url(f.claims.text());
       return input + '.' + b64url(test::hmac_sha256(f.key.jwk("key-1").text(), input));
     }},
    {"es256_header_over_an_hmac",
     [](const forge& f) { return f.with_signature(test::hmac_sha256(f.key.public_pem(), f.input())); }},
    {"rs256_by_another_key",
     [](const forge& f) {
       const auto input = b64url(f.header.with("alg", R"("RS256")").text()) + '.' + b64url(f.claims.text());
       return input + '.' + b64url(forge_key{forge_key::rsa{}}.sign_der(input));
     }},
    {"es384_on_another_curve",
     [](const forge& f) {
       const auto input = b64url(f.header.with("alg", R"("ES384")").text()) + '.' + b64url(f.claims.text());
       return input + '.' + b64url(forge_key{"P-384"}.sign(input, 48, EVP_sha384()));
     }},
    {"es256_header_over_p384", [](const forge& f) { return f.with_signature(forge_key{"P-384"}.sign(f.input(), 48)); }},
    {"es256_header_over_secp256k1", [](const forge& f) { return f.with_signature(forge_key{"secp256k1"}.sign(f.input())); }},
    {"right_key_but_sha512", [](const forge& f) { return f.with_signature(f.key.sign(f.input(), 32, EVP_sha512())); }},

    // The key
    {"kid_unknown", [](const forge& f) { return f.with_header(f.header.with("kid", R"("key-2")")); }},
    {"kid_missing", [](const forge& f) { return f.with_header(f.header.without("kid")); }},
    {"kid_empty", [](const forge& f) { return f.with_header(f.header.with("kid", R"("")")); }},
    {"kid_is_a_path", [](const forge& f) { return f.with_header(f.header.with("kid", R"("../../dev/null")")); }},
    {"kid_is_sql", [](const forge& f) { return f.with_header(f.header.with("kid", R"("x' UNION SELECT '")")); }},
    {"kid_with_nul", [](const forge& f) { return f.with_header(f.header.with("kid", R"("key-1\u0000")")); }},
    {"kid_is_a_number", [](const forge& f) { return f.with_header(f.header.with("kid", "1")); }},
    {"signed_by_a_stranger", [](const forge& f) { return f.with_signature(f.stranger.sign(f.input())); }},
    {"embedded_jwk_of_the_signer",
     [](const forge& f) {
       const auto input = b64url(f.header.with("jwk", f.stranger.jwk("key-1").text()).text()) + '.' + b64url(f.claims.text());
       return input + '.' + b64url(f.stranger.sign(input));
     }},
    {"embedded_jwk_with_good_signature",
     [](const forge& f) { return f.with_header(f.header.with("jwk", f.key.jwk("key-1").text())); }},
    {"jku", [](const forge& f) { return f.with_header(f.header.with("jku", R"("http://127.0.0.1:1/jwks.json")")); }},
    {"x5u", [](const forge& f) { return f.with_header(f.header.with("x5u", R"("http://127.0.0.1:1/x.pem")")); }},
    {"x5c", [](const forge& f) { return f.with_header(f.header.with("x5c", R"(["MIIB"])")); }},

    // The header
    {"typ_missing", [](const forge& f) { return f.with_header(f.header.without("typ")); }},
    {"typ_jwt", [](const forge& f) { return f.with_header(f.header.with("typ", R"("JWT")")); }},
    {"typ_in_other_case", [](const forge& f) { return f.with_header(f.header.with("typ", R"("AT+JWT")")); }},
    {"typ_id_token", [](const forge& f) { return f.with_header(f.header.with("typ", R"("id+jwt")")); }},
    {"typ_personal_without_scope", [](const forge& f) { return f.with_header(f.header.with("typ", R"("pat+jwt")")); }},
    {"crit", [](const forge& f) { return f.with_header(f.header.with("crit", R"(["exp"])")); }},
    {"crit_empty", [](const forge& f) { return f.with_header(f.header.with("crit", "[]")); }},
    {"b64_false",
     [](const forge& f) {
       const auto input = b64url(f.header.with("b64", "false").with("crit", R"(["b64"])").text()) + '.' + f.claims.text();
       return input + '.' + b64url(f.key.sign(input));
     }},
    {"zip", [](const forge& f) { return f.with_header(f.header.with("zip", R"("DEF")")); }},
    {"header_member_twice", [](const forge& f) { return f.with_header(f.header.and_again("alg", R"("ES256")")); }},
    {"header_member_twice_by_escape",
     [](const forge& f) { return f.with_header(f.header.without("typ").and_again("\\u0061lg", R"("ES256")")); }},
    {"header_is_no_object", [](const forge& f) { return f.sign_text(R"(["ES256"])", f.claims.text()); }},
    {"header_is_empty", [](const forge& f) { return f.sign_text("", f.claims.text()); }},
    {"header_with_trailing_bytes", [](const forge& f) { return f.sign_text(f.header.text() + "{}", f.claims.text()); }},
    {"header_invalid_utf8",
     [](const forge& f) { return f.with_header(f.header.with("kid", "\"key-1\xc3\x28\"")); }},
    {"header_deep", [](const forge& f) { return f.with_header(f.header.with("x", deep(1'500))); }},

    // The signature
    {"signature_missing", [](const forge& f) { return f.input() + '.'; }},
    {"signature_part_missing", [](const forge& f) { return f.input(); }},
    {"signature_of_another_token",
     [](const forge& f) { return f.with_signature(f.key.sign(f.input() + "x")); }},
    {"signature_der_encoded", [](const forge& f) { return f.with_signature(f.key.sign_der(f.input())); }},
    {"signature_zero", [](const forge& f) { return f.with_signature(std::string(64, '\0')); }},
    {"signature_r_zero",
     [](const forge& f) { return f.with_signature(std::string(32, '\0') + f.key.sign(f.input()).substr(32)); }},
    {"signature_s_zero",
     [](const forge& f) { return f.with_signature(f.key.sign(f.input()).substr(0, 32) + std::string(32, '\0')); }},
    {"signature_r_and_s_are_n", [](const forge& f) { return f.with_signature(order() + order()); }},
    {"signature_all_ones", [](const forge& f) { return f.with_signature(std::string(64, '\xff')); }},
    {"signature_63_bytes", [](const forge& f) { return f.with_signature(f.key.sign(f.input()).substr(0, 63)); }},
    {"signature_65_bytes", [](const forge& f) { return f.with_signature(f.key.sign(f.input()) + '\0'); }},
    {"signature_of_the_json",
     [](const forge& f) { return f.with_signature(f.key.sign(f.header.text() + '.' + f.claims.text())); }},

    // The encoding
    {"empty", [](const forge&) { return std::string{}; }},
    {"two_dots", [](const forge&) { return std::string{".."}; }},
    {"no_dots", [](const forge&) { return std::string(300, 'a'); }},
    {"four_parts", [](const forge& f) { return f.good() + ".e30"; }},
    {"jwe_with_five_parts", [](const forge& f) { return f.good() + ".e30.e30"; }},
    {"padded", [](const forge& f) { return f.good() + "=="; }},
    {"white_space_after", [](const forge& f) { return f.good() + " "; }},
    {"line_break_after", [](const forge& f) { return f.good() + "\n"; }},
    {"nul_after", [](const forge& f) { return f.good() + std::string(1, '\0'); }},
    {"nul_within", [](const forge& f) { return f.input() + std::string(1, '\0') + ".x"; }},
    {"standard_alphabet",
     [](const forge& f) {
       std::string signature;
       do {
         signature = b64url(f.key.sign(f.input()));
       } while (signature.find('_') == std::string::npos);
       return f.input() + '.' + replaced(signature, "_", "/");
     }},
    {"trailing_bits",  // 64 bytes are 86 characters, of which the last has four bits that mean nothing
     [](const forge& f) {
       std::string token = f.good();
       token.back() = static_cast<char>(token.back() == 'A' ? 'B' : token.back() == 'Q' ? 'R' : token.back() == 'g' ? 'h' : 'x');
       return token;
     }},
    {"json_serialisation",
     [](const forge& f) {
       return R"({"protected":")" + b64url(f.header.text()) + R"(","payload":")" + b64url(f.claims.text()) +
              R"(","signature":")" + b64url(f.key.sign(f.input())) + R"("})";
     }},
    {"a_megabyte_of_claims", [](const forge& f) { return f.with_claims(f.claims.with("x", '"' + std::string(1'000'000, 'x') + '"')); }},
    {"just_over_8_kib", [](const forge& f) { return f.with_claims(f.claims.with("x", '"' + std::string(6'200, 'x') + '"')); }},
    {"a_megabyte_of_dots", [](const forge&) { return std::string(1'000'000, '.'); }},

    // The claims, rightly signed: a signer gone wrong, or a token meant for someone else
    {"iss_other", [](const forge& f) { return f.with_claims(f.claims.with("iss", R"("https://evil.example")")); }},
    {"iss_missing", [](const forge& f) { return f.with_claims(f.claims.without("iss")); }},
    {"iss_is_a_list", [](const forge& f) { return f.with_claims(f.claims.with("iss", R"(["cumulo"])")); }},
    {"iss_longer", [](const forge& f) { return f.with_claims(f.claims.with("iss", R"("cumulo\u0000")")); }},
    {"aud_other", [](const forge& f) { return f.with_claims(f.claims.with("aud", R"("other")")); }},
    {"aud_missing", [](const forge& f) { return f.with_claims(f.claims.without("aud")); }},
    {"aud_null", [](const forge& f) { return f.with_claims(f.claims.with("aud", "null")); }},
    {"aud_list_without_us", [](const forge& f) { return f.with_claims(f.claims.with("aud", R"(["a","b"])")); }},
    {"aud_empty_list", [](const forge& f) { return f.with_claims(f.claims.with("aud", "[]")); }},
    {"aud_list_of_mixed_types", [](const forge& f) { return f.with_claims(f.claims.with("aud", R"(["cumulo",1])")); }},
    {"aud_object", [](const forge& f) { return f.with_claims(f.claims.with("aud", R"({"cumulo":"cumulo"})")); }},
    {"expired", [](const forge& f) { return f.with_claims(f.claims.with("iat", at(-1'000)).with("exp", at(-5))); }},
    {"exp_missing", [](const forge& f) { return f.with_claims(f.claims.without("exp")); }},
    {"exp_as_text", [](const forge& f) { return f.with_claims(f.claims.with("exp", '"' + at(900) + '"')); }},
    {"exp_null", [](const forge& f) { return f.with_claims(f.claims.with("exp", "null")); }},
    {"exp_true", [](const forge& f) { return f.with_claims(f.claims.with("exp", "true")); }},
    {"exp_1e400", [](const forge& f) { return f.with_claims(f.claims.with("exp", "1e400")); }},
    {"exp_1e15", [](const forge& f) { return f.with_claims(f.claims.with("exp", "1e15")); }},
    {"exp_2_to_63", [](const forge& f) { return f.with_claims(f.claims.with("exp", "9223372036854775808")); }},
    {"exp_that_overflows_milliseconds", [](const forge& f) { return f.with_claims(f.claims.with("exp", "9223372036854775807")); }},
    {"exp_negative", [](const forge& f) { return f.with_claims(f.claims.with("exp", "-1")); }},
    {"exp_nan", [](const forge& f) { return f.with_claims(f.claims.with("exp", "NaN")); }},
    {"exp_in_milliseconds", [](const forge& f) { return f.with_claims(f.claims.with("exp", at(900) + "000")); }},
    {"not_yet_valid", [](const forge& f) { return f.with_claims(f.claims.with("nbf", at(6))); }},
    {"nbf_as_text", [](const forge& f) { return f.with_claims(f.claims.with("nbf", '"' + at(-10) + '"')); }},
    {"issued_in_the_future", [](const forge& f) { return f.with_claims(f.claims.with("iat", at(60))); }},
    {"iat_missing", [](const forge& f) { return f.with_claims(f.claims.without("iat")); }},
    {"sub_missing", [](const forge& f) { return f.with_claims(f.claims.without("sub")); }},
    {"sub_is_a_number", [](const forge& f) { return f.with_claims(f.claims.with("sub", "1")); }},
    {"sub_is_no_uuid", [](const forge& f) { return f.with_claims(f.claims.with("sub", R"("admin")")); }},
    {"sub_in_upper_case",
     [](const forge& f) { return f.with_claims(f.claims.with("sub", R"("01890A5D-AC96-774B-BCCE-B302099A8057")")); }},
    {"sid_missing", [](const forge& f) { return f.with_claims(f.claims.without("sid")); }},
    {"sid_is_no_uuid", [](const forge& f) { return f.with_claims(f.claims.with("sid", R"("*")")); }},
    {"jti_missing", [](const forge& f) { return f.with_claims(f.claims.without("jti")); }},
    {"session_with_scope", [](const forge& f) { return f.with_claims(f.claims.with("scope", R"("notify:send")")); }},
    {"role_is_a_list", [](const forge& f) { return f.with_claims(f.claims.with("role", R"(["administrator"])")); }},
    {"zoneinfo_with_nul", [](const forge& f) { return f.with_claims(f.claims.with("zoneinfo", R"("UTC\u0000")")); }},
    {"zoneinfo_too_long",
     [](const forge& f) { return f.with_claims(f.claims.with("zoneinfo", '"' + std::string(65, 'x') + '"')); }},
    {"claim_twice", [](const forge& f) { return f.with_claims(f.claims.and_again("sub", R"("01890a5d-ac96-774b-bcce-b302099a8050")")); }},
    {"claim_twice_by_escape",
     [](const forge& f) { return f.with_claims(f.claims.and_again("\\u0073ub", R"("01890a5d-ac96-774b-bcce-b302099a8050")")); }},
    {"unknown_claim_twice", [](const forge& f) { return f.with_claims(f.claims.with("x", "{}").and_again("x", "[]")); }},
    {"claims_deep", [](const forge& f) { return f.with_claims(f.claims.with("x", deep(1'500))); }},
    {"claims_are_a_list", [](const forge& f) { return f.sign_text(f.header.text(), "[" + f.claims.text() + "]"); }},
    {"claims_are_a_string", [](const forge& f) { return f.sign_text(f.header.text(), R"("cumulo")"); }},
    {"claims_are_empty", [](const forge& f) { return f.sign_text(f.header.text(), ""); }},
    {"claims_are_a_token", [](const forge& f) { return f.sign_text(f.header.text(), f.good()); }},
    {"claims_cut_short",
     [](const forge& f) { return f.sign_text(f.header.text(), f.claims.text().substr(0, f.claims.text().size() - 1)); }},
    {"claims_with_trailing_bytes", [](const forge& f) { return f.sign_text(f.header.text(), f.claims.text() + "x"); }},
    {"claims_with_nul", [](const forge& f) { return f.sign_text(f.header.text(), f.claims.text() + std::string(1, '\0')); }},
    {"claims_with_comment", [](const forge& f) { return f.sign_text(f.header.text(), "/**/" + f.claims.text()); }},
    {"claims_with_trailing_comma", [](const forge& f) { return f.sign_text(f.header.text(), replaced(f.claims.text(), "}", ",}")); }},
    {"claims_invalid_utf8", [](const forge& f) { return f.with_claims(f.claims.with("x", "\"\xff\xfe\"")); }},
    {"claims_with_byte_order_mark", [](const forge& f) { return f.sign_text(f.header.text(), "\xef\xbb\xbf" + f.claims.text()); }},
    {"claims_swapped_after_signing",
     [](const forge& f) {
       return b64url(f.header.text()) + '.' + b64url(f.claims.with("role", R"("administrator")").text()) + '.' +
              b64url(f.key.sign(f.input()));
     }},
    {"personal_token_with_sid", [](const forge& f) { return f.personal(f.personal_claims().with("sid", R"("01890a5d-ac96-774b-bcce-b302099a8058")")); }},
    {"personal_token_with_scope_list", [](const forge& f) { return f.personal(f.personal_claims().with("scope", R"(["tasks:read"])")); }},
    {"personal_token_called_a_session", [](const forge& f) { return f.with_claims(f.personal_claims()); }},
};

TEST(hostile_token, the_token_from_which_all_depart_is_good) {
  trusted t;
  const auto who = t.verifier.authenticate(the_forge().good());
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ((*who)->account_id, "01890a5d-ac96-774b-bcce-b302099a8057");
  EXPECT_EQ((*who)->credential_id, "01890a5d-ac96-774b-bcce-b302099a8058");
  EXPECT_TRUE((*who)->is_session);
  EXPECT_FALSE((*who)->administrator);
  EXPECT_EQ((*who)->timezone, "Europe/Berlin");
  EXPECT_EQ((*who)->locale, "de");
  EXPECT_EQ((*who)->expires_at, from_millis((now_seconds + 900) * 1'000));
}

TEST(hostile_token, so_is_the_personal_one) {
  trusted t;
  const auto who = t.verifier.authenticate(the_forge().personal(the_forge().personal_claims()));
  ASSERT_TRUE(who.has_value());
  EXPECT_EQ((*who)->credential_id, "01890a5d-ac96-774b-bcce-b302099a8059");
  EXPECT_FALSE((*who)->is_session);
  EXPECT_EQ((*who)->scopes, (std::vector<std::string>{"tasks:read", "tasks:write"}));
}

TEST(hostile_token, what_is_merely_unusual_is_good) {
  trusted t;
  const forge& f = the_forge();
  for (const auto& claims : {
           f.claims.with("aud", R"(["other","cumulo"])"),
           f.claims.with("exp", at(-4)),  // within the leeway
           f.claims.with("nbf", at(5)),
           f.claims.with("iat", at(5)),
           f.claims.with("a_claim_of_a_later_release", R"({"a":["b",{"c":1.5e3}]})"),
           f.claims.without("role").without("zoneinfo").without("locale"),
           f.claims.with("role", R"("a_role_of_a_later_release")"),
           f.claims.with("x", '"' + std::string(5'000, 'x') + '"'),
       }) {
    EXPECT_TRUE(t.verifier.authenticate(f.with_claims(claims)).has_value()) << claims.text();
  }
}

class hostile_token_table : public testing::TestWithParam<hostile> {};

TEST_P(hostile_token_table, is_refused_and_the_reason_kept) {
  trusted t;
  const std::string token = GetParam().make(the_forge());
  for (int i = 0; i < 2; ++i) {  // the second time past whatever was cached
    const auto who = t.verifier.authenticate(token);
    ASSERT_TRUE(who.has_error());
    EXPECT_EQ(who.error().code, errc::unauthenticated);
    EXPECT_EQ(who.error().detail, "The access token is missing, malformed, expired or revoked.");
    EXPECT_TRUE(who.error().faults.empty());
  }
  EXPECT_TRUE(t.verifier.authenticate(the_forge().good()).has_value()) << "and harms nobody else";
}

INSTANTIATE_TEST_SUITE_P(each, hostile_token_table, testing::ValuesIn(table),
                         [](const auto& row) { return std::string{row.param.name}; });

// Every character of a good token matters.
TEST(hostile_token, any_single_changed_character_is_refused) {
  trusted t;
  const std::string good = the_forge().good();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(t.verifier.authenticate(changed).has_error()) << "character " << i;
  }
}

TEST(hostile_token, any_cut_is_refused) {
  trusted t;
  const std::string good = the_forge().good();
  for (std::size_t n = 0; n < good.size(); ++n) {
    EXPECT_TRUE(t.verifier.authenticate(std::string_view{good}.substr(0, n)).has_error()) << n;
  }
}

}  // namespace
}  // namespace cumulo::auth
