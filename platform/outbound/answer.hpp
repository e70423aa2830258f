#pragma once
// Reading what was answered. No I/O.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "platform/core/clock.hpp"

namespace cumulo::outbound {

/// Value of a field (name in lower case) in exchange::headers; of several answers' (100 Continue) the last one's.
[[nodiscard]] std::optional<std::string_view> field(std::string_view headers, std::string_view lower_case_name);

/// How long Retry-After (seconds or a date, RFC 9110 §10.2.3) asks to wait; never negative.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(std::string_view headers, instant now);

}  // namespace cumulo::outbound
