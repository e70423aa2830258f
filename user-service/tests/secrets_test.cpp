#include "user-service/domain/secrets.hpp"

#include <gtest/gtest.h>

#include <set>

#include "user-service/domain/key_ring.hpp"

namespace cumulo::users {
namespace {

TEST(hash_secret, is_sha256_in_hex) {
  EXPECT_EQ(hash_secret("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_secret(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(refresh_token, comes_back_from_its_text) {
  const auto token = new_refresh_token();
  const auto read = parse_refresh_token(token.text());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->family_hash(), token.family_hash());
  EXPECT_EQ(read->turn_hash(), token.turn_hash());
}

TEST(refresh_token, keeps_its_family_and_changes_its_turn) {
  const auto first = new_refresh_token();
  const auto second = next_turn(first);
  EXPECT_EQ(first.family_hash(), second.family_hash());
  EXPECT_NE(first.turn_hash(), second.turn_hash());
  EXPECT_NE(first.family_hash(), new_refresh_token().family_hash());
}

TEST(refresh_token, is_nothing_else) {
  const auto text = new_refresh_token().text();
  for (const std::string& other : {std::string{}, std::string{"."}, text.substr(1), text + "x", std::string(66, 'a'),
                                   text.substr(0, 22), std::string(1'000'000, '.')}) {
    EXPECT_FALSE(parse_refresh_token(other));
  }
}

TEST(sealed_secret, opens_with_its_passphrase_only) {
  const std::string sealed = seal_secret("-----BEGIN PRIVATE KEY-----", "a passphrase");
  EXPECT_TRUE(is_sealed(sealed));
  EXPECT_EQ(sealed.find("PRIVATE"), std::string::npos);
  EXPECT_EQ(open_secret(sealed, "a passphrase"), "-----BEGIN PRIVATE KEY-----");
  EXPECT_FALSE(open_secret(sealed, "another"));
  EXPECT_NE(seal_secret("x", "p"), seal_secret("x", "p")) << "a salt and a nonce of its own each time";
}

TEST(sealed_secret, that_was_changed_does_not_open) {
  const std::string sealed = seal_secret("text", "p");
  for (const std::size_t at : {std::size_t{9}, sealed.size() / 2, sealed.size() - 1}) {
    std::string changed = sealed;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(open_secret(changed, "p")) << at;
  }
  EXPECT_FALSE(open_secret("", "p"));
  EXPECT_FALSE(open_secret("sealed1:", "p"));
  EXPECT_FALSE(open_secret("sealed1:AAAA", "p"));
  EXPECT_FALSE(open_secret("sealed1:not base64!", "p"));
}

instant at(std::int64_t seconds) { return from_millis(1'800'000'000'000 + seconds * 1'000); }

TEST(key_ring, signs_with_the_key_in_turn_and_publishes_all) {
  key_ring ring{{}, "a passphrase"};
  const auth::principal who{.account_id = "a", .credential_id = "s", .expires_at = at(1'000'000)};
  const auto early = ring.sign(who, at(0));
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, errc::unavailable);

  auto first = ring.make_candidate();
  auto second = ring.make_candidate();
  EXPECT_TRUE(is_sealed(first.private_key));
  first.created_at = first.signs_from = at(0);
  second.created_at = at(100);
  second.signs_from = at(700);
  ring.replace({first, second});
  EXPECT_NE(ring.jwks().find(first.id), std::string::npos);
  EXPECT_NE(ring.jwks().find(second.id), std::string::npos) << "published before it is used";
  EXPECT_EQ(ring.jwks().find("\"d\""), std::string::npos) << "no private part";

  const auto key_of = [](const std::string& token) { return token.substr(0, token.find('.')); };
  const auto before = ring.sign(who, at(699));
  const auto after = ring.sign(who, at(700));
  ASSERT_TRUE(before && after);
  EXPECT_EQ(key_of(*before), key_of(*ring.sign(who, at(1))));
  EXPECT_NE(key_of(*before), key_of(*after));

  auth::trust_store trust;
  ASSERT_TRUE(trust.set_keys(ring.jwks()));
}

TEST(key_ring, says_so_when_a_key_cannot_be_opened_and_keeps_what_it_has) {
  key_ring ring{{}, "a passphrase"};
  auto good = ring.make_candidate();
  good.signs_from = at(0);
  ring.replace({good});
  auto foreign = key_ring{{}, "another"}.make_candidate();
  EXPECT_THROW(ring.replace({good, foreign}), std::runtime_error);
  EXPECT_NE(ring.jwks().find(good.id), std::string::npos);
  EXPECT_THROW(key_ring({}, "").replace({good}), std::runtime_error) << "sealed, and no secret configured";
}

TEST(key_ring, without_a_passphrase_stores_keys_as_they_are_and_reads_both) {
  key_ring plain{{}, ""};
  auto key = plain.make_candidate();
  EXPECT_FALSE(is_sealed(key.private_key));
  key_ring later{{}, "a passphrase"};
  EXPECT_NO_THROW(later.replace({key})) << "the secret was configured after the key was made";
}

}  // namespace
}  // namespace cumulo::users
