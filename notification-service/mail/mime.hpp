#pragma once
// Internet messages: RFC 5322 header fields, encoded words (RFC 2047), multipart/alternative in quoted-printable (RFC
// 2045). No I/O. Whatever the texts hold, they cannot add a field, a part or a recipient.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/core/clock.hpp"

namespace cumulo::notifications::mail {

struct mailbox {
  std::string name;     ///< any text; may be empty
  std::string address;  ///< is_mailable()
};

struct mail_message {
  mailbox from;
  mailbox to;
  std::string subject;     ///< any text
  std::string message_id;  ///< without brackets: printable ASCII, no spaces
  instant date{};
  std::string text;
  std::string html;
  /// More fields. Values are printable ASCII (others are replaced by "?"); long ones are folded at spaces.
  std::vector<std::pair<std::string, std::string>> fields{};
};

/// The message with lines ended by CRLF, none longer than 998 bytes (nor than 78 where it can be folded). The same
/// input gives the same bytes.
[[nodiscard]] std::string to_rfc5322(const mail_message& m);

/// An address that can be written into an envelope and a header as it stands: printable ASCII, one "@" with something
/// on both sides, none of the characters that mean something there. Rules out quoted local parts and SMTPUTF8.
[[nodiscard]] bool is_mailable(std::string_view address);

/// "Name <address>" or "address"; an empty address if it is neither.
[[nodiscard]] mailbox parse_mailbox(std::string_view text);

// The pieces, for their tests.
[[nodiscard]] std::string encode_words(std::string_view text, std::size_t column);  ///< `column`: used on the line
[[nodiscard]] std::string quoted_printable(std::string_view text);
[[nodiscard]] std::string rfc5322_date(instant t);

}  // namespace cumulo::notifications::mail
