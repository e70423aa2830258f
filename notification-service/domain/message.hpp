#pragma once
// What is said to whom, and the rules that it must keep. No I/O, no wire format.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/core/result.hpp"

namespace cumulo::notifications {

inline constexpr std::size_t longest_title = 200;      ///< characters (code points)
inline constexpr std::size_t largest_body = 8 * 1024;  ///< bytes
inline constexpr std::size_t longest_link = 2'000;     ///< bytes
inline constexpr std::size_t largest_data = 4 * 1024;  ///< bytes of compact JSON
inline constexpr std::size_t longest_email = 254;      ///< RFC 5321 §4.5.3.1.3

/// What a message says.
struct content {
  std::string title;
  std::optional<std::string> body{};
  std::optional<std::string> link{};
  std::optional<std::string> data{};  ///< the text of a JSON object
};

inline constexpr std::string_view kind_direct = "direct";  ///< somebody's POST /notify
inline constexpr std::string_view kind_link = "link";      ///< a one-time link that its reader asked for

/// A message whose rules have been checked and whose recipient is known.
struct message {
  std::string id;
  std::string sender_id;  ///< empty: the system itself
  std::string recipient_id;
  content says;
  instant created_at{};
  std::string kind{kind_direct};     ///< what it is about: "direct", "reminder", "security", …
  std::optional<instant> send_at{};  ///< not before then; absent: at once
};

/// What somebody asks to be sent, as given.
struct draft {
  std::optional<std::string> user_id{};
  std::optional<std::string> email{};
  content says;
  std::optional<std::vector<std::string>> channels{};  ///< names; absent means the inbox alone
  std::optional<instant> send_at{};
  instant asked_at{};
};

/// How far ahead a message may be scheduled.
inline constexpr std::chrono::days furthest_schedule{366};

/// Every rule that the draft breaks, with pointers into the body of POST /notify. Empty: it may be sent.
[[nodiscard]] std::vector<fault> faults_of(const draft& asked);

/// Safe to offer as a link: absolute http or https with a host and no credentials, or a path on this site ("/…" but not
/// "//…"). No spaces, control characters or backslashes, which browsers repair into something else.
[[nodiscard]] bool is_safe_link(std::string_view link);

/// An account this young may not have been heard of yet: its registration is still on its way to us.
inline constexpr std::chrono::minutes settling_time{10};

/// May there be an account with this id of which nothing was heard yet? Ids of accounts are UUIDv7, which hold the time
/// when they were made.
[[nodiscard]] bool may_be_new(std::string_view account_id, instant now);

/// The form under which addresses are compared: ASCII letters in lower case.
[[nodiscard]] std::string email_key(std::string_view email);

/// Code points of UTF-8 text.
[[nodiscard]] std::size_t length_in_characters(std::string_view text);

}  // namespace cumulo::notifications
