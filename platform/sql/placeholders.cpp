#include "platform/sql/placeholders.hpp"

#include <cctype>

namespace cumulo::sql {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

/// Each function returns the position after the piece that begins at `at`.
std::size_t after_quoted(std::string_view text, std::size_t at, char quote, bool backslash_escapes) {
  for (auto i = at + 1; i < text.size(); ++i) {
    if (backslash_escapes && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 < text.size() && text[i + 1] == quote) {
        ++i;
      } else {
        return i + 1;
      }
    }
  }
  return text.size();
}

std::size_t after_line_comment(std::string_view text, std::size_t at) {
  const auto end = text.find('\n', at);
  return end == std::string_view::npos ? text.size() : end;
}

std::size_t after_block_comment(std::string_view text, std::size_t at) {
  int depth = 0;  // PostgreSQL nests them
  for (auto i = at; i + 1 < text.size(); ++i) {
    if (text[i] == '/' && text[i + 1] == '*') {
      ++depth;
      ++i;
    } else if (text[i] == '*' && text[i + 1] == '/') {
      ++i;
      if (--depth == 0) return i + 1;
    }
  }
  return text.size();
}

/// `at` itself + 1 if no dollar quote begins there.
std::size_t after_dollar_quoted(std::string_view text, std::size_t at) {
  auto end = at + 1;
  while (end < text.size() && is_word(text[end]) && !(end == at + 1 && is_digit(text[end]))) ++end;
  if (end >= text.size() || text[end] != '$') return at + 1;
  const auto tag = text.substr(at, end + 1 - at);
  const auto close = text.find(tag, end + 1);
  return close == std::string_view::npos ? text.size() : close + tag.size();
}

}  // namespace

std::string to_postgres_placeholders(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  const auto peek = [text](std::size_t i) { return i < text.size() ? text[i] : '\0'; };
  for (std::size_t at = 0; at < text.size();) {
    auto next = at + 1;
    const auto c = text[at];
    if (c == '\'') {
      const auto escapes = at > 0 && (text[at - 1] == 'E' || text[at - 1] == 'e') && (at < 2 || !is_word(text[at - 2]));
      next = after_quoted(text, at, c, escapes);
    } else if (c == '"') {
      next = after_quoted(text, at, c, false);
    } else if (c == '-' && peek(at + 1) == '-') {
      next = after_line_comment(text, at);
    } else if (c == '/' && peek(at + 1) == '*') {
      next = after_block_comment(text, at);
    } else if (c == '$' && (at == 0 || !is_word(text[at - 1]))) {
      next = after_dollar_quoted(text, at);
    } else if (c == '?' && is_digit(peek(at + 1))) {
      out.push_back('$');
      at = next;
      continue;
    }
    out.append(text.substr(at, next - at));
    at = next;
  }
  return out;
}

}  // namespace cumulo::sql
