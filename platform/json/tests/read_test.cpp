#include "platform/json/read.hpp"

#include <gmock/gmock.h>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include "platform/json/write.hpp"

namespace cumulo::json {
namespace {

BOOST_DEFINE_ENUM_CLASS(colour, red, dark_green, delete_)

struct base {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(base, (), (id))

struct point {
  int x{};
  int y{};
};
BOOST_DESCRIBE_STRUCT(point, (), (x, y))

/// One of everything that a request body may hold.
struct everything : base {
  std::int64_t number{};
  std::optional<std::int32_t> small;
  std::optional<std::uint8_t> byte;
  std::optional<double> real;
  std::optional<bool> yes;
  std::optional<colour> tint;
  std::optional<instant> at;
  member<std::string> note;
  member<point> where;
  std::optional<std::vector<std::string>> labels;
  std::optional<std::vector<point>> track;
  std::optional<std::map<std::string, int>> counts;
  std::optional<raw> data;
  std::optional<std::string> delete_;
};
BOOST_DESCRIBE_STRUCT(everything, (base),
                      (number, small, byte, real, yes, tint, at, note, where, labels, track, counts, data, delete_))

/// `{"id":"a","number":1` + more + `}`
result<everything> read_with(std::string_view more) {
  std::string text = R"({"id":"a","number":1)";
  return read<everything>(text.append(more).append("}"));
}

/// "pointer code, …" of a refusal; otherwise what happened instead.
template <class T>
std::string faults_of(const result<T>& r) {
  if (r.has_value()) return "accepted";
  if (r.error().code != errc::invalid) return "malformed";
  std::string all;
  for (const fault& f : r.error().faults) {
    if (!all.empty()) all += ", ";
    all += f.pointer + " " + f.code;
    EXPECT_FALSE(f.detail.empty());
  }
  return all;
}

TEST(json_read, fills_every_kind_of_member) {
  const auto r =
      read<everything>(R"( {"id": "a\u00e9\ud83d\ude00\n", "number": -9223372036854775808, "small": 2147483647,
    "byte": 255, "real": 1.5e3, "yes": true, "tint": "delete", "at": "2026-12-01T17:00:00+01:00", "note": "n",
    "where": {"x": 1, "y": -2}, "labels": ["a", "b\"c"], "track": [{"x":1,"y":2},{"y":4,"x":3}],
    "counts": {"one": 1, "": 0}, "data": {"k" : [1, 2.50, null, "\u0041", {}]}, "delete": "d"} )");
  ASSERT_TRUE(r.has_value()) << faults_of(r);
  EXPECT_EQ(r->id, "aé😀\n");
  EXPECT_EQ(r->number, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(r->small, 2147483647);
  EXPECT_EQ(r->byte, 255);
  EXPECT_EQ(r->real, 1500.0);
  EXPECT_EQ(r->yes, true);
  EXPECT_EQ(r->tint, colour::delete_);
  EXPECT_EQ(to_rfc3339(*r->at), "2026-12-01T16:00:00.000Z");
  EXPECT_EQ(*r->note, "n");
  EXPECT_EQ(r->where->y, -2);
  EXPECT_THAT(*r->labels, testing::ElementsAre("a", "b\"c"));
  EXPECT_EQ(r->track->at(1).x, 3);
  EXPECT_EQ(r->counts->at("one"), 1);
  EXPECT_EQ(r->data->text, R"({"k":[1,2.50,null,"A",{}]})");
  EXPECT_EQ(r->delete_, "d");
}

TEST(json_read, tells_absent_from_null) {
  const auto absent = read_with("");
  ASSERT_TRUE(absent.has_value());
  EXPECT_TRUE(absent->note.is_absent());
  EXPECT_FALSE(absent->small);
  const auto null = read_with(R"(,"note":null,"small":null)");
  ASSERT_TRUE(null.has_value());
  EXPECT_TRUE(null->note.is_null());
  EXPECT_FALSE(null->note.is_absent());
  EXPECT_FALSE(null->small);
  const auto empty = read_with(R"(,"note":"")");
  EXPECT_EQ(*empty->note, "");
}

TEST(json_read, names_every_fault_and_not_only_the_first) {
  const auto r = read<everything>(
      R"({"number":"1","small":2147483648,"tint":"blue","at":"2026-02-30T00:00:00Z","where":{"x":1.5,"z":0},)"
      R"("labels":["ok",7,"\u0000"],"counts":{"a":1,"a":2},"we/ird~name":1,"number":2})");
  EXPECT_EQ(faults_of(r),
            "/number wrong_type, /small out_of_range, /tint invalid_choice, /at invalid_time, /where/x wrong_type, "
            "/where/z unknown_member, /where/y required, /labels/1 wrong_type, /labels/2 invalid_character, "
            "/counts/a duplicate_member, /we~1ird~0name unknown_member, /number duplicate_member, /id required");
  EXPECT_EQ(r.error().faults[2].detail, "Must be one of: red, dark_green, delete.");
  EXPECT_EQ(r.error().detail, "The request has 13 faults.");
}

struct refusal {
  std::string_view name;
  std::string more;  ///< after {"id":"a","number":1
  std::string_view expected;
};
void PrintTo(const refusal& c, std::ostream* out) { *out << c.name; }
class json_member : public testing::TestWithParam<refusal> {};
TEST_P(json_member, is_judged) {
  EXPECT_EQ(faults_of(read_with(GetParam().more)), GetParam().expected) << GetParam().more;
}

INSTANTIATE_TEST_SUITE_P(
    table, json_member,
    testing::Values(
        refusal{"int32_most", R"(,"small":2147483647)", "accepted"},
        refusal{"int32_more", R"(,"small":2147483648)", "/small out_of_range"},
        refusal{"int32_less", R"(,"small":-2147483649)", "/small out_of_range"},
        refusal{"byte_negative", R"(,"byte":-1)", "/byte out_of_range"},
        refusal{"byte_256", R"(,"byte":256)", "/byte out_of_range"},
        refusal{"whole_real", R"(,"small":1.0)", "accepted"}, refusal{"whole_exponent", R"(,"small":1e3)", "accepted"},
        refusal{"minus_zero", R"(,"small":-0)", "accepted"}, refusal{"half", R"(,"small":1.5)", "/small wrong_type"},
        refusal{"huge_exponent", R"(,"small":1e308)", "/small out_of_range"},
        refusal{"infinite_exponent", R"(,"small":1e999)", "/small out_of_range"},
        refusal{"infinite_real", R"(,"real":1e999)", "/real out_of_range"},
        refusal{"2_63_real", R"(,"real":9223372036854775808)", "accepted"},
        refusal{"number_as_text", R"(,"small":"1")", "/small wrong_type"},
        refusal{"boolean_as_number", R"(,"yes":1)", "/yes wrong_type"},
        refusal{"boolean_as_text", R"(,"yes":"true")", "/yes wrong_type"},
        refusal{"text_as_number", R"(,"note":1)", "/note wrong_type"},
        refusal{"text_as_object", R"(,"note":{})", "/note wrong_type"},
        refusal{"array_as_text", R"(,"labels":"a")", "/labels wrong_type"},
        refusal{"null_inside_array", R"(,"labels":[null])", "/labels/0 wrong_type"},
        refusal{"object_as_array", R"(,"where":[1,2])", "/where wrong_type"},
        refusal{"map_as_array", R"(,"counts":[])", "/counts wrong_type"},
        refusal{"enum_other_case", R"(,"tint":"Red")", "/tint invalid_choice"},
        refusal{"enum_cxx_name", R"(,"tint":"delete_")", "/tint invalid_choice"},
        refusal{"enum_empty", R"(,"tint":"")", "/tint invalid_choice"},
        refusal{"enum_number", R"(,"tint":0)", "/tint wrong_type"},
        refusal{"cxx_member_name", R"(,"delete_":"d")", "/delete_ unknown_member"},
        refusal{"other_case", R"(,"Note":"n")", "/Note unknown_member"},
        refusal{"prefix_of_name", R"(,"not":"n")", "/not unknown_member"},
        refusal{"empty_name", R"(,"":1)", "/ unknown_member"},
        refusal{"escaped_name", R"(,"n\u006fte":"n")", "accepted"},
        refusal{"escaped_twice", R"(,"note":"n","n\u006fte":"m")", "/note duplicate_member"},
        refusal{"nul_in_text", R"(,"note":"a\u0000b")", "/note invalid_character"},
        refusal{"nul_in_map_key", R"(,"counts":{"\u0000":1})", std::string_view{"/counts/\0 invalid_character", 27}},
        refusal{"nul_in_raw", R"(,"data":[{"a":"\u0000"}])", "/data/0/a invalid_character"},
        refusal{"twice_in_raw", R"(,"data":[{"a":1,"b":2,"a":3}])", "/data/0/a duplicate_member"},
        refusal{"date_only", R"(,"at":"2026-12-01")", "/at invalid_time"},
        refusal{"time_as_number", R"(,"at":0)", "/at wrong_type"}),
    [](const auto& made) { return std::string{made.param.name}; });

TEST(json_read, refuses_integers_that_do_not_fit_64_bits) {
  for (const auto& [number, fits] : std::map<std::string, bool>{{"9223372036854775807", true},
                                                                {"9223372036854775808", false},
                                                                {"-9223372036854775808", true},
                                                                {"-9223372036854775809", false},
                                                                {"18446744073709551615", false},
                                                                {"18446744073709551616", false},
                                                                {"9223372036854775808.0", false},
                                                                {"9007199254740992.0", true},
                                                                {"9007199254740994.0", false},
                                                                {"123456789012345678901234567890", false}}) {
    const auto r = read<everything>(R"({"id":"a","number":)" + number + "}");
    EXPECT_EQ(faults_of(r), fits ? "accepted" : "/number out_of_range") << number;
  }
}

struct hostile {
  std::string_view name;
  std::string text;
};
void PrintTo(const hostile& c, std::ostream* out) { *out << c.name; }
class json_malformed : public testing::TestWithParam<hostile> {};
TEST_P(json_malformed, is_refused_with_its_place) {
  const auto r = read<raw>(GetParam().text);
  ASSERT_FALSE(r.has_value()) << r->text;
  EXPECT_EQ(r.error().code, errc::malformed);
  EXPECT_TRUE(r.error().faults.empty());
  EXPECT_THAT(r.error().detail, testing::MatchesRegex("This is not valid JSON: .+ at byte [0-9]+\\."));
}

std::string repeat(std::string_view piece, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += piece;
  return all;
}

INSTANTIATE_TEST_SUITE_P(
    table, json_malformed,
    testing::Values(
        hostile{"nothing", ""}, hostile{"spaces", "  \n\t "}, hostile{"word", "hello"},
        hostile{"bom", "\xEF\xBB\xBF{}"}, hostile{"utf16", std::string{"\xFF\xFE{\0}\0", 6}},
        hostile{"trailing_comma", R"({"a":1,})"}, hostile{"trailing_array_comma", "[1,]"},
        hostile{"trailing_bytes", "{} x"}, hostile{"second_value", "{}{}"},
        hostile{"trailing_nul", std::string{"{}\0", 3}}, hostile{"comment", "{/* */}"},
        hostile{"line_comment", "{} // x"}, hostile{"single_quotes", "{'a':1}"}, hostile{"bare_name", "{a:1}"},
        hostile{"unclosed_object", R"({"a":1)"}, hostile{"unclosed_array", "[1"}, hostile{"unclosed_string", R"(["a)"},
        hostile{"unclosed_escape", "[\"\\"}, hostile{"wrong_close", "[1}"}, hostile{"no_value", R"({"a"})"},
        hostile{"no_value_after_colon", R"({"a":})"}, hostile{"nan", "[NaN]"}, hostile{"infinity", "[Infinity]"},
        hostile{"minus", "[-]"}, hostile{"plus", "[+1]"}, hostile{"leading_zero", "[01]"},
        hostile{"no_digits_after_point", "[1.]"}, hostile{"no_digits_before_point", "[.5]"},
        hostile{"no_exponent", "[1e]"}, hostile{"hex", "[0x10]"}, hostile{"True", "[True]"},
        hostile{"cut_literal", "[tru]"}, hostile{"raw_newline_in_text", "[\"a\nb\"]"},
        hostile{"raw_nul_in_text", std::string{"[\"a\0b\"]", 7}}, hostile{"raw_tab_in_text", "[\"a\tb\"]"},
        hostile{"unknown_escape", R"(["\x41"])"}, hostile{"short_escape", R"(["\u12"])"},
        hostile{"no_hex_escape", R"(["\u12g4"])"}, hostile{"lone_high_surrogate", R"(["\ud83d"])"},
        hostile{"lone_low_surrogate", R"(["\ude00"])"}, hostile{"high_then_text", R"(["\ud83dx"])"},
        hostile{"high_then_high", R"(["\ud83d\ud83d"])"}, hostile{"high_then_other_escape", R"(["\ud83d\n"])"},
        hostile{"utf8_lone_continuation", "[\"\x80\"]"}, hostile{"utf8_cut", "[\"\xC3\"]"},
        hostile{"utf8_overlong_slash", "[\"\xC0\xAF\"]"}, hostile{"utf8_overlong_nul", "[\"\xC0\x80\"]"},
        hostile{"utf8_overlong_3", "[\"\xE0\x80\xAF\"]"}, hostile{"utf8_surrogate", "[\"\xED\xA0\x80\"]"},
        hostile{"utf8_beyond_10ffff", "[\"\xF4\x90\x80\x80\"]"}, hostile{"utf8_fe", "[\"\xFE\"]"},
        hostile{"latin1", "[\"caf\xE9\"]"}, hostile{"utf8_bad_in_name", "{\"\xFF\":1}"},
        hostile{"depth_33", repeat("[", 33) + repeat("]", 33)},
        hostile{"depth_10000", repeat("[", 10'000) + repeat("]", 10'000)},
        hostile{"depth_10000_unclosed", repeat("[", 10'000)},
        hostile{"depth_10000_objects", repeat("{\"a\":", 10'000) + "1" + repeat("}", 10'000)}),
    [](const auto& made) { return std::string{made.param.name}; });

TEST(json_read, takes_exactly_the_allowed_depth) {
  EXPECT_TRUE(read<raw>(repeat("[", 32) + repeat("]", 32)).has_value());
  EXPECT_FALSE(read<raw>("[[[]]]", {.depth = 2}).has_value());
  EXPECT_TRUE(read<raw>("[[]]", {.depth = 2}).has_value());
}

TEST(json_read, bounds_arrays_objects_and_values_in_all) {
  const limits few{.members = 3};
  EXPECT_EQ(faults_of(read<std::vector<int>>("[1,2,3]", few)), "accepted");
  EXPECT_EQ(faults_of(read<std::vector<int>>("[1,2,3,4]", few)), " too_many");
  EXPECT_EQ(faults_of(read<raw>(R"({"a":[1,2,3,4]})", few)), "/a too_many");
  EXPECT_EQ(faults_of(read<std::map<std::string, int>>(R"({"a":1,"b":2,"c":3,"d":4})", few)), " too_many");
  EXPECT_EQ(faults_of(read<raw>("[[1,2,3],[1,2,3],[" + repeat("1,", 40) + "1]]", few)), " too_many");
}

TEST(json_read, lists_a_hundred_faults_at_most_and_counts_the_rest) {
  std::string text = R"({"id":"a","number":1)";
  for (int i = 0; i < 250; ++i) text += ",\"unknown" + std::to_string(i) + "\":0";
  const auto r = read<everything>(text + "}");
  ASSERT_EQ(r.error().faults.size(), 101U);
  EXPECT_EQ(r.error().faults.back().code, "too_many_faults");
  EXPECT_EQ(r.error().faults.back().detail, "There are 150 more faults than are listed.");
  EXPECT_EQ(r.error().detail, "The request has 250 faults.");
}

TEST(json_read, cuts_long_names_between_characters) {
  const auto r = read_with(",\"x" + repeat("é", 100'000) + "\":1");
  ASSERT_EQ(r.error().faults.size(), 1U);
  EXPECT_EQ(r.error().faults[0].pointer, "/x" + repeat("é", 59) + "…");
}

TEST(json_read, takes_scalars_at_the_top) {
  EXPECT_EQ(*read<int>("7"), 7);
  EXPECT_EQ(*read<int>(" 123456 "), 123456);
  EXPECT_EQ(*read<std::string>("\"a\""), "a");
  EXPECT_EQ(read<raw>("12.5")->text, "12.5");
  EXPECT_EQ(faults_of(read<everything>("[]")), " wrong_type");
  EXPECT_EQ(faults_of(read<everything>("null")), " wrong_type");
}

TEST(json_read, keeps_long_escaped_strings_whole) {
  for (const std::size_t length : {1U, 15U, 63U, 1'000U, 4'095U, 4'096U, 4'097U, 100'000U}) {
    const auto plain = repeat("x", length);
    std::string escaped = "\"" + repeat("x", length) + R"(\n)" + repeat("y", length) + "\\u00e9\"";
    EXPECT_EQ(*read<std::string>(escaped), plain + "\n" + repeat("y", length) + "é") << length;
    const auto in_object = read<std::map<std::string, std::string>>("{" + escaped + ":" + escaped + "}");
    EXPECT_EQ(in_object->begin()->first, in_object->begin()->second);
    EXPECT_EQ(in_object->begin()->first.size(), 2 * length + 3);
  }
}

TEST(read_checked, names_faults_of_types_and_of_rules_together) {
  const auto rules = [](const point& p) {
    std::vector<fault> found;
    if (p.x < 1) found.push_back({"/x", "too_small", "x is at least 1"});
    if (p.y < 1) found.push_back({"/y", "too_small", "y is at least 1"});
    return found;
  };
  EXPECT_EQ(faults_of(read_checked<point>(R"({"x":1,"y":1})", rules)), "accepted");
  EXPECT_EQ(faults_of(read_checked<point>(R"({"x":0,"y":-1})", rules)), "/x too_small, /y too_small");
  EXPECT_EQ(faults_of(read_checked<point>(R"({"x":"one","y":0,"z":1})", rules)),
            "/x wrong_type, /z unknown_member, /y too_small");
  EXPECT_EQ(faults_of(read_checked<point>(R"({"y":0})", rules)), "/x required, /y too_small");
  EXPECT_EQ(faults_of(read_checked<point>("[]", rules)), " wrong_type");
  EXPECT_EQ(faults_of(read_checked<point>("[", rules)), "malformed");
}

TEST(read, passes_over_unknown_members_only_when_told_to) {
  EXPECT_EQ(faults_of(read<point>(R"({"x":1,"y":1,"z":{"a":1}})")), "/z unknown_member");
  EXPECT_EQ(faults_of(read<point>(R"({"x":1,"y":1,"z":{"a":1}})", {.unknown_members = true})), "accepted");
}

}  // namespace
}  // namespace cumulo::json
