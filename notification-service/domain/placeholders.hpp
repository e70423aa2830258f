#pragma once
// {{name}} in a message's texts, filled with its sender's values.
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cumulo::notifications {

using placeholder_values = std::map<std::string, std::string, std::less<>>;

struct filled_text {
  std::string text;
  std::vector<std::string> unknown{};  ///< names without a value, each once
};

/// Replaces {{name}} (letters, digits, "_", and spaces around it); everything else stays, and values are not searched
/// again. Plain text: each channel escapes the outcome as it escapes any text.
[[nodiscard]] filled_text fill(std::string_view text, const placeholder_values& values);

}  // namespace cumulo::notifications
