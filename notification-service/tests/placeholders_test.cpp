#include "notification-service/domain/placeholders.hpp"

#include <gmock/gmock.h>

namespace cumulo::notifications {
namespace {

TEST(placeholders, are_filled_once) {
  const placeholder_values values{{"name", "Ann"}, {"n_1", "7"}, {"again", "{{name}}"}, {"none", ""}};
  const std::vector<std::pair<std::string, std::string>> table{
      {"", ""},
      {"plain", "plain"},
      {"Hello {{name}}!", "Hello Ann!"},
      {"{{ name }}{{n_1}}", "Ann7"},
      {"{{again}}", "{{name}}"},
      {"[{{none}}]", "[]"},
      {"{{not a name}} {{name}}", "{{not a name}} Ann"},
      {"{{{name}}}", "{Ann}"},
      {"{{name", "{{name"},
      {"}}{{name}}", "}}Ann"},
      {"{{}}", "{{}}"},
  };
  for (const auto& [text, expected] : table) EXPECT_EQ(fill(text, values).text, expected) << text;
}

TEST(placeholders, without_a_value_are_named) {
  EXPECT_THAT(fill("{{a}} {{b}} {{a}}", {{"b", "x"}}).unknown, testing::ElementsAre("a"));
  EXPECT_THAT(fill("{{b}}", {{"b", ""}}).unknown, testing::IsEmpty());
}

}  // namespace
}  // namespace cumulo::notifications
