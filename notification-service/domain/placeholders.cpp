#include "notification-service/domain/placeholders.hpp"

#include <algorithm>

namespace cumulo::notifications {

namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

}  // namespace

filled_text fill(std::string_view text, const placeholder_values& values) {
  filled_text out;
  while (!text.empty()) {
    const std::size_t start = text.find("{{");
    const std::size_t end = start == std::string_view::npos ? start : text.find("}}", start);
    if (end == std::string_view::npos) break;
    out.text += text.substr(0, start);
    const std::string_view name = trimmed(text.substr(start + 2, end - start - 2));
    const auto value = values.find(name);
    if (!is_name(name)) {
      out.text += '{';
      text.remove_prefix(start + 1);
      continue;
    }
    if (value != values.end()) {
      out.text += value->second;
    } else if (std::ranges::find(out.unknown, name) == out.unknown.end()) {
      out.unknown.emplace_back(name);
    }
    text.remove_prefix(end + 2);
  }
  out.text += text;
  return out;
}

}  // namespace cumulo::notifications
