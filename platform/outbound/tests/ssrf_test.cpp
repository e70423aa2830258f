// Every way we know to write an address of this machine or its network. A listener on all of this machine's addresses
// counts who comes: nobody may.
#include <gtest/gtest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <prometheus/registry.h>

#include "platform/core/io_threads.hpp"
#include "platform/observe/metrics.hpp"
#include "platform/outbound/client.hpp"
#include "platform/outbound/tests/scripted_server.hpp"
#include "platform/testing/run.hpp"

namespace cumulo::outbound {
namespace {

using namespace std::chrono_literals;
using test::peer;
using test::scripted_server;

// What stands between "http://" and ":port/". Names ending in .test are answered by the client's own table.
constexpr std::array spellings{
    // IPv4 loopback: decimal, octal, hexadecimal, mixed, short, overlong
    "127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "2130706433", "017700000001", "0177.0.0.1",
    "0177.0.0.01", "00177.0.0.1", "0x7f.0.0.1", "0x7f.0x0.0x0.0x1", "0x7f000001", "0X7F000001", "0x7f.1", "0x7f.0.1",
    "0177.1", "127.0x0.0.1", "127.0.0.1.", "2130706433.", "127.00.00.01", "127.000.000.001", "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1", "127.0.0.1%00.example.com", "127.0.0.1%09", "4294967295.127.0.0.1", "0x100007f000001",
    "6425673729", "127.0.0.257", "127.0.256",
    // this host, private, link-local, metadata, shared, multicast, broadcast
    "0", "0.0.0.0", "0x0", "00", "0.0.0.1", "000.000.000.000", "10.0.0.1", "012.0.0.1", "167772161", "172.16.0.1",
    "172.31.255.254", "192.168.0.1", "192.168.1", "3232235521", "0xc0a80001", "169.254.169.254", "2852039166",
    "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "0251.0376.0251.0376", "169.254.43518", "169.16689662", "100.64.0.1",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "198.18.0.1", "203.0.113.7", "224.0.0.1", "239.255.255.250",
    "255.255.255.255", "240.0.0.1",
    // IPv6
    "[::1]", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[::]", "[::0.0.0.1]", "[::127.0.0.1]",
    "[::7f00:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:7F00:0001]", "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::ffff:0.0.0.0]", "[::ffff:0:127.0.0.1]", "[::ffff:10.0.0.1]", "[::ffff:169.254.169.254]", "[::ffff:a9fe:a9fe]",
    "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::169.254.169.254]", "[64:ff9b:1::127.0.0.1]",
    "[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", "[2001:0:0:0:0:0:80ff:fffe]", "[fe80::1]",
    "[fe80::1%25lo]", "[fe80::1%lo]", "[fe80::1%251]", "[::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[fd20:ce::254]",
    "[fec0::1]", "[ff02::1]", "[ff01::1]", "[2001:db8::1]", "[100::1]", "[::ffff:127.1]", "[v1.fe80::1]",
    // names
    "localhost", "LOCALHOST", "LocalHost", "localhost.", "foo.localhost", "ip6-localhost", "ip6-loopback",
    "localhost.localdomain", "local%68ost", "xn--localhost",
    // digits, dots and letters that IDN mapping turns into ASCII
    "①②⑦.⓪.⓪.①", "１２７.０.０.１", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "𝟏𝟐𝟕.𝟎.𝟎.𝟏", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "ｌｏｃａｌｈｏｓｔ", "loc\u00adalhost", "%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1", "٠.٠.٠.٠", "0ⅹ7f.1",
    // DNS names whose answers lead inside
    "loopback.test", "private.test", "metadata.test", "six.test", "mapped.test", "both.test", "any.test"};

client_settings strict() {
  client_settings settings;
  return settings;
}

class ssrf : public testing::Test {
 protected:
  ssrf() { threads.start(); }
  ~ssrf() override {
    calls.reset();
    threads.stop();
  }
  /// The names that a name service under the attacker's control answers for.
  void open(client_settings settings) {
    for (const auto& [name, answer] :
         std::vector<std::pair<std::string, std::string>>{{"loopback.test", "127.0.0.1"},
                                                          {"private.test", "10.0.0.1"},
                                                          {"metadata.test", "169.254.169.254"},
                                                          {"six.test", "[::1]"},
                                                          {"mapped.test", "[::ffff:127.0.0.1]"},
                                                          {"both.test", "127.0.0.1,[::1]"},
                                                          {"any.test", "0.0.0.0,[::]"}}) {
      settings.hosts.push_back(name + ":" + std::to_string(listener.port()) + ":" + answer);
    }
    calls = std::make_unique<client>(std::move(settings), &metrics);
  }
  exchange call(const std::string& url) {
    http_call what{.method = "POST", .url = url, .body = "x", .timeout = 20s};
    return cumulo::test::run(threads, calls->send(std::move(what)));
  }

