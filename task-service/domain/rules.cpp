#include "task-service/domain/rules.hpp"

#include "task-service/domain/text.hpp"

namespace cumulo::tasks {

std::string check_line(std::string_view text, std::string_view pointer, std::size_t longest,
                       std::vector<fault>& faults) {
  const std::string_view trimmed = trim(text);
  if (trimmed.empty()) faults.push_back({std::string{pointer}, "empty", "It must not be empty."});
  if (count_code_points(trimmed) > longest) {
    faults.push_back({std::string{pointer}, "too_long", "At most " + std::to_string(longest) + " characters."});
  }
  if (has_control_character(trimmed)) {
    faults.push_back({std::string{pointer}, "control_character", "It must not hold control characters."});
  }
  return std::string{trimmed};
}

void check_description(std::string_view text, std::size_t longest, std::vector<fault>& faults) {
  if (text.size() > longest) {
    faults.push_back({"/description", "too_long", "At most " + std::to_string(longest) + " bytes of UTF-8."});
  }
  if (has_control_character(text, true)) {
    faults.push_back({"/description", "control_character", "No control characters but tabs and line ends."});
  }
}

error invalid(std::vector<fault> faults) {
  return {errc::invalid, faults.size() == 1 ? faults.front().detail : "The request breaks several rules.",
          std::move(faults)};
}

}  // namespace cumulo::tasks
