#include "platform/auth/secret_box.hpp"

#include <gtest/gtest.h>

namespace cumulo::auth {
namespace {

TEST(secret_box, gives_back_what_was_sealed_to_its_owner_only) {
  const secret_box box{"a passphrase"};
  const std::string sealed = box.seal("whsec_x", "row 1");
  EXPECT_EQ(sealed.find("whsec"), std::string::npos);
  EXPECT_NE(sealed, box.seal("whsec_x", "row 1")) << "a nonce each";
  EXPECT_EQ(box.open(sealed, "row 1"), "whsec_x");
  EXPECT_EQ(box.open(sealed, "row 2"), std::nullopt);
  EXPECT_EQ(secret_box{"another"}.open(sealed, "row 1"), std::nullopt);
  EXPECT_EQ(secret_box{""}.open(sealed, "row 1"), std::nullopt);
  EXPECT_EQ(secret_box{"a passphrase"}.open(sealed, "row 1"), "whsec_x") << "after a restart";
  for (std::size_t i = 8; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(box.open(changed, "row 1"), std::nullopt) << i;
  }
  EXPECT_EQ(box.open("sealed2:", "row 1"), std::nullopt);
  EXPECT_EQ(box.open("sealed2:####", "row 1"), std::nullopt);
  EXPECT_EQ(box.open(box.seal("", "r"), "r"), "");
}

TEST(secret_box, without_a_passphrase_leaves_things_as_they_are) {
  const secret_box none{""};
  EXPECT_FALSE(none.seals());
  EXPECT_EQ(none.seal("whsec_x", "row"), "whsec_x");
  EXPECT_EQ(none.open("whsec_x", "row"), "whsec_x");
  EXPECT_EQ(secret_box{"set later"}.open("whsec_x", "row"), "whsec_x");
}

}  // namespace
}  // namespace cumulo::auth
