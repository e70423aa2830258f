#include "notification-service/domain/message.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "notification-service/domain/channel.hpp"
#include "platform/core/id.hpp"

namespace cumulo::notifications {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || is_control(c); });
}

/// Only what rules an address out for certain: whether it exists is found out by looking for it.
bool looks_like_email(std::string_view text) {
  const std::size_t at = text.rfind('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() && text.size() <= longest_email &&
         std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; });
}

void check_recipient(const draft& asked, std::vector<fault>& found) {
  if (!asked.user_id && !asked.email) {
    found.push_back({"/user_id", "required", "Say whom to notify: give user_id or email."});
  }
  if (asked.user_id && asked.email) {
    found.push_back({"/email", "exclusive", "Give either user_id or email, not both."});
  }
  if (asked.user_id && !is_id(*asked.user_id)) {
    found.push_back({"/user_id", "invalid_id", "A user id is a UUID in lower case."});
  }
  if (asked.email && !looks_like_email(*asked.email)) {
    found.push_back({"/email", "invalid_email", "This is not an e-mail address."});
  }
}

void check_content(const content& says, std::vector<fault>& found) {
  if (is_blank(says.title)) {
    found.push_back({"/title", "too_short", "The title must not be empty."});
  } else if (length_in_characters(says.title) > longest_title) {
    found.push_back({"/title", "too_long", "The title may have at most 200 characters."});
  }
  if (std::any_of(says.title.begin(), says.title.end(), is_control)) {
    found.push_back({"/title", "invalid_character", "The title is one line, without control characters."});
  }
  if (says.body && says.body->size() > largest_body) {
    found.push_back({"/body", "too_long", "The body may have at most 8192 bytes."});
  }
  if (says.link && says.link->size() > longest_link) {
    found.push_back({"/link", "too_long", "The link may have at most 2000 bytes."});
  } else if (says.link && !is_safe_link(*says.link)) {
    found.push_back({"/link", "invalid_link", "A link is an http or https address, or a path that starts with '/'."});
  }
  if (says.data && !says.data->starts_with('{')) {
    found.push_back({"/data", "wrong_type", "The data must be an object."});
  } else if (says.data && says.data->size() > largest_data) {
    found.push_back({"/data", "too_long", "The data may have at most 4096 bytes as JSON."});
  }
}

void check_channels(const std::vector<std::string>& channels, std::vector<fault>& found) {
  if (channels.empty()) found.push_back({"/channels", "too_short", "Name at least one channel, or leave it out."});
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    const std::string pointer = "/channels/" + std::to_string(i);
    if (!parse_channel(channels[i])) {
      found.push_back({pointer, "unknown_channel", "The channels are inbox, email, webhook and push."});
    } else if (!seen.insert(channels[i]).second) {
      found.push_back({pointer, "duplicate", "Each channel may be named once."});
    }
  }
}

}  // namespace

std::vector<fault> faults_of(const draft& asked) {
  std::vector<fault> found;
  check_recipient(asked, found);
  check_content(asked.says, found);
  if (asked.channels) check_channels(*asked.channels, found);
  if (asked.send_at && *asked.send_at > asked.asked_at + furthest_schedule) {
    found.push_back({"/send_at", "out_of_range", "A notification can be scheduled for at most a year ahead."});
  }
  return found;
}

bool is_safe_link(std::string_view link) {
  const auto is_unsafe = [](char c) {
    return is_control(c) || std::string_view{" \\\"<>^`{|}"}.find(c) != std::string_view::npos;
  };
  if (link.empty() || link.size() > longest_link || std::any_of(link.begin(), link.end(), is_unsafe)) return false;
  if (link.front() == '/') return link.size() == 1 || link[1] != '/';

  const std::size_t scheme_end = link.find("://");
  if (scheme_end == std::string_view::npos) return false;
  const std::string scheme = email_key(link.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return false;
  const std::string_view rest = link.substr(scheme_end + 3);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  const bool has_credentials = authority.find('@') != std::string_view::npos;
  return !authority.empty() && authority.front() != ':' && !has_credentials;
}

bool may_be_new(std::string_view account_id, instant now) {
  if (!is_id(account_id) || account_id[14] != '7') return false;
  const std::string digits = std::string{account_id.substr(0, 8)} + std::string{account_id.substr(9, 4)};
  std::int64_t made_at = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), made_at, 16);
  return std::chrono::abs(now - from_millis(made_at)) <= settling_time;
}

std::string email_key(std::string_view email) {
  std::string key{email};
  for (char& c : key) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return key;
}

std::size_t length_in_characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace cumulo::notifications
