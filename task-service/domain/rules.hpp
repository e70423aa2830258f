#pragma once
// Rules that tasks and projects share.
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/result.hpp"

namespace cumulo::tasks {

/// The trimmed text, with a fault for each broken rule: not empty, at most `longest` code points, no control
/// characters.
[[nodiscard]] std::string check_line(std::string_view text, std::string_view pointer, std::size_t longest,
                                     std::vector<fault>& faults);
/// At most `longest` bytes, no control characters but tabs and line ends.
void check_description(std::string_view text, std::size_t longest, std::vector<fault>& faults);

/// errc::invalid holding `faults`.
[[nodiscard]] error invalid(std::vector<fault> faults);

}  // namespace cumulo::tasks
