#pragma once
// Described struct → JSON text, appended straight to a buffer (0.4 µs for a task; value_from + serialize takes 2).
//
// std::optional: null when empty. json::member: left out when absent. json::raw: its text as it stands. instant: RFC
// 3339. Enums by name (trailing underscore dropped). Strings must be UTF-8.
#include <string>
#include <string_view>

#include "platform/core/clock.hpp"
#include "platform/json/member.hpp"

namespace cumulo::json {

template <class T>
void write(std::string& out, const T& value);

template <class T>
[[nodiscard]] std::string to_text(const T& value) {
  std::string out;
  write(out, value);
  return out;
}

/// The quoted, escaped form of one string: for writers that go from database rows to text without a struct.
void write_string(std::string& out, std::string_view text);

}  // namespace cumulo::json

#include "platform/json/write_impl.hpp"
