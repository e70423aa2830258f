#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cumulo {

/// A point in time as stored (BIGINT milliseconds since 1970 UTC) and as sent (RFC 3339 with milliseconds and Z).
using instant = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] constexpr std::int64_t to_millis(instant t) { return t.time_since_epoch().count(); }
[[nodiscard]] constexpr instant from_millis(std::int64_t ms) { return instant{std::chrono::milliseconds{ms}}; }

/// "2026-12-01T16:00:00.000Z". Instants outside the years 0001–9999 are written as the nearest one inside.
[[nodiscard]] std::string to_rfc3339(instant t);
/// The same for hot paths.
using rfc3339_text = std::array<char, 24>;
[[nodiscard]] rfc3339_text rfc3339_of(instant t);
void append_rfc3339(std::string& out, instant t);

/// RFC 3339 with any offset and up to nine fractional digits (truncated to milliseconds); nothing if malformed, if the
/// date does not exist, or outside the years 0001–9999. A leap second (:60) is refused.
[[nodiscard]] std::optional<instant> parse_rfc3339(std::string_view text);

/// Where the present comes from, so that tests can move it. Safe to call from any thread.
class clock {
 public:
  virtual ~clock() = default;
  [[nodiscard]] virtual instant now() const = 0;
};

/// The machine's clock.
[[nodiscard]] const clock& system_clock();

}  // namespace cumulo
