#include "task-service/domain/text.hpp"

#include <array>
#include <bit>
#include <boost/spirit/home/support/char_encoding/unicode/query.hpp>
#include <cstdint>
#include <cstring>
#include <optional>
#include <unordered_set>

namespace cumulo::tasks {

namespace {

namespace ucd = boost::spirit::ucd;

constexpr std::size_t longest_word = 64;
constexpr std::size_t longest_sort_key = 100;

/// The next code point of valid UTF-8; a stray byte stands for itself.
char32_t take(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at++);
  int more = 0;
  char32_t code = first;
  if (first >= 0xF0) {
    more = 3;
    code = first & 0x07U;
  } else if (first >= 0xE0) {
    more = 2;
    code = first & 0x0FU;
  } else if (first >= 0xC0) {
    more = 1;
    code = first & 0x1FU;
  }
  for (; more > 0 && at < text.size() && (byte(at) & 0xC0U) == 0x80U; --more)
    code = (code << 6U) | (byte(at++) & 0x3FU);
  return code;
}

void append(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | (code >> 6U));
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | (code >> 12U));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | (code >> 18U));
    put(0x80U | ((code >> 12U) & 0x3FU));
    put(0x80U | ((code >> 6U) & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

/// U+00DF … U+017F (lower case only) without their marks; '.' keeps the letter.
constexpr std::string_view plain_latin1 = ".aaaaaa.ceeeeiiii.nooooo.ouuuuy.y";  // from U+00DF
constexpr std::string_view plain_latin_a =                                      // from U+0100
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllll."
    ".llnnnnnn...oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

char32_t lower(char32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + ('a' - 'A') : code;
  return ucd::to_lowercase(code);
}

char32_t without_marks(char32_t code) {
  char plain = '.';
  if (code >= 0xDF && code - 0xDF < plain_latin1.size()) plain = plain_latin1[code - 0xDF];
  if (code >= 0x100 && code - 0x100 < plain_latin_a.size()) plain = plain_latin_a[code - 0x100];
  return plain == '.' ? code : static_cast<char32_t>(plain);
}

bool is_space(char32_t code) {
  if (code < 0x80) return code == ' ' || (code >= '\t' && code <= '\r');
  return ucd::is_white_space(code) || code == 0x200B || code == 0xFEFF;
}

bool is_mark(char32_t code) { return code >= 0x300 && ucd::get_category(code) == ucd::properties::nonspacing_mark; }

bool is_word_character(char32_t code) {
  if (code < 0x80) return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z');
  return ucd::is_alphanumeric(code) || ucd::get_major_category(code) == ucd::properties::mark;
}

bool stands_alone(char32_t code) {
  return (code >= 0x3041 && code <= 0x30FF) || (code >= 0x3400 && code <= 0x4DBF) ||
         (code >= 0x4E00 && code <= 0x9FFF) || (code >= 0xF900 && code <= 0xFAFF) ||
         (code >= 0x20000 && code <= 0x3FFFD);
}

/// Hands each word to `take`, until that returns false.
template <class Take>
void each_word(std::string_view text, Take take_word) {
  std::string word;
  std::size_t length = 0;
  const auto end_word = [&] {
    const bool go_on = word.empty() || take_word(word);
    word.clear();
    length = 0;
    return go_on;
  };
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = take(text, at);
    if (!is_word_character(code)) {
      if (!end_word()) return;
      continue;
    }
    if (is_mark(code)) continue;
    if (stands_alone(code) && !end_word()) return;
    if (length < longest_word) append(word, without_marks(lower(code)));
    ++length;
    if (stands_alone(code) && !end_word()) return;
  }
  end_word();
}

constexpr char in_no_word = 0;
constexpr char not_ascii = 1;
/// What a byte is in a word: a letter in lower case, a digit, or one of these.
constexpr std::array<char, 256> in_words = [] {
  std::array<char, 256> out{};
  for (std::size_t c = '0'; c <= '9'; ++c) out[c] = static_cast<char>(c);
  for (std::size_t c = 'a'; c <= 'z'; ++c) out[c] = out[c - ('a' - 'A')] = static_cast<char>(c);
  std::fill(out.begin() + 128, out.end(), not_ascii);
  return out;
}();

char in_word(std::string_view text, std::size_t at) { return in_words[static_cast<unsigned char>(text[at])]; }

/// Is that word at this place of the text? Nothing if what follows is not ASCII. Precondition: what stands before is.
std::optional<bool> has_word_at(std::string_view text, std::size_t start, std::string_view word, bool is_prefix) {
  if (word.size() > text.size() - start || (start != 0 && in_word(text, start - 1) != in_no_word)) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (in_word(text, start + i) != word[i]) return false;
  }
  const std::size_t after = start + word.size();
  if (is_prefix || word.size() == longest_word || after == text.size()) return true;
  const char next = in_word(text, after);
  if (next == not_ascii) return std::nullopt;
  return next == in_no_word;
}

