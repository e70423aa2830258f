#include "platform/auth/principal.hpp"

#include <gtest/gtest.h>

namespace cumulo::auth {
namespace {

TEST(principal, a_session_may_everything_but_notify_others) {
  const principal who{.account_id = "a", .credential_id = "s"};
  EXPECT_TRUE(who.may(scope_tasks_write));
  EXPECT_TRUE(who.may(scope_session));
  EXPECT_FALSE(who.may(scope_notify_send));
}

TEST(principal, an_administrators_session_may_notify_others) {
  const principal who{.account_id = "a", .credential_id = "s", .administrator = true};
  EXPECT_TRUE(who.may(scope_notify_send));
}

TEST(principal, a_token_may_only_what_it_was_given) {
  const principal who{.account_id = "a", .credential_id = "t", .is_session = false, .scopes = {"tasks:read"}};
  EXPECT_TRUE(who.may(scope_tasks_read));
  EXPECT_FALSE(who.may(scope_tasks_write));
  EXPECT_FALSE(who.may(scope_notify_send));
}

TEST(principal, a_token_never_acts_as_a_session) {
  const principal who{.account_id = "a",
                      .credential_id = "t",
                      .is_session = false,
                      .administrator = true,
                      .scopes = {"session", "notify:send"}};
  EXPECT_FALSE(who.may(scope_session));
  EXPECT_TRUE(who.may(scope_notify_send));
}

TEST(principal, an_administrators_token_needs_the_scope_too) {
  const principal who{.account_id = "a", .credential_id = "t", .is_session = false, .administrator = true};
  EXPECT_FALSE(who.may(scope_notify_send));
}

}  // namespace
}  // namespace cumulo::auth
