#include "platform/core/clock.hpp"

#include <gtest/gtest.h>

namespace cumulo {
namespace {

struct rfc3339_case {
  std::string_view text;
  std::optional<std::string_view> expected;  ///< written back; nothing if it must be refused
};

void PrintTo(const rfc3339_case& c, std::ostream* out) { *out << c.text; }

class rfc3339 : public testing::TestWithParam<rfc3339_case> {};

TEST_P(rfc3339, is_read_exactly_or_refused) {
  const auto read = parse_rfc3339(GetParam().text);
  ASSERT_EQ(read.has_value(), GetParam().expected.has_value()) << GetParam().text;
  if (read) {
    EXPECT_EQ(to_rfc3339(*read), *GetParam().expected);
  }
}

constexpr auto refused = std::nullopt;
INSTANTIATE_TEST_SUITE_P(
    table, rfc3339,
    testing::Values(rfc3339_case{"2026-12-01T16:00:00Z", "2026-12-01T16:00:00.000Z"},
                    rfc3339_case{"2026-12-01t16:00:00z", "2026-12-01T16:00:00.000Z"},
                    rfc3339_case{"2026-12-01T16:00:00.5Z", "2026-12-01T16:00:00.500Z"},
                    rfc3339_case{"2026-12-01T16:00:00.999999999Z", "2026-12-01T16:00:00.999Z"},
                    rfc3339_case{"2026-12-01T16:00:00.9999999999Z", refused},
                    rfc3339_case{"2026-12-01T16:00:00.Z", refused}, rfc3339_case{"2026-12-01T16:00:00,5Z", refused},
                    rfc3339_case{"2026-12-01T17:30:00+01:30", "2026-12-01T16:00:00.000Z"},
                    rfc3339_case{"2026-12-01T14:30:00-01:30", "2026-12-01T16:00:00.000Z"},
                    rfc3339_case{"2026-12-01T16:00:00-00:00", "2026-12-01T16:00:00.000Z"},
                    rfc3339_case{"2026-12-01T00:00:00+23:59", "2026-11-30T00:01:00.000Z"},
                    rfc3339_case{"2026-12-01T16:00:00+24:00", refused},
                    rfc3339_case{"2026-12-01T16:00:00+01:60", refused},
                    rfc3339_case{"2026-12-01T16:00:00+0100", refused}, rfc3339_case{"2026-12-01T16:00:00+01", refused},
                    rfc3339_case{"2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"},
                    rfc3339_case{"2026-02-29T00:00:00Z", refused}, rfc3339_case{"2100-02-29T00:00:00Z", refused},
                    rfc3339_case{"2026-04-31T00:00:00Z", refused}, rfc3339_case{"2026-13-01T00:00:00Z", refused},
                    rfc3339_case{"2026-00-01T00:00:00Z", refused}, rfc3339_case{"2026-01-00T00:00:00Z", refused},
                    rfc3339_case{"2026-12-01T24:00:00Z", refused}, rfc3339_case{"2026-12-01T23:60:00Z", refused},
                    rfc3339_case{"2026-12-31T23:59:60Z", refused}, rfc3339_case{"2026-12-01T16:00:00", refused},
                    rfc3339_case{"2026-12-01T16:00Z", refused}, rfc3339_case{"2026-12-01 16:00:00Z", refused},
                    rfc3339_case{"2026-12-01", refused}, rfc3339_case{"", refused},
                    rfc3339_case{" 2026-12-01T16:00:00Z", refused}, rfc3339_case{"2026-12-01T16:00:00Z ", refused},
                    rfc3339_case{"2026-12-01T16:00:00ZZ", refused}, rfc3339_case{"+2026-12-01T16:00:00Z", refused},
                    rfc3339_case{"20261-12-01T16:00:00Z", refused}, rfc3339_case{"2026-1-01T16:00:00Z", refused},
                    rfc3339_case{"٢026-12-01T16:00:00Z", refused}, rfc3339_case{"0000-12-31T23:59:59Z", refused},
                    rfc3339_case{"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"},
                    rfc3339_case{"0001-01-01T00:00:00+00:01", refused},
                    rfc3339_case{"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
                    rfc3339_case{"9999-12-31T23:59:59-00:01", refused},
                    rfc3339_case{"1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"}));

TEST(rfc3339_round_trip, every_step_of_a_walk_through_ten_millennia) {
  constexpr std::int64_t step = 86'400'000LL * 13 + 12'345'678;
  const auto last = to_millis(*parse_rfc3339("9999-12-31T23:59:59.999Z"));
  for (auto ms = to_millis(*parse_rfc3339("0001-01-01T00:00:00Z")); ms <= last; ms += step) {
    ASSERT_EQ(parse_rfc3339(to_rfc3339(from_millis(ms))), from_millis(ms)) << ms;
  }
}

TEST(rfc3339_writing, stays_four_digit_years_outside_the_range) {
  EXPECT_EQ(to_rfc3339(from_millis(std::numeric_limits<std::int64_t>::max())), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(to_rfc3339(from_millis(std::numeric_limits<std::int64_t>::min())), "0001-01-01T00:00:00.000Z");
}

TEST(system_clock_now, is_the_present) {
  const auto before = std::chrono::system_clock::now() - std::chrono::milliseconds{1};
  const auto now = system_clock().now();
  EXPECT_GE(now, before);
  EXPECT_LE(now, std::chrono::system_clock::now());
}

}  // namespace
}  // namespace cumulo
