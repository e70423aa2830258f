#include "platform/http/message.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

#include "platform/http/url.hpp"

namespace cumulo::http {
namespace {

/// Both halves of the product, folded: every bit of either factor reaches every bit of it.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  __extension__ using wide = unsigned __int128;
  const wide product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

std::uint64_t word_at(std::string_view bytes, std::size_t at) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, std::min<std::size_t>(8, bytes.size() - at));
  return word;
}

/// Weak comparison (RFC 9110 §8.8.3.2) of a list of tags with one opaque value.
bool names_tag(std::string_view list, std::string_view opaque) {
  while (!list.empty()) {
    list = trim(list);
    if (list.substr(0, 2) == "W/") list.remove_prefix(2);
    if (list.empty() || list.front() != '"') {
      const auto comma = list.find(',');
      if (comma == std::string_view::npos) return false;
      list.remove_prefix(comma + 1);
      continue;
    }
    const auto end = list.find('"', 1);
    if (end == std::string_view::npos) return false;
    if (list.substr(1, end - 1) == opaque) return true;
    list.remove_prefix(end + 1);
    list = trim(list);
    if (!list.empty() && list.front() == ',') list.remove_prefix(1);
  }
  return false;
}

}  // namespace

std::string content_hash(std::string_view bytes) {
  static constexpr std::array<std::uint64_t, 4> keys{0xA0761D6478BD642FULL, 0xE7037ED1A0B428DBULL,
                                                     0x8EBC6AF09C88C6E3ULL, 0x589965CC75374CC3ULL};
  // Four lanes, so that no multiplication waits for the one before it: 20 kB take 1 µs.
  std::array<std::uint64_t, 4> lanes{keys[1], keys[2], keys[3], keys[0] ^ bytes.size()};
  std::size_t i = 0;
  for (; i + 64 <= bytes.size(); i += 64) {
    for (std::size_t k = 0; k < lanes.size(); ++k) {
      std::array<std::uint64_t, 2> words;
      std::memcpy(words.data(), bytes.data() + i + 16 * k, sizeof words);
      lanes[k] = fold(words[0] ^ keys[k], words[1] ^ lanes[k]);
    }
  }
  for (std::size_t k = 0; i < bytes.size(); i += 8, k = (k + 1) % lanes.size()) {
    lanes[k] = fold(word_at(bytes, i) ^ keys[k], lanes[k]) + lanes[(k + 1) % lanes.size()];
  }
  const std::uint64_t a = fold(lanes[0] ^ keys[2], lanes[1]) ^ fold(lanes[2] ^ keys[3], lanes[3]);
  const std::uint64_t b = fold(lanes[0] ^ keys[0], lanes[2] + a) ^ fold(lanes[1] ^ keys[1], lanes[3]);
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text(32, '0');
  for (std::size_t k = 0; k < 16; ++k) {
    text[k] = digits[(a >> (4 * k)) & 15U];
    text[16 + k] = digits[(b >> (4 * k)) & 15U];
  }
  return text;
}

std::string_view to_text(verb v) {
  switch (v) {
    case verb::get: return "GET";
    case verb::head: return "HEAD";
    case verb::post: return "POST";
    case verb::put: return "PUT";
    case verb::patch: return "PATCH";
    case verb::delete_: return "DELETE";
    case verb::options: return "OPTIONS";
  }
  return "";
}

std::string_view header_fields::find(std::string_view lower_case_name) const {
  const field* first = nullptr;
  std::string* all = nullptr;
  for (const auto& f : fields_) {
    if (f.name.size() != lower_case_name.size() || !equal_ignoring_case(f.name, lower_case_name)) continue;
    if (first == nullptr) {
      first = &f;
      continue;
    }
    if (all == nullptr) all = &joined_.emplace_back(first->value);
    // Cookies are the exception (RFC 6265 §5.4).
    all->append(lower_case_name == "cookie" ? "; " : ", ").append(f.value);
  }
  if (all != nullptr) return *all;
  return first != nullptr ? first->value : std::string_view{};
}

