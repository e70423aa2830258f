#pragma once
// What an account may say of itself. Each check adds its faults, so that a request learns of all of them at once.
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/result.hpp"

namespace cumulo::users {

inline constexpr std::size_t max_email = 254;     ///< bytes (RFC 5321 §4.5.3.1.3)
inline constexpr std::size_t max_name = 200;      ///< characters, also of a token's name
inline constexpr std::size_t min_password = 8;    ///< characters
inline constexpr std::size_t max_password = 256;  ///< bytes
inline constexpr int min_password_strength = 2;   ///< of zxcvbn's 0–4

/// The form in which addresses are compared: lower case (ASCII). Neither dots nor "+tags" are touched: what they mean
/// is the mail server's business.
[[nodiscard]] std::string normalise_email(std::string_view email);

/// A dot-atom before "@", and a host name of at least two labels (or localhost) after it. ASCII only: an
/// internationalised domain is written in its xn-- form.
void check_email(std::string_view email, std::string_view pointer, std::vector<fault>& faults);

/// 1–200 characters, not all blank, none of them a control character.
void check_name(std::string_view name, std::string_view pointer, std::vector<fault>& faults);

/// A name of the system's tz database.
void check_timezone(std::string_view timezone, std::string_view pointer, std::vector<fault>& faults);

/// Language, script, region and variants of BCP 47 ("de", "pt-BR", "zh-Hant-TW"); whether they are registered is not
/// asked.
void check_locale(std::string_view locale, std::string_view pointer, std::vector<fault>& faults);

/// Length and strength; `hints` (e-mail, name) make a password that repeats them weak. About 1 ms.
void check_password(std::string_view password, std::initializer_list<std::string_view> hints, std::string_view pointer,
                    std::vector<fault>& faults);

/// Characters of UTF-8 text (code points).
[[nodiscard]] std::size_t length_in_characters(std::string_view utf8);

}  // namespace cumulo::users
