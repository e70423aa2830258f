#include "user-service/domain/rules.hpp"

#include <date/tz.h>

#include <algorithm>
#include <stdexcept>

#include "platform/auth/password.hpp"

namespace cumulo::users {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }

void add(std::vector<fault>& faults, std::string_view pointer, std::string code, std::string detail) {
  faults.push_back({std::string{pointer}, std::move(code), std::move(detail)});
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_local_part(std::string_view local) {
  constexpr std::string_view specials = "!#$%&'*+-/=?^_`{|}~";
  const auto is_atom = [&](std::string_view atom) {
    return !atom.empty() && std::ranges::all_of(atom, [&](char c) {
      return is_alphanumeric(c) || specials.find(c) != std::string_view::npos;
    });
  };
  return local.size() <= 64 && std::ranges::all_of(split(local, '.'), is_atom);
}

bool is_mail_host(std::string_view host) {
  const auto is_label = [](std::string_view label) {
    return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(label, [](char c) { return is_alphanumeric(c) || c == '-'; });
  };
  const auto labels = split(host, '.');
  if (!std::ranges::all_of(labels, is_label)) return false;
  if (labels.size() == 1) return normalise_email(host) == "localhost";
  // A top-level domain is never all digits: "a@10.0.0.1" is an address literal without its brackets.
  return !std::ranges::all_of(labels.back(), is_digit);
}

bool is_variant(std::string_view part) {
  return (part.size() >= 5 && part.size() <= 8) || (part.size() == 4 && is_digit(part.front()));
}

bool is_language_tag(std::string_view tag) {
  const auto parts = split(tag, '-');
  const auto all = [](std::string_view part, auto test) { return std::ranges::all_of(part, test); };
  if (parts[0].size() < 2 || parts[0].size() > 3 || !all(parts[0], is_letter)) return false;
  std::size_t next = 1;
  if (next < parts.size() && parts[next].size() == 4 && all(parts[next], is_letter)) ++next;
  if (next < parts.size() && ((parts[next].size() == 2 && all(parts[next], is_letter)) ||
                              (parts[next].size() == 3 && all(parts[next], is_digit)))) {
    ++next;
  }
  for (; next < parts.size(); ++next) {
    if (!is_variant(parts[next]) || !all(parts[next], is_alphanumeric)) return false;
  }
  return true;
}

}  // namespace

std::string normalise_email(std::string_view email) {
  std::string key{email};
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

void check_email(std::string_view email, std::string_view pointer, std::vector<fault>& faults) {
  if (email.empty()) return add(faults, pointer, "required", "An e-mail address is needed.");
  if (email.size() > max_email)
    return add(faults, pointer, "too_long", "An e-mail address has at most 254 characters.");
  const auto at = email.rfind('@');
  if (at == std::string_view::npos || !is_local_part(email.substr(0, at)) || !is_mail_host(email.substr(at + 1))) {
    add(faults, pointer, "bad_format", "This is not an e-mail address.");
  }
}

void check_name(std::string_view name, std::string_view pointer, std::vector<fault>& faults) {
  if (std::ranges::all_of(name, [](char c) { return c == ' '; })) {
    return add(faults, pointer, "required", "A name is not empty.");
  }
  if (length_in_characters(name) > max_name) add(faults, pointer, "too_long", "A name has at most 200 characters.");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(name, is_control)) {
    add(faults, pointer, "bad_format", "A name has no line breaks or other control characters.");
  }
}

void check_timezone(std::string_view timezone, std::string_view pointer, std::vector<fault>& faults) {
  const auto is_known = [&] {
    if (timezone.empty() || timezone.size() > 64) return false;
    const auto& zones = date::get_tzdb().zones;  // sorted by name
    const auto found =
        std::lower_bound(zones.begin(), zones.end(), timezone,
                         [](const date::time_zone& z, std::string_view name) { return z.name() < name; });
    if (found != zones.end() && found->name() == timezone) return true;
#if !USE_OS_TZDB
    try {
      return date::get_tzdb().locate_zone(std::string{timezone}) != nullptr;  // a link to a zone
    } catch (const std::runtime_error&) {
    }
#endif
    return false;
  };
  if (!is_known()) {
    add(faults, pointer, "unknown_value", "This is not a time zone of the tz database, like Europe/Berlin.");
  }
}

void check_locale(std::string_view locale, std::string_view pointer, std::vector<fault>& faults) {
  if (locale.size() > 35 || !is_language_tag(locale)) {
    add(faults, pointer, "bad_format", "This is not a language tag, like en or pt-BR.");
  }
}

void check_password(std::string_view password, std::initializer_list<std::string_view> hints, std::string_view pointer,
                    std::vector<fault>& faults) {
  if (length_in_characters(password) < min_password) {
    return add(faults, pointer, "too_short", "A password has at least 8 characters.");
  }
  if (password.size() > max_password) return add(faults, pointer, "too_long", "A password has at most 256 bytes.");
  if (auth::password_strength(password, hints) < min_password_strength) {
    add(faults, pointer, "weak",
        "This password would be guessed quickly. Add words or characters that do not belong together.");
  }
}

std::size_t length_in_characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace cumulo::users
