#include "platform/observe/line_format.hpp"

#include <charconv>
#include <cstring>

#include "platform/json/write.hpp"

namespace cumulo::log {
namespace {

constexpr std::size_t longest_value = 4'096;  // bytes; the rest is cut

/// The character at the front of `text` and its length; length 0 if it is no valid UTF-8 (RFC 3629).
struct character {
  char32_t code;
  std::size_t length;
};
character decode(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first >= 0xC2 && first <= 0xDF && tail(1)) return {((first & 0x1FU) << 6U) | (byte(1) & 0x3FU), 2};
  if (first >= 0xE0 && first <= 0xEF && tail(1) && tail(2)) {
    const char32_t code = ((first & 0xFU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
    if (code >= 0x800 && (code < 0xD800 || code > 0xDFFF)) return {code, 3};
  }
  if (first >= 0xF0 && first <= 0xF4 && tail(1) && tail(2) && tail(3)) {
    const char32_t code =
        ((first & 7U) << 18U) | ((byte(1) & 0x3FU) << 12U) | ((byte(2) & 0x3FU) << 6U) | (byte(3) & 0x3FU);
    if (code >= 0x10000 && code <= 0x10FFFF) return {code, 4};
  }
  return {0, 0};
}

/// Printable ASCII without what JSON escapes: what nearly every value is, looked at eight bytes at a time.
bool is_plain(std::string_view text) {
  constexpr std::uint64_t each = 0x0101010101010101U;
  constexpr std::uint64_t top = 0x80 * each;
  const auto equals = [](std::uint64_t word, char c) {  // exact in saying whether any byte does
    const std::uint64_t x = word ^ (static_cast<unsigned char>(c) * each);
    return (x - each) & ~x & top;
  };
  const auto is_bad = [&](std::uint64_t word) {
    const std::uint64_t below_space = (word - ' ' * each) & ~word & top;
    return ((word & top) | below_space | equals(word, '"') | equals(word, '\\') | equals(word, '\x7F')) != 0;
  };
  std::size_t i = 0;
  std::uint64_t word = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::memcpy(&word, text.data() + i, 8);
    if (is_bad(word)) return false;
  }
  word = ' ' * each;
  if (i < text.size()) std::memcpy(&word, text.data() + i, text.size() - i);
  return !is_bad(word);
}

bool is_control(char32_t code) {
  return (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029 || code == 0x200E || code == 0x200F ||
         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

void append_escape(std::string& out, char32_t code) {
  constexpr std::string_view hex_digits = "0123456789abcdef";
  out += "\\u";
  for (unsigned shift = 16; shift > 0; shift -= 4) out += hex_digits[(code >> (shift - 4)) & 0xFU];
}

void append_number(std::string& out, auto number) {
  std::array<char, 24> digits{};
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

void append_value(std::string& out, const field& f) {
  std::visit(
      [&](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string_view>) {
          append_quoted(out, value);
        } else {
          json::write(out, value);
        }
      },
      f.value);
}

/// For people: as it stands if nothing in it could be mistaken, otherwise quoted.
void append_plain(std::string& out, std::string_view text) {
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\'; };
  if (!text.empty() && text.size() <= longest_value && std::ranges::all_of(text, is_plain)) {
    out += text;
  } else {
    append_quoted(out, text);
  }
}

/// The time, whose text is made anew only when the millisecond changes.
void append_time(std::string& out, instant now) {
  thread_local instant last{std::chrono::milliseconds{-1}};
  thread_local std::string text;
  if (now != last || text.empty()) {
    text.clear();
    append_rfc3339(text, now);
    last = now;
  }
  out += text;
}

void append_json_head(std::string& out, instant now, level l, std::string_view service, std::string_view message) {
  out += R"({"time":")";
  append_time(out, now);
  out += R"(","level":")";
  out += name_of(l);
  if (!service.empty()) {
    out += R"(","service":)";
    append_quoted(out, service);
    out += R"(,"message":)";
  } else {
    out += R"(","message":)";
  }
  append_quoted(out, message);
}

void append_text_head(std::string& out, instant now, level l, std::string_view message) {
  append_time(out, now);
  out += ' ';
  out += name_of(l);
  out.append(7 - std::min<std::size_t>(name_of(l).size(), 6), ' ');
  // The message is a sentence of ours; quoted all the same if it holds anything but printable ASCII.
  if (std::ranges::all_of(message, [](char c) { return c >= ' ' && c < 0x7F; })) {
    out += message;
  } else {
    append_quoted(out, message);
  }
}

/// Calls `text(name, value)` or `number(name, value)` for each member of an access line that is there.
void each_member(const access_line& line, auto text, auto number) {
  text("method", line.method);
  text("route", line.route);
  text("path", line.path);
  number("status", static_cast<std::int64_t>(line.status));
  number("microseconds", line.microseconds);
  number("bytes_in", static_cast<std::int64_t>(line.bytes_in));
  number("bytes_out", static_cast<std::int64_t>(line.bytes_out));
  text("peer", line.peer);
  text("request_id", line.request_id);
  text("trace_id", line.trace_id);
  text("account_id", line.account_id);
}

}  // namespace

