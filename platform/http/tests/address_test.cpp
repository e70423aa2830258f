#include "platform/http/address.hpp"

#include <gtest/gtest.h>

namespace cumulo::http {
namespace {

TEST(addresses, are_read_as_proxies_write_them) {
  const std::vector<std::pair<const char*, const char*>> good{
      {"192.0.2.1", "192.0.2.1"},     {" 192.0.2.1\t", "192.0.2.1"},        {"192.0.2.1:8080", "192.0.2.1"},
      {"2001:DB8::1", "2001:db8::1"}, {"[2001:db8::1]:443", "2001:db8::1"}, {"::ffff:192.0.2.1", "192.0.2.1"}};
  for (const auto& [text, normal] : good) {
    const auto address = parse_address(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), normal) << text;
  }
  for (const char* bad : {"", "unknown", "_hidden", "256.0.0.1", "1.2.3", "[::1", "::1::2", "localhost",
                          "[::1].example", "[::1]x:80", "127.0.0.1:x", "127.0.0.1.example:80"}) {
    EXPECT_FALSE(parse_address(bad)) << bad;
  }
}

TEST(addresses, of_ipv6_are_counted_by_their_64) {
  const std::vector<std::pair<const char*, const char*>> counted{{"192.0.2.1", "192.0.2.1"},
                                                                 {"2001:db8:0:1:2:3:4:5", "2001:db8:0:1::"},
                                                                 {"2001:db8:0:1::9", "2001:db8:0:1::"},
                                                                 {"2001:db8:0:2::9", "2001:db8:0:2::"},
                                                                 {"::1", "::"},
                                                                 {"::ffff:192.0.2.1", "192.0.2.1"},
                                                                 {"", ""},
                                                                 {"a:b", "a:b"}};
  for (const auto& [address, network] : counted) EXPECT_EQ(client_network(address), network) << address;
}

TEST(networks, hold_their_members_only) {
  const network_list some{{"10.0.0.0/8", "192.0.2.128/25", "2001:db8::/33", "127.0.0.1"}};
  for (const char* inside :
       {"10.255.0.1", "192.0.2.128", "192.0.2.255", "2001:db8:7fff::1", "127.0.0.1", "::ffff:10.0.0.1"}) {
    EXPECT_TRUE(some.contains(*parse_address(inside))) << inside;
  }
  for (const char* outside : {"11.0.0.1", "192.0.2.127", "2001:db8:8000::1", "127.0.0.2", "::1", "a00::"}) {
    EXPECT_FALSE(some.contains(*parse_address(outside))) << outside;
  }
  EXPECT_TRUE(network_list{{"0.0.0.0/0"}}.contains(*parse_address("8.8.8.8")));
  EXPECT_FALSE(network_list{{"0.0.0.0/0"}}.contains(*parse_address("::1")));
  for (const char* bad : {"", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "proxy.example"}) {
    EXPECT_THROW((network_list{{bad}}), std::invalid_argument) << bad;
  }
}

TEST(networks, find_the_client_from_the_right) {
  const network_list some{{"10.0.0.0/8"}};
  const auto client = [&](const char* text) {
    const auto found = some.client_of(text);
    return found ? found->text() : "";
  };
  EXPECT_EQ(client("203.0.113.1"), "203.0.113.1");
  EXPECT_EQ(client("1.1.1.1, 203.0.113.1, 10.0.0.1"), "203.0.113.1");
  EXPECT_EQ(client("10.0.0.2, 10.0.0.1"), "10.0.0.2");
  EXPECT_EQ(client("nonsense, 10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(client(""), "");
  EXPECT_EQ(client("nonsense"), "");
}

}  // namespace
}  // namespace cumulo::http
