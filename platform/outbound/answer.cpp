#include "platform/outbound/answer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>

namespace cumulo::outbound {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

bool is_same_name(std::string_view given, std::string_view lower_case) {
  return std::equal(given.begin(), given.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

}  // namespace

std::optional<std::string_view> field(std::string_view headers, std::string_view lower_case_name) {
  std::optional<std::string_view> found;
  while (!headers.empty()) {
    const auto end = std::min(headers.find('\n'), headers.size());
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(std::min(end + 1, headers.size()));
    if (line.starts_with("HTTP/")) found.reset();
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || found) continue;
    if (is_same_name(line.substr(0, colon), lower_case_name)) found = trimmed(line.substr(colon + 1));
  }
  return found;
}

std::optional<std::chrono::seconds> retry_after(std::string_view headers, instant now) {
  const auto value = field(headers, "retry-after");
  if (!value || value->empty()) return std::nullopt;
  constexpr std::int64_t longest = 31LL * 24 * 3600;
  std::int64_t seconds = 0;
  const auto* end = value->data() + value->size();
  const auto [stop, failed] = std::from_chars(value->data(), end, seconds);
  if (failed == std::errc::result_out_of_range && stop == end) seconds = longest;
  if (stop != end) {
    const std::string date{*value};
    const auto at = curl_getdate(date.c_str(), nullptr);
    if (at < 0) return std::nullopt;
    seconds = static_cast<std::int64_t>(at) - to_millis(now) / 1000;
  }
  return std::chrono::seconds{std::clamp<std::int64_t>(seconds, 0, longest)};
}

}  // namespace cumulo::outbound