std::string_view name_of(level l) {
  switch (l) {
    case level::trace: return "trace";
    case level::debug: return "debug";
    case level::info: return "info";
    case level::warn: return "warn";
    case level::error: return "error";
    case level::critical: return "critical";
  }
  return "info";
}

void append_quoted(std::string& out, std::string_view text) {
  if (text.size() <= longest_value && is_plain(text)) {
    out += '"';
    out += text;
    out += '"';
    return;
  }
  const bool cut = text.size() > longest_value;
  if (cut) text = text.substr(0, longest_value);
  if (!cut && std::ranges::all_of(text, [](char c) { return c >= 0 && c != 0x7F; })) {
    json::write_string(out, text);
    return;
  }
  out += '"';
  while (!text.empty()) {
    const auto [code, length] = decode(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (code < 0x20 || is_control(code)) {
      append_escape(out, code);
    } else {
      if (code == '"' || code == '\\') out += '\\';
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  if (cut) out += "…";
  out += '"';
}

void append_json_line(std::string& out, instant now, level l, std::string_view service, std::string_view message,
                      std::span<const field> fields) {
  append_json_head(out, now, l, service, message);
  for (const field& each : fields) {
    out += ',';
    append_quoted(out, each.name);
    out += ':';
    append_value(out, each);
  }
  out += "}\n";
}

void append_text_line(std::string& out, instant now, level l, std::string_view message, std::span<const field> fields) {
  append_text_head(out, now, l, message);
  for (const field& each : fields) {
    out += ' ';
    append_plain(out, each.name);
    out += '=';
    if (const auto* text = std::get_if<std::string_view>(&each.value)) {
      append_plain(out, *text);
    } else {
      append_value(out, each);
    }
  }
  out += '\n';
}

void append_json_access(std::string& out, instant now, std::string_view service, const access_line& line) {
  append_json_head(out, now, level::info, service, "request");
  const auto name = [&](std::string_view n) {
    out += ",\"";
    out += n;
    out += "\":";
  };
  each_member(
      line,
      [&](std::string_view n, std::string_view value) {
        if (value.empty()) return;
        name(n);
        append_quoted(out, value);
      },
      [&](std::string_view n, std::int64_t value) {
        name(n);
        append_number(out, value);
      });
  out += "}\n";
}

void append_text_access(std::string& out, instant now, const access_line& line) {
  append_text_head(out, now, level::info, "request");
  const auto name = [&](std::string_view n) {
    out += ' ';
    out += n;
    out += '=';
  };
  each_member(
      line,
      [&](std::string_view n, std::string_view value) {
        if (value.empty()) return;
        name(n);
        append_plain(out, value);
      },
      [&](std::string_view n, std::int64_t value) {
        name(n);
        append_number(out, value);
      });
  out += '\n';
}

}  // namespace cumulo::log
