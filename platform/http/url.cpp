#include "platform/http/url.hpp"

namespace cumulo::http {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

/// "0", "0.", "0.000": the only weights that forbid.
bool is_zero_weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const auto one = trim(parameters.substr(0, end));
    if (one.size() > 2 && lower(one[0]) == 'q' && one[1] == '=') {
      return one.substr(2).find_first_not_of("0.") == std::string_view::npos;
    }
    if (end == std::string_view::npos) break;
    parameters.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  const auto size = text.size();
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  while (i < size) {
    const auto first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    std::size_t more = 0;
    unsigned char least = 0x80;
    unsigned char most = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
      more = 1;
    } else if (first >= 0xE0 && first <= 0xEF) {
      more = 2;
      if (first == 0xE0) least = 0xA0;
      if (first == 0xED) most = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      more = 3;
      if (first == 0xF0) least = 0x90;
      if (first == 0xF4) most = 0x8F;
    } else {
      return false;
    }
    if (size - i <= more) return false;
    if (byte(i + 1) < least || byte(i + 1) > most) return false;
    for (std::size_t k = 2; k <= more; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

bool is_well_encoded(std::string_view text) {
  bool plain = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return false;
    if (text[i] == '%') {
      if (i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0) return false;
      if (text[i + 1] == '0' && text[i + 2] == '0') return false;
      plain = false;
    } else if (static_cast<unsigned char>(text[i]) >= 0x80) {
      plain = false;
    }
  }
  if (plain) return true;
  std::string decoded;
  percent_decode(decoded, text);
  return is_utf8(decoded);
}

void percent_decode(std::string& out, std::string_view text, bool plus_is_space) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += static_cast<char>(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += plus_is_space && text[i] == '+' ? ' ' : text[i];
  }
}

void percent_encode(std::string& out, std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                            c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      out += '%';
      out += digits[u >> 4U];
      out += digits[u & 15U];
    }
  }
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> all;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto piece = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view{} : query.substr(end + 1);
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    auto& [name, value] = all.emplace_back();
    percent_decode(name, piece.substr(0, equals), true);
    if (equals != std::string_view::npos) percent_decode(value, piece.substr(equals + 1), true);
  }
  return all;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool lists_token(std::string_view value, std::string_view token) {
  while (!value.empty()) {
    const auto end = value.find(',');
    const auto item = value.substr(0, end);
    const auto semicolon = item.find(';');
    if (equal_ignoring_case(trim(item.substr(0, semicolon)), token)) {
      return semicolon == std::string_view::npos || !is_zero_weight(item.substr(semicolon + 1));
    }
    if (end == std::string_view::npos) break;
    value.remove_prefix(end + 1);
  }
  return false;
}

}  // namespace cumulo::http