  scripted_server listener{[](peer& p) {
    while (!p.read_request().empty()) p.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  prometheus::Registry metrics;
  io_threads threads{1};
  std::unique_ptr<client> calls;
};

TEST_F(ssrf, no_spelling_connects) {
  static_assert(spellings.size() >= 60);
  open(strict());
  int refused = 0;
  for (const char* host : spellings) {
    const auto got = call("http://" + listener.at(host) + "/");
    ASSERT_TRUE(got.failed) << host;
    EXPECT_TRUE(*got.failed == failure::refused_address || *got.failed == failure::invalid ||
                *got.failed == failure::unresolvable)
        << host << ": " << to_text(*got.failed) << ", " << got.detail;
    EXPECT_EQ(got.status, 0) << host;
    if (got.failed == failure::refused_address) ++refused;
  }
  EXPECT_EQ(listener.connections(), 0);
  EXPECT_GE(refused, 60) << "so many were read as an address at all";
  EXPECT_NE(observe::exposition(metrics).find("cumulo_outbound_refused_addresses_total " + std::to_string(refused)),
            std::string::npos);
}

TEST_F(ssrf, the_listener_would_have_been_reached) {
  auto settings = strict();
  settings.policy = allowing(std::vector<std::string>{"127.0.0.0/8", "::1"});
  open(std::move(settings));
  int reached = 0;
  for (const char* host : spellings) {
    const auto got = call("http://" + listener.at(host) + "/");
    if (got.status == 200) ++reached;
  }
  EXPECT_GE(reached, 25) << "spellings that lead to this machine when loopback is allowed";
  EXPECT_GE(listener.connections(), 10);
}

TEST_F(ssrf, this_machines_own_addresses_are_refused_too_unless_public) {
  open(strict());
  ifaddrs* all = nullptr;
  ASSERT_EQ(::getifaddrs(&all), 0);
  for (const ifaddrs* each = all; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    std::array<char, INET_ADDRSTRLEN> text{};
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(each->ifa_addr)->sin_addr, text.data(), text.size());
    if (!address_policy{}.why_refused(*parse_ip(text.data()), listener.port())) continue;
    EXPECT_EQ(call("http://" + listener.at(text.data())).failed, failure::refused_address) << text.data();
  }
  ::freeifaddrs(all);
  EXPECT_EQ(listener.connections(), 0);
}

TEST_F(ssrf, a_name_is_judged_by_each_address_it_leads_to) {
  auto settings = strict();
  settings.policy = allowing(std::vector<std::string>{"::1"});
  open(std::move(settings));
  EXPECT_EQ(call("http://" + listener.at("both.test")).status, 200) << "by the one that is allowed";
  EXPECT_EQ(call("http://" + listener.at("loopback.test")).failed, failure::refused_address);
  EXPECT_EQ(listener.connections(), 1);
}

}  // namespace
}  // namespace cumulo::outbound
