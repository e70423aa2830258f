// The parser must come to the same end however the bytes are cut, also for bytes that nobody sensible sends.
#include "platform/http/request_parser.hpp"

#include <gtest/gtest.h>

#include <random>

namespace cumulo::http {
namespace {

using progress = request_parser::progress;

constexpr std::size_t max_header = 16 * 1024;
constexpr std::size_t max_body = 1000;

/// What became of the bytes, as text: "400", "more", or the request with its body and how much was used.
std::string outcome(const std::string& bytes, const std::vector<std::size_t>& cuts) {
  request_parser parser{max_header};
  std::string buffer;
  std::size_t given = 0;
  std::size_t next_cut = 0;
  const auto feed = [&] {
    if (given == bytes.size()) return false;
    const auto until = next_cut < cuts.size() ? cuts[next_cut++] : bytes.size();
    buffer.append(bytes, given, until - given);
    given = until;
    buffer.shrink_to_fit();  // move it, so that kept pointers show
    return true;
  };
  auto head = progress::need_more;
  while (head == progress::need_more && feed())
    if (!buffer.empty()) head = parser.read_head(buffer);
  if (head == progress::failed) return "refused";
  if (head == progress::need_more) return "more";
  const auto& asked = parser.head();
  std::string text{asked.method_text};
  text.append(" ").append(asked.target).append(asked.http_1_1 ? " 1.1 " : " 1.0 ");
  text.append(asked.fields.find("x")).append(asked.keep_alive ? " keep " : " close ");
  text.append(std::to_string(asked.content_length)).append(asked.chunked ? " chunked " : " ");
  if (!asked.chunked) return text + std::to_string(parser.head_size());
  auto rest = buffer.substr(parser.head_size());
  std::string body;
  std::size_t used = 0;
  auto chunks = parser.read_chunks(rest, max_body, used, body);
  auto total = used;
  rest.erase(0, used);
  while (chunks == progress::need_more) {
    buffer.clear();
    if (!feed()) return "more";
    rest += buffer;
    chunks = parser.read_chunks(rest, max_body, used, body);
    total += used;
    rest.erase(0, used);
  }
  if (chunks == progress::failed) return "refused";
  return text + body + " " + std::to_string(parser.head_size() + total);
}

const std::vector<std::string> seeds{
    "GET /tasks?limit=5 HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n",
    "POST /e HTTP/1.1\r\nHost: a\r\nX:  padded \t\r\nContent-Length: 5\r\n\r\n12345",
    "POST /e HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\na;x=\"y\"\r\n0123456789\r\n0\r\nT: "
    "u\r\n\r\n",
    "PATCH /e HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
};

TEST(request_parser, reads_the_seeds) {
  EXPECT_EQ(outcome(seeds[0], {}), "GET /tasks?limit=5 1.1 y keep 0 " + std::to_string(seeds[0].size()));
  EXPECT_EQ(outcome(seeds[1], {}), "POST /e 1.1 padded keep 5 " + std::to_string(seeds[1].size() - 5));
  EXPECT_EQ(outcome(seeds[2], {}), "POST /e 1.1  keep 0 chunked 123450123456789 " + std::to_string(seeds[2].size()));
  EXPECT_EQ(outcome(seeds[3], {}), "PATCH /e 1.0  keep 0 " + std::to_string(seeds[3].size()));
}

TEST(request_parser, does_not_depend_on_cuts) {
  for (const auto& seed : seeds) {
    const auto whole = outcome(seed, {});
    for (std::size_t a = 1; a < seed.size(); ++a) EXPECT_EQ(outcome(seed, {a}), whole) << a;
    std::vector<std::size_t> every(seed.size());
    for (std::size_t i = 0; i < every.size(); ++i) every[i] = i + 1;
    EXPECT_EQ(outcome(seed, every), whole);
  }
}

TEST(request_parser, mutations_end_the_same_however_cut) {
  std::mt19937 random{99};
  static constexpr char spice_bytes[] = "\r\n\r\n\0 \t:;,0f\x80\xff";
  static constexpr std::string_view spice{spice_bytes, sizeof spice_bytes - 1};
  int taken = 0;
  for (int round = 0; round < 30'000; ++round) {
    auto bytes = seeds[random() % seeds.size()];
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const auto at = random() % bytes.size();
      switch (random() % 4) {
        case 0: bytes[at] = spice[random() % spice.size()]; break;
        case 1: bytes.erase(at, 1 + random() % 4); break;
        case 2: bytes.insert(at, 1, spice[random() % spice.size()]); break;
        default: bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 12)); break;
      }
      if (bytes.empty()) bytes = "x";
    }
    const auto whole = outcome(bytes, {});
    taken += whole != "refused" && whole != "more" ? 1 : 0;
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at + 1 < bytes.size();) {
      at = std::min(bytes.size(), at + 1 + random() % 9);
      cuts.push_back(at);
    }
    const auto cut = outcome(bytes, cuts);
    // Whole bytes may be refused where cut ones are still waited for, and the other way round; but a request taken one
    // way must be the same request the other way: that is what smuggling lives on.
    if (whole == "refused" || whole == "more") {
      ASSERT_TRUE(cut == "refused" || cut == "more") << bytes << "\n" << cut;
    } else {
      ASSERT_EQ(cut, whole) << bytes;
    }
  }
  EXPECT_GT(taken, 1'000) << "the mutations are too wild to test anything";
}

}  // namespace
}  // namespace cumulo::http
