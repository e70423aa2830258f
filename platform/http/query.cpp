#include "platform/http/query.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "platform/http/url.hpp"

namespace cumulo::http {
namespace {

constexpr std::string_view base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string encode_base64url(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out += base64url[(bits >> count) & 63U];
    }
  }
  if (count > 0) out += base64url[(bits << (6 - count)) & 63U];
  return out;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : text) {
    const auto value = base64url.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 255U);
    }
  }
  if ((bits & ((1U << count) - 1U)) != 0) return std::nullopt;  // only the canonical text
  return out;
}

}  // namespace

query_reader::query_reader(const request& r) : request_(r) {}

void query_reader::fail(std::string_view name, std::string code, std::string detail) {
  faults_.push_back({"?" + std::string{name}, std::move(code), std::move(detail)});
}

std::optional<std::string> query_reader::text(std::string_view name, std::size_t max_length) {
  known_.emplace_back(name);
  std::optional<std::string> value;
  std::size_t seen = 0;
  for (const auto& [known, text] : request_.query_parameters()) {
    if (known == name && ++seen == 1) value = text;
  }
  if (seen > 1) fail(name, "repeated", "May be given once.");
  const auto begins_character = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; };
  if (value && static_cast<std::size_t>(std::count_if(value->begin(), value->end(), begins_character)) > max_length) {
    fail(name, "too_long", "At most " + std::to_string(max_length) + " characters.");
    return std::nullopt;
  }
  return value;
}

std::vector<std::string> query_reader::list(std::string_view name, std::size_t max_items) {
  known_.emplace_back(name);
  std::vector<std::string> items;
  for (const auto& [known, text] : request_.query_parameters()) {
    if (known != name) continue;
    std::string_view rest = text;
    while (!rest.empty()) {
      const auto end = rest.find(',');
      const auto one = trim(rest.substr(0, end));
      if (!one.empty()) items.emplace_back(one);
      if (end == std::string_view::npos) break;
      rest.remove_prefix(end + 1);
    }
  }
  if (items.size() > max_items) {
    fail(name, "too_many", "At most " + std::to_string(max_items) + " values.");
    items.clear();
  }
  return items;
}

std::optional<std::int64_t> query_reader::number(std::string_view name, std::int64_t least, std::int64_t most) {
  const auto given = text(name, 40);
  if (!given) return std::nullopt;
  std::int64_t value = 0;
  const auto* end = given->data() + given->size();
  const auto [stop, failure] = std::from_chars(given->data(), end, value);
  if (failure == std::errc::result_out_of_range && stop == end) {
    fail(name, "out_of_range", "From " + std::to_string(least) + " to " + std::to_string(most) + ".");
    return std::nullopt;
  }
  if (failure != std::errc{} || stop != end) {
    fail(name, "wrong_type", "A whole number.");
    return std::nullopt;
  }
  if (value < least || value > most) {
    fail(name, "out_of_range", "From " + std::to_string(least) + " to " + std::to_string(most) + ".");
    return std::nullopt;
  }
  return value;
}

std::optional<bool> query_reader::boolean(std::string_view name) {
  const auto given = text(name, 40);
  if (!given) return std::nullopt;
  if (*given == "true" || *given == "1") return true;
  if (*given == "false" || *given == "0") return false;
  fail(name, "wrong_type", "true or false.");
  return std::nullopt;
}

int query_reader::limit() {
  static constexpr std::int64_t most = 200;
  return static_cast<int>(number("limit", 1, most).value_or(50));
}

result<> query_reader::finish() const {
  auto faults = faults_;
  std::vector<std::string> reported;
  for (const auto& [name, value] : request_.query_parameters()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    if (std::find(reported.begin(), reported.end(), name) != reported.end()) continue;
    reported.push_back(name);
    faults.push_back({"?" + name, "unknown_parameter", "This list has no such parameter."});
  }
  if (faults.empty()) return {};
  return error{errc::invalid, "The query has parameters that cannot be used.", std::move(faults), {}};
}

// kind, then each field, as length:bytes, so that no content can be taken for a boundary.
std::string make_cursor(std::string_view kind, const std::vector<std::string>& fields) {
  std::string plain;
  const auto add = [&](std::string_view text) { plain.append(std::to_string(text.size())).append(":").append(text); };
  add(kind);
  for (const auto& f : fields) add(f);
  return encode_base64url(plain);
}

std::optional<std::vector<std::string>> read_cursor(std::string_view cursor, std::string_view kind,
                                                    std::size_t fields) {
  static constexpr std::size_t longest = 4096;
  if (cursor.size() > longest) return std::nullopt;
  const auto plain = decode_base64url(cursor);
  if (!plain || !is_utf8(*plain) || plain->find('\0') != std::string::npos) return std::nullopt;
  std::vector<std::string> parts;
  std::string_view rest = *plain;
  while (!rest.empty()) {
    const auto colon = rest.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon > 4) return std::nullopt;
    std::size_t length = 0;
    const auto [stop, failure] = std::from_chars(rest.data(), rest.data() + colon, length);
    if (failure != std::errc{} || stop != rest.data() + colon) return std::nullopt;
    if (rest[0] == '0' && colon > 1) return std::nullopt;
    rest.remove_prefix(colon + 1);
    if (length > rest.size()) return std::nullopt;
    parts.emplace_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  if (parts.size() != fields + 1 || parts.front() != kind) return std::nullopt;
  parts.erase(parts.begin());
  return parts;
}

void link_next(const request& r, response& out, std::string_view next_cursor) {
  std::string value{"<"};
  const auto target = r.target();
  const auto mark = target.find('?');
  value.append(target.substr(0, mark));
  value += '?';
  for (const auto& [name, text] : r.query_parameters()) {
    if (name == "cursor") continue;
    percent_encode(value, name);
    value += '=';
    percent_encode(value, text);
    value += '&';
  }
  value.append("cursor=");
  percent_encode(value, next_cursor);
  value.append(">; rel=\"next\"");
  out.header("Link", value);
}

}  // namespace cumulo::http
