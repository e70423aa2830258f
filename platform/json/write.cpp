#include "platform/json/write.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cmath>
#include <cstring>

namespace cumulo::json {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

/// Which of the eight bytes are below 0x20, a quote or a backslash? Their high bits, exact up to the first one.
std::uint64_t bytes_to_escape(std::uint64_t eight) {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101U;
  constexpr std::uint64_t highs = 0x8080'8080'8080'8080U;
  const auto zero_bytes = [](std::uint64_t x) { return (x - ones) & ~x & highs; };
  const std::uint64_t controls = (eight - ones * 0x20U) & ~eight & highs;
  return controls | zero_bytes(eight ^ (ones * '"')) | zero_bytes(eight ^ (ones * '\\'));
}

bool must_escape(char c) { return static_cast<unsigned char>(c) < 0x20U || c == '"' || c == '\\'; }

/// How many bytes from the start need no escape.
std::size_t plain_length(std::string_view text) {
  std::size_t at = 0;
#ifdef __SSE2__
  const __m128i control = _mm_set1_epi8(0x1F);
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  for (; at + 16 <= text.size(); at += 16) {
    const __m128i some = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i bad = _mm_or_si128(_mm_cmpeq_epi8(_mm_max_epu8(some, control), control),
                                     _mm_or_si128(_mm_cmpeq_epi8(some, quote), _mm_cmpeq_epi8(some, backslash)));
    if (const auto marked = static_cast<unsigned>(_mm_movemask_epi8(bad)))
      return at + static_cast<std::size_t>(std::countr_zero(marked));
  }
#endif
  if constexpr (std::endian::native == std::endian::little) {
    for (; at + 8 <= text.size(); at += 8) {
      std::uint64_t eight{};
      std::memcpy(&eight, text.data() + at, 8);
      if (const auto marked = bytes_to_escape(eight))
        return at + static_cast<std::size_t>(std::countr_zero(marked)) / 8;
    }
  }
  while (at < text.size() && !must_escape(text[at])) ++at;
  return at;
}

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default:
      out += "\\u00";
      out += hex_digits[static_cast<unsigned char>(c) >> 4U];
      out += hex_digits[static_cast<unsigned char>(c) & 0xFU];
  }
}

}  // namespace

void write_string(std::string& out, std::string_view text) {
  out += '"';
  for (;;) {
    const std::size_t plain = plain_length(text);
    out.append(text.data(), plain);
    if (plain == text.size()) break;
    append_escaped(out, text[plain]);
    text.remove_prefix(plain + 1);
  }
  out += '"';
}

namespace detail {

void write_double(std::string& out, double value) {
  if (!std::isfinite(value)) {  // JSON has no infinity
    out += "null";
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace detail
}  // namespace cumulo::json
