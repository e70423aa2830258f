#include "task-service/domain/due.hpp"

#include <date/date.h>

#include <algorithm>
#include <stdexcept>

#include "platform/core/time_zone.hpp"

namespace cumulo::tasks {

namespace {

using std::chrono::milliseconds;

/// The digits at `at`, or -1.
int number_at(std::string_view text, std::size_t at, std::size_t digits) {
  if (at + digits > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool has(std::string_view text, std::size_t at, char expected) { return at < text.size() && text[at] == expected; }

std::optional<date::sys_days> parse_date(std::string_view text) {
  const int year = number_at(text, 0, 4);
  const int month = number_at(text, 5, 2);
  const int day = number_at(text, 8, 2);
  if (year < 1 || month < 0 || day < 0 || !has(text, 4, '-') || !has(text, 7, '-')) return std::nullopt;
  const date::year_month_day parsed{date::year{year}, date::month{static_cast<unsigned>(month)},
                                    date::day{static_cast<unsigned>(day)}};
  if (!parsed.ok()) return std::nullopt;
  return date::sys_days{parsed};
}

/// "THH:MM:SS" from the eleventh character on.
std::optional<milliseconds> parse_time_of_day(std::string_view text) {
  const int hour = number_at(text, 11, 2);
  const int minute = number_at(text, 14, 2);
  const int second = number_at(text, 17, 2);
  if (!has(text, 10, 'T') || !has(text, 13, ':') || !has(text, 16, ':')) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return std::nullopt;
  return std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

const date::time_zone& known_zone(std::string_view name) {
  const date::time_zone* found = find_time_zone(name);
  if (found == nullptr) throw std::logic_error("a local time needs a known time zone");
  return *found;
}

instant resolve(const due_time& due, std::string_view zone, std::chrono::days add) {
  return due.form == due_form::instant ? due.clock : instant_of(due.clock + add, zone);
}

}  // namespace

std::optional<due_time> parse_due(std::string_view text) {
  const std::optional<date::sys_days> day = parse_date(text);
  if (!day) return std::nullopt;
  const instant midnight{day->time_since_epoch()};
  if (text.size() == 10) return due_time{due_form::date, midnight};

  const std::optional<milliseconds> time_of_day = parse_time_of_day(text);
  if (!time_of_day) return std::nullopt;
  if (text.size() == 19) return due_time{due_form::floating, midnight + *time_of_day};

  if (text.find('z') != std::string_view::npos) return std::nullopt;
  const std::optional<instant> at = parse_rfc3339(text);
  if (!at) return std::nullopt;
  return due_time{due_form::instant, *at};
}

bool is_timezone(std::string_view name) {
  const bool plausible = !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' || c == '_' ||
           c == '-' || c == '+';
  });
  return plausible && find_time_zone(name) != nullptr;
}

instant deadline_of(const due_time& due, std::string_view zone) {
  if (due.form != due_form::date) return resolve(due, zone, std::chrono::days{0});
  return resolve(due, zone, std::chrono::days{1}) - milliseconds{1};
}

instant instant_of(instant wall_clock, std::string_view zone) {
  return cumulo::instant_of(wall_clock, known_zone(zone));
}

instant wall_clock_of(instant t, std::string_view zone) { return cumulo::wall_clock_of(t, known_zone(zone)); }

instant start_of(const due_time& due, std::string_view zone) { return resolve(due, zone, std::chrono::days{0}); }

}  // namespace cumulo::tasks
