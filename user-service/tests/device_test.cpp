#include "user-service/domain/device.hpp"

#include <gtest/gtest.h>

namespace cumulo::users {
namespace {

constexpr std::string_view firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

struct pair {
  const char* what;
  std::string_view agent, address, other_agent, other_address;
  bool is_one_device;
};

class device_marks : public testing::TestWithParam<pair> {};
INSTANTIATE_TEST_SUITE_P(
    table, device_marks,
    testing::Values(pair{"the same", firefox, "192.0.2.7", firefox, "192.0.2.7", true},
                    pair{"an update", firefox, "192.0.2.7",
                         "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.1", "192.0.2.7", true},
                    pair{"another browser", firefox, "192.0.2.7", "curl/8.5.0", "192.0.2.7", false},
                    pair{"a neighbour's address", firefox, "192.0.2.7", firefox, "192.0.2.200", true},
                    pair{"another network", firefox, "192.0.2.7", firefox, "192.0.3.7", false},
                    pair{"an IPv6 privacy address", firefox, "2001:db8:1:2::7", firefox, "2001:db8:1:9:a:b:c:d", true},
                    pair{"another IPv6 network", firefox, "2001:db8:1::7", firefox, "2001:db8:2::7", false},
                    pair{"another spelling", firefox, "2001:db8:1::7", firefox, "2001:0DB8:0001:0:0:0:0:8", true},
                    pair{"no user agent", "", "192.0.2.7", firefox, "192.0.2.7", false},
                    pair{"no address", firefox, "", firefox, "192.0.2.7", false},
                    pair{"text and bytes of an address", firefox, "192.0.2.7", firefox, "192.0.2", false}));

TEST_P(device_marks, tell_devices_apart) {
  const pair& p = GetParam();
  EXPECT_EQ(device_mark("a", p.agent, p.address) == device_mark("a", p.other_agent, p.other_address), p.is_one_device)
      << p.what;
}

TEST(device_mark, is_of_one_account_and_tells_nothing) {
  EXPECT_NE(device_mark("a", firefox, "192.0.2.7"), device_mark("b", firefox, "192.0.2.7"));
  EXPECT_EQ(device_mark("a", firefox, "192.0.2.7").size(), 64U);
}

}  // namespace
}  // namespace cumulo::users
