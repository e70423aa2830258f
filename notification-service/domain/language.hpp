#pragma once
// The languages that the service writes in.
#include <optional>
#include <string>

namespace cumulo::notifications {

enum class language { english, german };

/// By a locale as accounts hold it ("de", "de-CH", "de_AT"): English for all that there are no texts for.
[[nodiscard]] inline language language_of(const std::optional<std::string>& locale) {
  const bool is_german = locale && (*locale == "de" || locale->starts_with("de-") || locale->starts_with("de_"));
  return is_german ? language::german : language::english;
}

}  // namespace cumulo::notifications