constexpr std::uint64_t ones = 0x0101'0101'0101'0101U;
constexpr std::uint64_t highs = 0x80 * ones;

/// has_word() of ASCII, which most texts are, a hundred times as fast, because a search looks through hundreds of
/// tasks: where the word's first character stands is asked of eight bytes at once. Nothing if what is not ASCII has to
/// be looked at.
std::optional<bool> ascii_has_word(std::string_view text, std::string_view word, bool is_prefix) {
  constexpr unsigned to_lower = 0x20;  // digits have this bit too
  const std::uint64_t first = static_cast<unsigned char>(word.front()) * ones;
  for (std::size_t at = 0; at < text.size(); at += sizeof first) {
    // What is left of the text ends with zeros, which are in no word.
    std::array<char, sizeof first> next{};
    std::memcpy(next.data(), text.data() + at, std::min(sizeof first, text.size() - at));
    auto eight = std::bit_cast<std::uint64_t>(next);
    if constexpr (std::endian::native == std::endian::big) eight = __builtin_bswap64(eight);
    if ((eight & highs) != 0) return std::nullopt;
    const std::uint64_t differ = (eight | to_lower * ones) ^ first;
    // The high bit of each byte that is zero; no sum goes over into the next byte.
    std::uint64_t same = ~(((differ & ~highs) + 0x7F * ones) | differ) & highs;
    for (; same != 0; same &= same - 1) {
      const std::size_t start = at + static_cast<std::size_t>(std::countr_zero(same)) / 8;
      const std::optional<bool> found = has_word_at(text, start, word, is_prefix);
      if (found != false) return found;
    }
  }
  return false;
}

}  // namespace

std::string_view trim(std::string_view text) {
  std::size_t first = text.size();
  std::size_t last = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (is_space(take(text, at))) continue;
    first = std::min(first, start);
    last = at;
  }
  return first < last ? text.substr(first, last - first) : std::string_view{};
}

std::size_t count_code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool has_control_character(std::string_view text, bool allow_lines) {
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = take(text, at);
    if (allow_lines && (code == '\t' || code == '\n' || code == '\r')) continue;
    if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return true;
  }
  return false;
}

std::string fold(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) append(out, lower(take(text, at)));
  return out;
}

std::string sort_key(std::string_view text) {
  std::string out;
  std::size_t length = 0;
  for (std::size_t at = 0; at < text.size() && length < longest_sort_key;) {
    const char32_t code = without_marks(lower(take(text, at)));
    if (is_mark(code)) continue;
    append(out, code);
    ++length;
  }
  return out;
}

const std::string& end_of_sort_keys() {
  static const std::string one_longer_than_any = [] {
    std::string text;
    while (count_code_points(text) <= longest_sort_key) append(text, U'\U0010FFFF');
    return text;
  }();
  return one_longer_than_any;
}

void collect_words(std::string_view text, std::vector<std::string>& words) {
  std::unordered_set<std::string> seen(words.begin(), words.end());
  const auto collect = [&](const std::string& word) {
    if (seen.insert(word).second) words.push_back(word);
    return true;
  };
  each_word(text, collect);
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  collect_words(text, words);
  return words;
}

bool has_word(std::string_view text, std::string_view word, bool is_prefix) {
  if (const std::optional<bool> known = ascii_has_word(text, word, is_prefix)) return *known;
  bool found = false;
  const auto compare = [&](const std::string& each) {
    found = is_prefix ? each.starts_with(word) : each == word;
    return !found;
  };
  each_word(text, compare);
  return found;
}

}  // namespace cumulo::tasks
