#include "platform/core/config_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace cumulo::config_value {
namespace {

constexpr std::int64_t most_of_a_number = 1'000'000'000;

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

/// "15m" with units of the smallest one; a bare number is allowed where `bare` names its unit's factor.
std::optional<std::uint64_t> to_quantity(std::string_view text, std::span<const unit> units, std::uint64_t bare) {
  std::uint64_t number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end == text.data()) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  std::uint64_t factor = suffix.empty() ? (number == 0 ? 1 : bare) : 0;
  for (const unit& each : units) {
    if (each.name == suffix) factor = each.factor;
  }
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (factor == 0 || number > most / factor) return std::nullopt;
  return number * factor;
}

}  // namespace

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<bool> to_boolean(std::string_view text) {
  if (text == "true" || text == "yes" || text == "on" || text == "1") return true;
  if (text == "false" || text == "no" || text == "off" || text == "0") return false;
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> to_duration(std::string_view text) {
  static constexpr std::array<unit, 5> units{
      {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
  const auto quantity = to_quantity(text, units, 0);
  if (!quantity) return std::nullopt;
  return std::chrono::milliseconds{static_cast<std::int64_t>(*quantity)};
}

std::optional<std::uint64_t> to_size(std::string_view text) {
  static constexpr std::array<unit, 5> units{
      {{"B", 1}, {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U}, {"TiB", 1ULL << 40U}}};
  return to_quantity(text, units, 1);
}

std::vector<std::string> to_list(std::string_view text) {
  std::vector<std::string> all;
  while (!text.empty()) {
    const auto comma = std::min(text.find(','), text.size());
    const std::string_view element = trim(text.substr(0, comma));
    if (!element.empty()) all.emplace_back(element);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return all;
}

std::string reason_against(const option& described, std::string_view text) {
  const auto is_choice = [&](std::string_view value) { return std::ranges::count(described.choices, value) > 0; };
  bool fits = true;
  std::string wanted;
  switch (described.type) {
    case option_type::text:
    case option_type::secret: break;
    case option_type::number: {
      const auto number = to_number(text);
      fits = number && *number >= described.least && *number <= most_of_a_number;
      wanted = "a whole number";
      if (number) wanted += " from " + std::to_string(described.least) + " to " + std::to_string(most_of_a_number);
      break;
    }
    case option_type::boolean:
      fits = to_boolean(text).has_value();
      wanted = "true or false";
      break;
    case option_type::duration:
      fits = to_duration(text).has_value();
      wanted = "a duration such as 250ms, 30s, 15m, 24h or 30d";
      break;
    case option_type::size:
      fits = to_size(text).has_value();
      wanted = "a size such as 4096, 16KiB, 1MiB or 2GiB";
      break;
    case option_type::list: fits = described.choices.empty() || std::ranges::all_of(to_list(text), is_choice); break;
  }
  if (fits && !described.choices.empty() && described.type != option_type::list) fits = is_choice(text);
  if (fits) return {};
  if (!described.choices.empty()) {
    wanted = described.type == option_type::list ? "any of" : "one of";
    for (const auto choice : described.choices)
      wanted += (wanted.size() > 6 ? ", " : " ") + (choice.empty() ? "(empty)" : std::string{choice});
  }
  if (described.type == option_type::secret) return "must be " + wanted;
  return "must be " + wanted + ", not \"" + std::string{text} + "\"";
}

std::string_view name_of(option_type type) {
  switch (type) {
    case option_type::text: return "text";
    case option_type::number: return "number";
    case option_type::boolean: return "boolean";
    case option_type::duration: return "duration";
    case option_type::size: return "size";
    case option_type::secret: return "secret";
    case option_type::list: return "list";
  }
  return "text";
}

std::string variable_of(std::string_view option_name) {
  std::string variable = "CUMULO_";
  for (const char c : option_name) {
    variable += c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return variable;
}

}  // namespace cumulo::config_value
