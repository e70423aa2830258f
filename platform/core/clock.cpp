#include "platform/core/clock.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace cumulo {
namespace {

constexpr instant first_instant = std::chrono::sys_days{std::chrono::year{1} / 1 / 1};
constexpr instant last_instant =
    std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} + std::chrono::days{1} - std::chrono::milliseconds{1};

/// "00" to "99".
constexpr auto pairs = [] {
  std::array<char, 200> digits{};
  for (unsigned i = 0; i < 100; ++i) {
    digits[2 * i] = static_cast<char>('0' + i / 10);
    digits[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return digits;
}();

/// Two digits. Precondition: below 100.
void put(char* at, unsigned value) { std::memcpy(at, pairs.data() + std::size_t{2} * value, 2); }

/// Takes text from the left; every step says whether it fitted.
class scanner {
 public:
  explicit scanner(std::string_view text) : rest_(text) {}

  bool digits(std::size_t count, int& value) {
    if (rest_.size() < count) return false;
    value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return true;
  }
  bool one_of(std::string_view characters, char& taken) {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    taken = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

}  // namespace

rfc3339_text rfc3339_of(instant t) {
  t = std::clamp(t, first_instant, last_instant);
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const auto in_day = static_cast<unsigned>((t - day).count());
  // Neighbours are mostly of one day, whose text is then at hand.
  thread_local auto day_told = std::chrono::sys_days::min();
  thread_local rfc3339_text of_day{};
  if (day != day_told) {
    const std::chrono::year_month_day date{day};
    const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
    std::memcpy(of_day.data(), "0000-00-00T00:00:00.000Z", of_day.size());
    put(of_day.data(), year / 100);
    put(of_day.data() + 2, year % 100);
    put(of_day.data() + 5, static_cast<unsigned>(date.month()));
    put(of_day.data() + 8, static_cast<unsigned>(date.day()));
    day_told = day;
  }
  rfc3339_text text = of_day;
  const unsigned second = in_day / 1'000;
  const unsigned millis = in_day % 1'000;
  put(text.data() + 11, second / 3'600);
  put(text.data() + 14, second / 60 % 60);
  put(text.data() + 17, second % 60);
  text[20] = static_cast<char>('0' + millis / 100);
  put(text.data() + 21, millis % 100);
  return text;
}

void append_rfc3339(std::string& out, instant t) {
  const rfc3339_text text = rfc3339_of(t);
  out.append(text.data(), text.size());
}

std::string to_rfc3339(instant t) {
  std::string out;
  append_rfc3339(out, t);
  return out;
}

std::optional<instant> parse_rfc3339(std::string_view text) {
  scanner in{text};
  int year{}, month{}, day{}, hour{}, minute{}, second{};
  char mark{};
  const bool date_and_time = in.digits(4, year) && in.one_of("-", mark) && in.digits(2, month) &&
                             in.one_of("-", mark) && in.digits(2, day) && in.one_of("Tt", mark) && in.digits(2, hour) &&
                             in.one_of(":", mark) && in.digits(2, minute) && in.one_of(":", mark) &&
                             in.digits(2, second);
  if (!date_and_time || hour > 23 || minute > 59 || second > 59) return std::nullopt;

  int milliseconds = 0;
  if (in.one_of(".", mark)) {
    int count = 0;
    for (int digit = 0; in.digits(1, digit); ++count) {
      if (count < 3) milliseconds = milliseconds * 10 + digit;
    }
    if (count == 0 || count > 9) return std::nullopt;
    for (; count < 3; ++count) milliseconds *= 10;
  }

  std::chrono::minutes offset{0};
  if (!in.one_of("Zz+-", mark)) return std::nullopt;
  if (mark == '+' || mark == '-') {
    char colon{};
    int hours{}, minutes{};
    if (!in.digits(2, hours) || !in.one_of(":", colon) || !in.digits(2, minutes) || hours > 23 || minutes > 59) {
      return std::nullopt;
    }
    offset = std::chrono::minutes{(hours * 60 + minutes) * (mark == '-' ? -1 : 1)};
  }
  if (!in.at_end()) return std::nullopt;

  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  const instant t = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                    std::chrono::seconds{second} + std::chrono::milliseconds{milliseconds} - offset;
  if (t < first_instant || t > last_instant) return std::nullopt;
  return t;
}

const clock& system_clock() {
  class machine_clock final : public clock {
    [[nodiscard]] instant now() const override {
      return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
  };
  static const machine_clock the_clock;
  return the_clock;
}

}  // namespace cumulo
