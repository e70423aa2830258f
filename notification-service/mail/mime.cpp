#include "notification-service/mail/mime.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace cumulo::notifications::mail {

namespace {

constexpr std::size_t longest_line = 76;
constexpr std::size_t bytes_per_word = 42;  // 56 characters of base64, in a word of at most 75

bool is_printable(char c) { return c >= 0x20 && c < 0x7f; }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8U | (k < left ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) out += k <= left ? digits[group >> (18 - 6 * k) & 0x3fU] : '=';
  }
  return out;
}

/// As it stands, folded at spaces: "\r\n " takes the place of one.
std::string folded(std::string_view text, std::size_t column) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    std::size_t end = text.find(' ', at + 1);
    if (end == std::string_view::npos) end = text.size();
    const std::string_view word = text.substr(at, end - at);  // with the space before it
    if (!out.empty() && column + word.size() > longest_line && word.front() == ' ' && word.size() > 1) {
      out.append("\r\n");
      column = 0;
    }
    out += word;
    column += word.size();
    at = end;
  }
  return out;
}

void add_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

/// Line ends and other control characters have no place in a header.
std::string one_line(std::string_view text) {
  std::string out{text};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

/// A name before an address: quoted if it is plain, encoded otherwise.
std::string phrase(std::string_view name, std::size_t column) {
  const bool plain =
      std::all_of(name.begin(), name.end(), [](char c) { return is_printable(c) && c != '"' && c != '\\'; }) &&
      name.size() <= 60 && name.find("=?") == std::string_view::npos;
  if (plain) return "\"" + std::string{name} + "\"";
  return encode_words(name, column);
}

std::string address_field(const mailbox& who, std::size_t column) {
  if (who.name.empty()) return who.address;
  return phrase(who.name, column) + "\r\n <" + who.address + ">";
}

std::string printable_only(std::string_view text) {
  std::string out{text};
  std::replace_if(out.begin(), out.end(), [](char c) { return !is_printable(c); }, '?');
  return out;
}

}  // namespace

std::string encode_words(std::string_view text, std::size_t column) {
  const bool plain = std::all_of(text.begin(), text.end(), is_printable) && text.find("=?") == std::string_view::npos &&
                     (text.empty() || (text.front() != ' ' && text.back() != ' '));
  const bool folds = text.find("  ") == std::string_view::npos;
  std::size_t longest_word = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    longest_word = std::max(longest_word, end - at);
    at = end + 1;
  }
  if (plain && folds && longest_word < longest_line / 2) return folded(text, column);

  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = std::min(bytes_per_word, text.size() - at);
    if (out.empty() && column > 15) length = std::min(length, bytes_per_word / 2);  // beside the field's name
    while (length > 1 && at + length < text.size() && is_continuation(text[at + length])) --length;
    if (!out.empty()) out += "\r\n ";
    out.append("=?utf-8?B?").append(base64(text.substr(at, length))).append("?=");
    at += length;
  }
  return out;
}

std::string quoted_printable(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  std::size_t column = 0;
  const auto put = [&](std::string_view piece) {
    if (column + piece.size() > longest_line - 1) {
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n') {
      out += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r';
    const bool is_space = c == ' ' || c == '\t';
    // A dot or "From " at the start of a line means something to mail servers and mailboxes.
    const bool is_risky = column == 0 && (c == '.' || c == 'F');
    if ((is_printable(c) || c == '\t') && c != '=' && !(is_space && ends_line) && !is_risky) {
      put({&c, 1});
    } else {
      const auto byte = static_cast<unsigned char>(c);
      put(std::string{'=', digits[byte >> 4U], digits[byte & 0x0fU]});
    }
  }
  return out;
}

std::string rfc5322_date(instant t) {
  using namespace std::chrono;
  constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<std::chrono::days>(t);
  const year_month_day date{day};
  const hh_mm_ss time{floor<seconds>(t - day)};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000", days[weekday{day}.c_encoding()],
                static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                static_cast<int>(date.year()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return text.data();
}

bool is_mailable(std::string_view address) {
  const std::size_t at = address.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || at + 1 == address.size() || address.size() > 254) {
    return false;
  }
  constexpr std::string_view special = "()<>[]:;,\\\"";
  const auto is_fine = [&](char c) { return is_printable(c) && c != ' ' && special.find(c) == std::string_view::npos; };
  return std::all_of(address.begin(), address.end(), is_fine) && address.find('@', at + 1) == std::string_view::npos &&
         address.find("..") == std::string_view::npos && address.front() != '.' && address[at - 1] != '.' &&
         address[at + 1] != '.' && address[at + 1] != '-';
}

mailbox parse_mailbox(std::string_view text) {
  const auto trim = [](std::string_view s) {
    while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
    while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
    return s;
  };
  text = trim(text);
  mailbox found;
  if (!text.empty() && text.back() == '>') {
    const std::size_t open = text.rfind('<');
    if (open == std::string_view::npos) return {};
    found.address = text.substr(open + 1, text.size() - open - 2);
    std::string_view name = trim(text.substr(0, open));
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    found.name = name;
  } else {
    found.address = text;
  }
  if (!is_mailable(found.address)) return {};
  return found;
}

std::string to_rfc5322(const mail_message& m) {
  // Quoted-printable never has "=_" in it, so no text can hold the boundary.
  std::string boundary = "=_" + m.message_id.substr(0, m.message_id.find('@'));
  boundary.resize(std::min<std::size_t>(boundary.size(), 60));
  std::string out;
  add_field(out, "Date", rfc5322_date(m.date));
  add_field(out, "From", address_field(m.from, 6));
  add_field(out, "To", address_field(m.to, 4));
  add_field(out, "Message-ID", "<" + m.message_id + ">");
  add_field(out, "Subject", encode_words(one_line(m.subject), 9));
  for (const auto& [name, value] : m.fields) add_field(out, name, folded(printable_only(value), name.size() + 2));
  add_field(out, "MIME-Version", "1.0");
  add_field(out, "Content-Type", "multipart/alternative;\r\n boundary=\"" + boundary + "\"");
  out += "\r\n";
  const auto add_part = [&](std::string_view type, std::string_view content) {
    out.append("--").append(boundary).append("\r\n");
    out.append("Content-Type: ").append(type).append("; charset=utf-8\r\n");
    out.append("Content-Transfer-Encoding: quoted-printable\r\n\r\n");
    out.append(quoted_printable(content)).append("\r\n");
  };
  add_part("text/plain", m.text);
  add_part("text/html", m.html);
  out.append("--").append(boundary).append("--\r\n");
  return out;
}

}  // namespace cumulo::notifications::mail
