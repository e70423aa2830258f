#include "platform/auth/token.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "platform/auth/base64url.hpp"
#include "platform/auth/tests/forge.hpp"
#include "platform/core/id.hpp"

namespace cumulo::auth {
namespace {

using namespace std::chrono_literals;

class moved_clock final : public clock {
 public:
  [[nodiscard]] instant now() const override { return from_millis(at_.load()); }
  void advance(std::chrono::milliseconds by) { at_ += by.count(); }

 private:
  std::atomic<std::int64_t> at_{1'800'000'000'000};
};

principal a_session(instant expires_at) {
  return {.account_id = new_id(),
          .credential_id = new_id(),
          .administrator = true,
          .timezone = "Europe/Berlin",
          .locale = "de",
          .expires_at = expires_at};
}

principal a_personal_token(instant expires_at) {
  return {.account_id = new_id(),
          .credential_id = new_id(),
          .is_session = false,
          .scopes = {"tasks:read", "notify:send"},
          .expires_at = expires_at};
}

struct setup {
  moved_clock time;
  signing_key key = generate_signing_key();
  token_signer signer{key, {}};
  trust_store store;
  token_verifier verifier{store, {}, time};

  setup() { EXPECT_TRUE(trust({key}).has_value()); }
  result<> trust(std::initializer_list<signing_key> keys) {
    std::vector<std::string> jwks;
    for (const auto& k : keys) jwks.push_back(k.public_jwk);
    return store.set_keys(make_jwks(jwks));
  }
  bool accepts(const std::string& token) { return verifier.authenticate(token).has_value(); }
  instant in(std::chrono::milliseconds t) { return time.now() + t; }
};

TEST(base64url, has_one_text_for_each_byte_string) {
  for (std::size_t n = 0; n < 200; ++n) {
    std::string bytes;
    for (std::size_t i = 0; i < n; ++i) bytes.push_back(static_cast<char>(i * 37 + n));
    const std::string text = to_base64url(bytes);
    EXPECT_EQ(text, test::b64url(bytes));
    EXPECT_EQ(from_base64url(text), bytes);
  }
  for (const auto* bad : {"A", "AB=", "AB==", "A B", "AB+", "AB/", "AB", "AAB", "AAAAB", "\n", "A\xff"}) {
    EXPECT_FALSE(from_base64url(bad)) << bad;
  }
  EXPECT_EQ(from_base64url("AA"), std::string(1, '\0'));
  EXPECT_EQ(from_base64url("AAA"), std::string(2, '\0'));
}

TEST(token, a_session_comes_back_as_it_was_signed) {
  setup s;
  const auto who = a_session(s.in(15min));
  const auto back = s.verifier.authenticate(s.signer.sign(who, s.time.now()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ((*back)->account_id, who.account_id);
  EXPECT_EQ((*back)->credential_id, who.credential_id);
  EXPECT_TRUE((*back)->is_session);
  EXPECT_TRUE((*back)->administrator);
  EXPECT_EQ((*back)->timezone, "Europe/Berlin");
  EXPECT_EQ((*back)->locale, "de");
  EXPECT_EQ((*back)->expires_at, who.expires_at);
}

TEST(token, a_personal_access_token_comes_back_as_it_was_signed) {
  setup s;
  const auto who = a_personal_token(s.in(24h));
  const auto back = s.verifier.authenticate(s.signer.sign(who, s.time.now()));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ((*back)->credential_id, who.credential_id);
  EXPECT_FALSE((*back)->is_session);
  EXPECT_FALSE((*back)->administrator);
  EXPECT_EQ((*back)->scopes, who.scopes);
  EXPECT_EQ((*back)->timezone, "UTC");
  EXPECT_EQ((*back)->locale, "en");
}

TEST(token, each_has_its_own_id) {
  setup s;
  const auto who = a_session(s.in(15min));
  EXPECT_NE(s.signer.sign(who, s.time.now()), s.signer.sign(who, s.time.now()));
}

TEST(token, the_second_look_is_at_the_cache_and_shares_the_principal) {
  setup s;
  const std::string token = s.signer.sign(a_session(s.in(15min)), s.time.now());
  const auto first = s.verifier.authenticate(token);
  const auto second = s.verifier.authenticate(token);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
}

TEST(token, the_cache_is_bounded_and_forgetting_is_harmless) {
  setup s;
  std::vector<std::string> tokens;
  for (int i = 0; i < 36'000; ++i) tokens.push_back(s.signer.sign(a_session(s.in(15min)), s.time.now()));
  std::vector<std::weak_ptr<const principal>> seen;
  for (const auto& t : tokens) {
    auto who = s.verifier.authenticate(t);
    ASSERT_TRUE(who.has_value());
    seen.push_back(*who);
  }
  const auto kept = std::ranges::count_if(seen, [](const auto& w) { return !w.expired(); });
  EXPECT_LE(kept, 32'768);
  EXPECT_GE(kept, 16'384);
  EXPECT_TRUE(s.accepts(tokens.front()));
}

TEST(token, expires_although_it_is_cached) {
  setup s;
  const std::string token = s.signer.sign(a_session(s.in(15min)), s.time.now());
  EXPECT_TRUE(s.accepts(token));
  s.time.advance(15min + 4'999ms);
  EXPECT_TRUE(s.accepts(token)) << "the leeway";
  s.time.advance(1ms);
  EXPECT_FALSE(s.accepts(token));
}

TEST(token, a_revoked_credential_is_refused_at_once_although_cached) {
  setup s;
  const auto who = a_session(s.in(15min));
  const auto other = a_session(s.in(15min));
  const std::string token = s.signer.sign(who, s.time.now());
  const std::string others = s.signer.sign(other, s.time.now());
  EXPECT_TRUE(s.accepts(token));
  s.store.revoke(who.credential_id);
  EXPECT_FALSE(s.accepts(token));
  EXPECT_TRUE(s.accepts(others));
  s.store.set_revoked({});
  EXPECT_FALSE(s.accepts(token)) << "a list put together earlier does not give it back";
  s.store.set_revoked({who.credential_id, new_id()});
  EXPECT_FALSE(s.accepts(token));
  EXPECT_TRUE(s.accepts(others));
}

TEST(token, a_restored_credential_is_good_at_once) {
  setup s;
  const auto who = a_session(s.in(15min));
  const std::string token = s.signer.sign(who, s.time.now());
  s.store.revoke(new_id());
  s.store.revoke(who.account_id);
  s.store.set_revoked({who.account_id, new_id()});
  EXPECT_FALSE(s.accepts(token));
  s.store.restore(who.account_id);
  EXPECT_TRUE(s.accepts(token));
  s.store.revoke(who.account_id);
  EXPECT_FALSE(s.accepts(token));
}

TEST(token, a_revoked_account_ends_all_its_tokens) {
  setup s;
  auto session = a_session(s.in(15min));
  auto personal = a_personal_token(s.in(15min));
  personal.account_id = session.account_id;
  const std::string one = s.signer.sign(session, s.time.now());
  const std::string two = s.signer.sign(personal, s.time.now());
  EXPECT_TRUE(s.accepts(one));
  s.store.set_revoked({session.account_id});
  EXPECT_FALSE(s.accepts(one));
  EXPECT_FALSE(s.accepts(two));
  s.store.set_revoked({});
  EXPECT_TRUE(s.accepts(one)) << "an account that is enabled again";
}

TEST(token, without_a_key_the_answer_is_unavailable) {
  moved_clock time;
  trust_store store;
  token_verifier verifier{store, {}, time};
  EXPECT_FALSE(store.has_keys());
  const auto who = verifier.authenticate("whatever");
  ASSERT_TRUE(who.has_error());
  EXPECT_EQ(who.error().code, errc::unavailable);
  EXPECT_TRUE(who.error().retry_after.has_value());
}

TEST(token, during_a_rotation_both_keys_verify_and_then_only_the_new_one) {
  setup s;
  const auto next = generate_signing_key();
  const token_signer next_signer{next, {}};
  const std::string old_token = s.signer.sign(a_session(s.in(15min)), s.time.now());
  const std::string new_token = next_signer.sign(a_session(s.in(15min)), s.time.now());
  EXPECT_TRUE(s.accepts(old_token));
  EXPECT_FALSE(s.accepts(new_token));
  ASSERT_TRUE(s.trust({next, s.key}).has_value());
  EXPECT_TRUE(s.accepts(old_token));
  EXPECT_TRUE(s.accepts(new_token));
  ASSERT_TRUE(s.trust({next}).has_value());
  EXPECT_FALSE(s.accepts(old_token)) << "although it was cached";
  EXPECT_TRUE(s.accepts(new_token));
}

TEST(token, works_on_any_thread_and_verifiers_do_not_share) {
  setup s;
  trust_store empty;
  token_verifier other{empty, {}, s.time};
  const auto who = a_session(s.in(15min));
  const std::string token = s.signer.sign(who, s.time.now());
  EXPECT_TRUE(s.accepts(token));
  EXPECT_FALSE(other.authenticate(token).has_value());
  std::thread{[&] { EXPECT_TRUE(s.accepts(token)); }}.join();
  token_verifier stricter{s.store, {.issuer = "cumulo", .audience = "another"}, s.time};
  EXPECT_FALSE(stricter.authenticate(token).has_value());
}

TEST(signing_key, survives_its_pem) {
  const auto made = generate_signing_key();
  const auto loaded = load_signing_key(made.private_pem);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->id, made.id);
  EXPECT_EQ(loaded->public_jwk, made.public_jwk);
  EXPECT_EQ(made.id.size(), 43U);
  EXPECT_EQ(made.public_jwk.find("\"d\""), std::string::npos);
}

// The thumbprint as RFC 7638 §3 defines it, worked out without platform/auth.
TEST(signing_key, its_id_is_the_thumbprint) {
  const test::forge_key key;
  const auto loaded = load_signing_key(key.private_pem());
  ASSERT_TRUE(loaded.has_value());
  const std::string canonical =
      R"({"crv":"P-256","kty":"EC","x":")" + test::b64url(key.x()) + R"(","y":")" + test::b64url(key.y()) + R"("})";
  std::string digest(32, '\0');
  ASSERT_EQ(EVP_Digest(canonical.data(), canonical.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
                       EVP_sha256(), nullptr),
            1);
  EXPECT_EQ(loaded->id, test::b64url(digest));
}

TEST(signing_key, refuses_what_is_no_p256_private_key) {
  const test::forge_key key;
  for (const auto& bad : {std::string{}, std::string{"-----BEGIN PRIVATE KEY-----\n"}, key.public_pem(),
                          test::forge_key{"P-384"}.private_pem(), test::forge_key{"secp256k1"}.private_pem(),
                          test::forge_key{test::forge_key::rsa{}}.private_pem(), std::string(20'000, 'x')}) {
    const auto loaded = load_signing_key(bad);
    ASSERT_TRUE(loaded.has_error());
    EXPECT_EQ(loaded.error().code, errc::invalid);
  }
}

TEST(trust_store, refuses_what_is_no_jwks_and_keeps_what_it_has) {
  setup s;
  const std::string token = s.signer.sign(a_session(s.in(15min)), s.time.now());
  for (const auto& bad :
       {std::string{}, std::string{"null"}, std::string{"[]"}, std::string{"{}"}, std::string{R"({"keys":{}})"},
        std::string{R"({"keys":[]})"}, std::string{R"({"keys":[1,null]})"}, std::string{"<html>"},
        std::string(300'000, ' ') + R"({"keys":[]})", std::string(5'000, '[')}) {
    const auto set = s.store.set_keys(bad);
    ASSERT_TRUE(set.has_error()) << bad.substr(0, 40);
    EXPECT_EQ(set.error().code, errc::malformed);
  }
  EXPECT_TRUE(s.accepts(token));
}

TEST(trust_store, ignores_keys_that_are_of_no_use) {
  const test::forge_key key;
  const auto good = key.jwk("k");
  const auto bent = [&](std::string_view name, std::string raw) {
    return test::jwks({good.with(name, std::move(raw))});
  };
  trust_store store;
  EXPECT_TRUE(store.set_keys(test::jwks({good})).has_value());
  EXPECT_TRUE(store.set_keys(test::jwks({good.without("use").without("alg").with("later", "1")})).has_value());
  EXPECT_TRUE(store.set_keys(test::jwks({good.with("kty", R"("RSA")").with("kid", R"("r")"), good})).has_value());
  std::string off_curve = key.y();
  off_curve.back() = static_cast<char>(off_curve.back() ^ 1);
  for (const auto& useless :
       {bent("kty", R"("RSA")"), bent("kty", R"("oct")"), bent("crv", R"("P-384")"), bent("use", R"("enc")"),
        bent("use", "1"), bent("alg", R"("ES384")"), bent("alg", R"("none")"), bent("kid", R"("")"), bent("kid", "1"),
        bent("kid", '"' + std::string(129, 'k') + '"'), bent("x", R"("AA")"), bent("x", "1"),
        bent("y", '"' + test::b64url(off_curve) + '"'), bent("d", R"("AA")"),
        bent("x", '"' + test::b64url(std::string(32, '\0')) + '"'), test::jwks({good.without("kid")}),
        test::jwks({test::forge_key{"P-384"}.jwk("k", "P-384")}), test::jwks({test::forge_key{"P-384"}.jwk("k")}),
        test::jwks({test::forge_key{"secp256k1"}.jwk("k")})}) {
    EXPECT_TRUE(store.set_keys(useless).has_error()) << useless;
  }
}

// Worth running under TSan: readers on several threads while keys and revocations are swapped under them.
TEST(token_concurrency, verifying_while_keys_and_revocations_are_swapped) {
  setup s;
  const auto next = generate_signing_key();
  const auto stays = a_session(s.in(15min));
  const auto goes = a_session(s.in(15min));
  const std::string good = s.signer.sign(stays, s.time.now());
  const std::string bad = s.signer.sign(goes, s.time.now());
  std::atomic<bool> revoked{false}, stop{false};
  std::atomic<int> refused_wrongly{0}, accepted_wrongly{0}, done{0};

  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&] {
      while (!stop) {
        const bool was_revoked = revoked;
        if (!s.accepts(good)) ++refused_wrongly;
        if (s.accepts(bad) && was_revoked) ++accepted_wrongly;
        ++done;
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    EXPECT_TRUE(s.trust(i % 2 == 0 ? std::initializer_list<signing_key>{s.key}
                                   : std::initializer_list<signing_key>{next, s.key})
                    .has_value());
    if (i == 150) {
      s.store.revoke(goes.credential_id);
      revoked = true;
    } else if (i > 150) {
      s.store.set_revoked({new_id(), goes.credential_id});
      s.store.revoke(new_id());
    } else {
      s.store.set_revoked({new_id()});
    }
    std::this_thread::yield();
  }
  while (done < 100) std::this_thread::yield();
  stop = true;
  for (auto& t : readers) t.join();
  EXPECT_EQ(refused_wrongly, 0);
  EXPECT_EQ(accepted_wrongly, 0);
}

}  // namespace
}  // namespace cumulo::auth
