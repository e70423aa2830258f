#include "notification-service/domain/authority.hpp"

#include <gmock/gmock.h>

namespace cumulo::notifications {
namespace {

auth::principal session(bool administrator) {
  auth::principal who;
  who.administrator = administrator;
  return who;
}

auth::principal token(std::vector<std::string> scopes) {
  auth::principal who;
  who.is_session = false;
  who.scopes = std::move(scopes);
  return who;
}

struct authority_case {
  std::string name;
  auth::principal who;
  bool itself;
  bool others;
};

class authority : public testing::TestWithParam<authority_case> {};

TEST_P(authority, decides) {
  const authority_case& given = GetParam();
  EXPECT_EQ(check_may_notify(given.who, true).has_value(), given.itself);
  const auto to_others = check_may_notify(given.who, false);
  EXPECT_EQ(to_others.has_value(), given.others);
  if (!given.others) {
    EXPECT_EQ(to_others.error().code, errc::forbidden);
  }
}

const authority_case authority_cases[] = {
    {"session", session(false), true, false},
    {"administrator_session", session(true), true, true},
    {"token_with_nothing", token({}), false, false},
    {"token_that_reads", token({"notifications:read"}), false, false},
    {"token_that_writes", token({"notifications:write"}), true, false},
    {"token_that_sends", token({"notify:send"}), true, true},
    {"token_that_may_both", token({"notifications:write", "notify:send"}), true, true},
    {"token_of_other_things", token({"tasks:write", "profile:write"}), false, false},
};
INSTANTIATE_TEST_SUITE_P(callers, authority, testing::ValuesIn(authority_cases),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace cumulo::notifications
