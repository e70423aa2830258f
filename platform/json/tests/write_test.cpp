#include "platform/json/write.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cmath>
#include <random>

namespace cumulo::json {
namespace {

BOOST_DEFINE_ENUM_CLASS(shade, light, dark, delete_)

struct origin {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(origin, (), (id))

struct leaf {
  int number{};
  std::optional<std::string> text;
  bool operator==(const leaf&) const = default;
};
BOOST_DESCRIBE_STRUCT(leaf, (), (number, text))

struct tree : origin {
  std::int64_t big{};
  double real{};
  bool yes{};
  shade tint{};
  instant at{};
  member<std::string> note;
  std::vector<leaf> leaves;
  std::map<std::string, std::vector<std::string>> names;
  std::optional<leaf> maybe;
  raw data;
  std::string delete_;
};
BOOST_DESCRIBE_STRUCT(tree, (origin), (big, real, yes, tint, at, note, leaves, names, maybe, data, delete_))

struct patch {
  member<std::string> first;
  member<int> second;
};
BOOST_DESCRIBE_STRUCT(patch, (), (first, second))

struct empty {};
BOOST_DESCRIBE_STRUCT(empty, (), ())

struct outbound {
  std::string_view view;
  std::span<const int> numbers;
};
BOOST_DESCRIBE_STRUCT(outbound, (), (view, numbers))

TEST(json_write, writes_every_kind_of_member) {
  tree t;
  t.id = "x";
  t.big = std::numeric_limits<std::int64_t>::min();
  t.real = 0.1;
  t.yes = true;
  t.tint = shade::delete_;
  t.at = *parse_rfc3339("2026-12-01T16:00:00Z");
  t.leaves = {{1, "a"}, {2, std::nullopt}};
  t.names = {{"k\n", {"v"}}, {"l", {}}};
  t.data.text = R"({"any":[1]})";
  t.delete_ = "d";
  EXPECT_EQ(to_text(t),
            R"({"id":"x","big":-9223372036854775808,"real":0.1,"yes":true,"tint":"delete",)"
            R"("at":"2026-12-01T16:00:00.000Z","leaves":[{"number":1,"text":"a"},{"number":2,"text":null}],)"
            R"("names":{"k\n":["v"],"l":[]},"maybe":null,"data":{"any":[1]},"delete":"d"})");
}

TEST(json_write, leaves_out_absent_members_and_their_commas) {
  EXPECT_EQ(to_text(patch{}), "{}");
  EXPECT_EQ(to_text(patch{.first = std::string{"a"}, .second = {}}), R"({"first":"a"})");
  EXPECT_EQ(to_text(patch{.first = {}, .second = 2}), R"({"second":2})");
  EXPECT_EQ(to_text(patch{.first = std::nullopt, .second = 2}), R"({"first":null,"second":2})");
}

TEST(json_write, writes_views_scalars_and_the_empty) {
  constexpr std::array numbers{1, 2, 3};
  EXPECT_EQ(to_text(outbound{.view = "v", .numbers = numbers}), R"({"view":"v","numbers":[1,2,3]})");
  EXPECT_EQ(to_text(empty{}), "{}");
  EXPECT_EQ(to_text(raw{}), "null");
  EXPECT_EQ(to_text("text"), "\"text\"");
  EXPECT_EQ(to_text(std::uint64_t{18446744073709551615U}), "18446744073709551615");
  EXPECT_EQ(to_text(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(to_text(std::nan("")), "null");
  EXPECT_EQ(to_text(std::vector<std::string>{}), "[]");
}

TEST(json_write, appends_to_what_is_there) {
  std::string out = "before:";
  write(out, leaf{1, std::nullopt});
  EXPECT_EQ(out, R"(before:{"number":1,"text":null})");
}

TEST(json_write_string, escapes_each_byte_that_must_be_at_every_offset) {
  for (int c = 0; c < 128; ++c) {
    for (std::size_t before = 0; before < 18; ++before) {
      const std::string text = std::string(before, 'x') + static_cast<char>(c) + std::string(9, 'y');
      std::string out;
      write_string(out, text);
      const bool special = c < 0x20 || c == '"' || c == '\\';
      EXPECT_EQ(
          out.size(),
          text.size() + 2 +
              (special
                   ? (std::string_view{"\b\t\n\f\r\"\\"}.find(static_cast<char>(c)) != std::string_view::npos ? 1 : 5)
                   : 0))
          << c << " " << before;
      if (c != 0) {
        EXPECT_EQ(*read<std::string>(out), text) << c << " " << before;
      }
    }
  }
  EXPECT_EQ(to_text(std::string{"a\0b", 3}), R"("a\u0000b")");
  EXPECT_EQ(to_text("\x1f\x7f é 😀 </script>"), "\"\\u001f\x7f é 😀 </script>\"");
}

/// Random but valid values, biased to what breaks writers: escapes, block borders, extremes.
class generator {
 public:
  explicit generator(unsigned seed) : engine_(seed) {}
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>{0, n - 1}(engine_); }
  std::string text() {
    static const std::vector<std::string> pieces{"a", "Z", "\"", "\\", "\n",       "\x01",    "\x1f", "\x7f",
                                                 "é", "€", "😀", "/",  "12345678", "\\u0041", " "};
    std::string all;
    for (std::size_t left = below(40); left > 0; --left) all += pieces[below(pieces.size())];
    return all;
  }
  std::int64_t number() {
    const auto any = static_cast<std::int64_t>(std::uniform_int_distribution<std::uint64_t>{}(engine_));
    switch (below(4)) {
      case 0: return std::numeric_limits<std::int64_t>::min();
      case 1: return std::numeric_limits<std::int64_t>::max();
      case 2: return any >> below(64);
      default: return any;
    }
  }
  double real() {
    for (;;) {
      const auto d = std::bit_cast<double>(std::uniform_int_distribution<std::uint64_t>{}(engine_));
      if (std::isfinite(d)) return d;
    }
  }
  leaf make_leaf() {
    leaf l{static_cast<int>(number()), std::nullopt};
    if (below(2) != 0) l.text = text();
    return l;
  }

 private:
  std::mt19937 engine_;
};

TEST(json_round_trip, what_is_written_is_read_back_the_same) {
  for (unsigned seed = 0; seed < 3'000; ++seed) {
    generator any{seed};
    tree t;
    t.id = any.text();
    t.big = any.number();
    t.real = any.real();
    t.yes = any.below(2) != 0;
    t.tint = static_cast<shade>(any.below(3));
    t.at = from_millis(any.number() >> 14U);
    if (any.below(3) == 0) t.note = std::nullopt;
    if (any.below(3) == 0) t.note = any.text();
    for (auto n = any.below(4); n > 0; --n) t.leaves.push_back(any.make_leaf());
    for (auto n = any.below(4); n > 0; --n) t.names[any.text()] = {any.text(), any.text()};
    if (any.below(2) != 0) t.maybe = any.make_leaf();
    t.data.text = to_text(t.leaves);
    t.delete_ = any.text();

    const auto text = to_text(t);
    const auto back = read<tree>(text);
    ASSERT_TRUE(back.has_value()) << seed << " " << text << " " << back.error().detail;
    ASSERT_EQ(back->real, t.real) << seed;
    ASSERT_EQ(back->leaves, t.leaves) << seed;
    ASSERT_EQ(back->names, t.names) << seed;
    ASSERT_EQ(back->note.is_absent(), t.note.is_absent()) << seed;
    ASSERT_EQ(to_text(*back), text) << seed;
  }
}

TEST(json_fuzz, broken_texts_neither_crash_nor_pass_as_something_else) {
  std::mt19937 engine{42};
  tree t;
  t.id = "é\"😀\\";
  t.leaves = {{1, "x"}};
  t.names = {{"k", {"v", "w"}}};
  t.data.text = R"([{"a":1.5e3}])";
  const auto good = to_text(t);
  std::size_t accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bad = good;
    for (auto changes = 1 + engine() % 3; changes > 0; --changes) {
      const auto at = engine() % bad.size();
      switch (engine() % 3) {
        case 0: bad[at] = static_cast<char>(engine()); break;
        case 1: bad.erase(at, 1 + engine() % 4); break;
        default: bad.insert(at, bad.substr(engine() % bad.size(), engine() % 8)); break;
      }
    }
    const auto r = read<tree>(bad);
    if (r.has_value()) {
      ++accepted;
      const auto again = read<tree>(to_text(*r));
      ASSERT_TRUE(again.has_value()) << bad;
      ASSERT_EQ(to_text(*again), to_text(*r)) << bad;
    } else if (r.error().code == errc::invalid) {
      ASSERT_FALSE(r.error().faults.empty()) << bad;
    } else {
      ASSERT_EQ(r.error().code, errc::malformed) << bad;
    }
  }
  EXPECT_GT(accepted, 100U);
  EXPECT_LT(accepted, 10'000U);
}

}  // namespace
}  // namespace cumulo::json