std::size_t header_fields::count(std::string_view lower_case_name) const {
  std::size_t n = 0;
  for (const auto& f : fields_) n += equal_ignoring_case(f.name, lower_case_name) ? 1U : 0U;
  return n;
}

std::string_view request::path_parameter(std::string_view name) const {
  for (const auto& [known, value] : path_parameters_) {
    if (known == name) return value;
  }
  throw std::logic_error("the route " + std::string{route_} + " has no parameter " + std::string{name});
}

const std::vector<std::pair<std::string, std::string>>& request::query_parameters() const {
  if (!query_parsed_) {
    query_parameters_ = parse_query(query_);
    query_parsed_ = true;
  }
  return query_parameters_;
}

std::optional<std::string_view> request::query(std::string_view name) const {
  for (const auto& [known, value] : query_parameters()) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::string_view request::header(std::string_view lower_case_name) const {
  return fields_ != nullptr ? fields_->find(lower_case_name) : std::string_view{};
}

bool request::has_header(std::string_view lower_case_name) const {
  return fields_ != nullptr && fields_->count(lower_case_name) != 0;
}

std::string_view request::cookie(std::string_view name) const {
  auto rest = header("cookie");
  while (!rest.empty()) {
    const auto end = rest.find(';');
    const auto one = trim(rest.substr(0, end));
    const auto equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(0, equals) == name) {
      auto value = one.substr(equals + 1);
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      return value;
    }
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return {};
}

void response::header(std::string_view name, std::string_view value) {
  static constexpr std::string_view forbidden{"\r\n\0", 3};
  if (name.empty() || name.find_first_of(forbidden) != std::string_view::npos ||
      value.find_first_of(forbidden) != std::string_view::npos) {
    throw std::logic_error("a response field with a line break: " + std::string{name});
  }
  if (equal_ignoring_case(name, "cache-control")) sets_ |= sets_cache_control;
  if (equal_ignoring_case(name, "content-security-policy")) sets_ |= sets_policy;
  if (equal_ignoring_case(name, "content-encoding")) sets_ |= sets_encoding;
  if (equal_ignoring_case(name, "x-frame-options")) sets_ |= sets_frames;
  if (equal_ignoring_case(name, "referrer-policy")) sets_ |= sets_referrer;
  if (equal_ignoring_case(name, "content-type")) {
    content_type_.assign(value);
    return;
  }
  if (equal_ignoring_case(name, "vary")) {  // one field, with what the server adds
    if (!vary_.empty()) vary_ += ", ";
    vary_ += value;
    return;
  }
  fields_.append(name).append(": ").append(value).append("\r\n");
}

bool response::etag(const request& r, std::string_view opaque) {
  etag_.assign(opaque);
  if (r.method() != verb::get && r.method() != verb::head) return false;
  const auto wanted = r.header("if-none-match");
  if (wanted.empty() || (trim(wanted) != "*" && !names_tag(wanted, opaque))) return false;
  status_ = 304;
  body_.clear();
  static_body_ = {};
  return true;
}

bool response::etag_of_body(const request& r) {
  return etag(r, content_hash(static_body_.empty() ? body_ : static_body_));
}

void response::clear() {
  status_ = 200;
  sets_ = 0;
  content_type_.assign("application/json");
  fields_.clear();
  vary_.clear();
  etag_.clear();
  body_.clear();
  static_body_ = {};
  stream_ = nullptr;
}

void response::shrink(std::size_t most) {
  if (body_.capacity() > most) std::string{}.swap(body_);
}

bool if_match_allows(const request& r, std::string_view opaque) {
  const auto wanted = r.header("if-match");
  return wanted.empty() || trim(wanted) == "*" || names_tag(wanted, opaque);
}

}  // namespace cumulo::http
