#pragma once
// The texts of option values and their types; private to config*.cpp.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/config.hpp"

namespace cumulo::config_value {

[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> to_number(std::string_view text);
[[nodiscard]] std::optional<bool> to_boolean(std::string_view text);
[[nodiscard]] std::optional<std::chrono::milliseconds> to_duration(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> to_size(std::string_view text);
[[nodiscard]] std::vector<std::string> to_list(std::string_view text);

/// Why the text is no value of this option; empty if it is one. Never repeats a secret.
[[nodiscard]] std::string reason_against(const option& described, std::string_view text);

[[nodiscard]] std::string_view name_of(option_type type);
/// "database-url" → "CUMULO_DATABASE_URL".
[[nodiscard]] std::string variable_of(std::string_view option_name);

}  // namespace cumulo::config_value
