#include <zxcvbn.h>

#include <algorithm>
#include <cctype>

#include "platform/auth/password.hpp"

namespace cumulo::auth {

namespace {

constexpr std::size_t estimated_length = 128;
constexpr std::size_t shortest_hint = 3;

// The hint itself and the words in it: "ann.lee@example.org" also holds "ann", "lee", "example".
void add_words(std::vector<std::string>& words, std::string_view hint) {
  std::string lower{hint.substr(0, estimated_length)};
  std::erase(lower, '\0');
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::string word;
  for (const char c : lower + ' ') {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80) {
      word.push_back(c);
    } else {
      if (word.size() >= shortest_hint && word != lower) words.push_back(word);
      word.clear();
    }
  }
  if (lower.size() >= shortest_hint) words.push_back(std::move(lower));
}

}  // namespace

int password_strength(std::string_view password, std::initializer_list<std::string_view> hints) {
  std::vector<std::string> words;
  for (const auto hint : hints) add_words(words, hint);
  std::vector<const char*> dictionary;
  for (const auto& w : words) dictionary.push_back(w.c_str());
  dictionary.push_back(nullptr);

  const std::string text{password.substr(0, estimated_length)};
  const double bits = ZxcvbnMatch(text.c_str(), dictionary.data(), nullptr);
  // zxcvbn's own steps are 10^3, 10^6, 10^8 and 10^10 guesses.
  constexpr std::array steps{9.97, 19.93, 26.58, 33.22};
  return static_cast<int>(std::ranges::count_if(steps, [&](double step) { return bits >= step; }));
}

}  // namespace cumulo::auth
