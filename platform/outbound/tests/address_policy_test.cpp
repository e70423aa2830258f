#include "platform/outbound/address_policy.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "platform/outbound/client.hpp"

namespace cumulo::outbound {
namespace {

std::string judged(const address_policy& policy, const char* address, std::uint16_t port = 443) {
  return std::string{policy.why_refused(parse_ip(address).value(), port).value_or("")};
}

TEST(address_policy, lets_only_public_addresses_through) {
  const address_policy policy;
  for (const char* good : {"1.1.1.1",
                           "8.8.8.8",
                           "9.255.255.255",
                           "11.0.0.0",
                           "100.63.255.255",
                           "100.128.0.0",
                           "126.255.255.255",
                           "128.0.0.0",
                           "168.63.129.15",
                           "169.253.255.255",
                           "172.15.255.255",
                           "172.32.0.0",
                           "192.0.1.0",
                           "192.0.3.0",
                           "192.167.255.255",
                           "192.169.0.0",
                           "198.17.255.255",
                           "198.20.0.0",
                           "203.0.112.255",
                           "203.0.114.0",
                           "223.255.255.255",
                           "::ffff:8.8.8.8",
                           "2600::1",
                           "2001:200::1",
                           "2001:4860:4860::8888",
                           "2a00:1450:4001:80b::200e",
                           "64:ff9b::8.8.8.8"}) {
    EXPECT_EQ(judged(policy, good), "") << good;
  }
  for (const char* bad : {"0.0.0.0",
                          "0.1.2.3",
                          "10.0.0.0",
                          "10.255.255.255",
                          "100.64.0.1",
                          "100.100.100.200",
                          "100.127.255.255",
                          "127.0.0.1",
                          "127.255.255.255",
                          "168.63.129.16",
                          "169.254.0.1",
                          "169.254.169.254",
                          "169.254.170.2",
                          "172.16.0.1",
                          "172.31.255.255",
                          "192.0.0.1",
                          "192.0.0.192",
                          "192.0.2.1",
                          "192.88.99.1",
                          "192.168.0.1",
                          "192.168.255.255",
                          "198.18.0.1",
                          "198.19.255.255",
                          "198.51.100.1",
                          "203.0.113.1",
                          "224.0.0.1",
                          "239.255.255.250",
                          "240.0.0.1",
                          "255.255.255.255",
                          "::ffff:127.0.0.1",
                          "::ffff:10.0.0.1",
                          "::ffff:169.254.169.254",
                          "::",
                          "::1",
                          "::7f00:1",
                          "::127.0.0.1",
                          "::8.8.8.8",
                          "::ffff:0:127.0.0.1",
                          "64:ff9b::127.0.0.1",
                          "64:ff9b::10.0.0.1",
                          "64:ff9b::169.254.169.254",
                          "64:ff9b:1::8.8.8.8",
                          "100::1",
                          "1fff::1",
                          "2001::1",
                          "2001:0:7f00:1::",
                          "2001:2::1",
                          "2001:10::1",
                          "2001:20::1",
                          "2001:1ff:ffff::1",
                          "2001:db8::1",
                          "2002:7f00:1::1",
                          "2002:808:808::1",
                          "3fff::1",
                          "4000::1",
                          "5f00::1",
                          "fc00::1",
                          "fd00::1",
                          "fd00:ec2::254",
                          "fd20:ce::254",
                          "fe80::1",
                          "fec0::1",
                          "ff02::1"}) {
    EXPECT_NE(judged(policy, bad), "") << bad;
  }
}

TEST(address_policy, speaks_to_no_other_services) {
  const address_policy policy;
  for (const int good : {80, 443, 1024, 8080, 8443, 65535}) {
    EXPECT_FALSE(policy.why_refused(*parse_ip("1.1.1.1"), static_cast<std::uint16_t>(good))) << good;
  }
  for (const int bad : {0, 1, 22, 25, 53, 79, 81, 110, 442, 444, 465, 587, 1023}) {
    EXPECT_TRUE(policy.why_refused(*parse_ip("1.1.1.1"), static_cast<std::uint16_t>(bad))) << bad;
  }
}

TEST(address_policy, lets_through_what_the_administrator_allows) {
  const address_policy policy = allowing(std::vector<std::string>{"10.1.0.0/16", "fd00:1::/32", "127.0.0.1"});
  for (const char* good : {"10.1.0.1", "10.1.255.255", "fd00:1::5", "127.0.0.1", "::ffff:10.1.0.1", "1.1.1.1"}) {
    EXPECT_EQ(judged(policy, good, 25), good == std::string_view{"1.1.1.1"} ? "a port of other services" : "") << good;
  }
  for (const char* bad : {"10.2.0.1", "127.0.0.2", "fd00:2::5", "::1"}) EXPECT_NE(judged(policy, bad), "") << bad;
  for (const char* bad : {"", "10.0.0.0/33", "localhost", "10.0.0.0/-1"}) {
    EXPECT_THROW((void)allowing(std::vector<std::string>{bad}), std::invalid_argument) << bad;
  }
}

TEST(address_policy, finds_the_fault_of_a_url_before_anything_is_sent) {
  const address_policy policy;
  for (const char* good : {"https://hooks.example/a?b=c#d", "http://hooks.example:8080", "HTTPS://EXAMPLE.COM/",
                           "https://1.1.1.1/", "https://[2600::1]:8443/x", "https://localhost/"}) {
    EXPECT_EQ(fault_of_url(good, policy), std::nullopt) << good << " (a name is judged when it is resolved)";
  }
  for (const char* bad : {"",
                          "hooks.example",
                          "//hooks.example",
                          "ftp://hooks.example",
                          "file:///etc/passwd",
                          "javascript:alert(1)",
                          "smtp://hooks.example",
                          "https://",
                          "https:///path",
                          "https://user@hooks.example",
                          "https://u:p@hooks.example",
                          "https://hooks.example:99999/",
                          "https://hooks.example:x/",
                          "https://hooks.example/\r\nX: y",
                          "https://127.0.0.1/",
                          "https://2130706433/",
                          "https://0x7f000001/",
                          "https://0177.0.0.1/",
                          "https://127.1/",
                          "https://[::1]/",
                          "https://[::ffff:127.0.0.1]/",
                          "https://[fe80::1%25eth0]/",
                          "https://1.1.1.1:25/"}) {
    EXPECT_NE(fault_of_url(bad, policy), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace cumulo::outbound
