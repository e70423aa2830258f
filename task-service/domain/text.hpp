#pragma once
// Text rules: what titles and labels may hold, how they compare, and which words a search finds. Unicode by code point,
// the same on every machine and database (no locale is asked). Input is UTF-8, as the JSON reader has checked.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cumulo::tasks {

/// Without white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::size_t count_code_points(std::string_view text);
/// Is there a control character (C0, DEL, C1)? `allow_lines` lets tab and line ends pass.
[[nodiscard]] bool has_control_character(std::string_view text, bool allow_lines = false);

/// Lower case: two labels with the same fold are the same label.
[[nodiscard]] std::string fold(std::string_view text);
/// What sorts by name: lower case, Latin letters without marks, at most 100 code points.
[[nodiscard]] std::string sort_key(std::string_view text);
/// Comes after every sort key, byte by byte, and is UTF-8 itself.
[[nodiscard]] const std::string& end_of_sort_keys();

/// The distinct words of a text in order of first appearance: runs of letters and digits in lower case, Latin letters
/// without marks, cut at 64 code points; each Chinese and Japanese character is a word of its own.
void collect_words(std::string_view text, std::vector<std::string>& words);
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);
/// Is `word` among words_of(text), or one that begins with it if `is_prefix`? `word` is one of words_of() of something.
[[nodiscard]] bool has_word(std::string_view text, std::string_view word, bool is_prefix);

}  // namespace cumulo::tasks
