#include "notification-service/delivery/smtp_outcome.hpp"

#include <charconv>

namespace cumulo::notifications {

namespace {

constexpr std::size_t longest_error = 300;

struct reply {
  int code;
  std::string_view line;
};

/// Whole replies: the last line of each has a space after its code.
std::vector<reply> replies_in(std::string_view replies) {
  std::vector<reply> all;
  while (!replies.empty()) {
    const std::size_t end = std::min(replies.find('\n'), replies.size());
    const std::string_view line = replies.substr(0, end);
    replies.remove_prefix(std::min(end + 1, replies.size()));
    int code = 0;
    if (line.size() < 3 || std::from_chars(line.data(), line.data() + 3, code).ptr != line.data() + 3) continue;
    if (line.size() == 3 || line[3] != '-') all.push_back({code, line});
  }
  return all;
}

/// As a server wrote it, on one line.
std::string shown(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, longest_error)) {
    if (static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f) out += c;
  }
  return out;
}

/// The refusal itself; after it comes the answer to QUIT.
std::string refusal_in(std::string_view replies) {
  std::string_view found;
  for (const reply& each : replies_in(replies)) {
    if (each.code >= 400) found = each.line;
  }
  return shown(found);
}

bool is_about_the_mailbox(std::string_view reply) {
  return reply.find(" 5.2.2") == std::string_view::npos && reply.find(" 5.7.") == std::string_view::npos &&
         !reply.starts_with("552");
}

}  // namespace

smtp_step refused_step(std::string_view replies) {
  std::vector<int> codes;
  for (const reply& each : replies_in(replies)) codes.push_back(each.code);
  std::size_t at = 0;
  const auto next_is = [&](int code) { return at < codes.size() && codes[at] == code; };
  const auto skip_hello = [&] {
    while (at < codes.size() && codes[at] >= 500 && at + 1 < codes.size()) ++at;  // EHLO refused, then HELO
    if (!next_is(250)) return false;
    ++at;
    return true;
  };
  if (next_is(220)) {
    ++at;
    if (!skip_hello()) return smtp_step::session;
    if (next_is(220)) {  // STARTTLS, and the greeting again inside
      ++at;
      if (!skip_hello()) return smtp_step::session;
    }
    while (next_is(334)) ++at;
    if (next_is(235)) ++at;
    if (at < codes.size() && (codes[at] == 535 || codes[at] == 534 || codes[at] == 454)) return smtp_step::session;
  } else if (codes.size() == 1 && (codes[0] == 421 || codes[0] == 554)) {
    return smtp_step::session;
  }
  std::size_t accepted = 0;
  while (at < codes.size() && codes[at] < 400) {
    ++at;
    ++accepted;
  }
  switch (accepted) {
    case 0: return smtp_step::sender;
    case 1: return smtp_step::recipient;
    case 2: return smtp_step::data;
    default: return smtp_step::message;
  }
}

attempt outcome_of(const outbound::exchange& seen) {
  using enum attempt::outcome;
  if (!seen.failed) return {};
  if (*seen.failed == outbound::failure::stopped) {
    return {.how = retry, .error = "interrupted by a stop", .retry_after = std::chrono::milliseconds{0}};
  }
  std::string error = shown(seen.detail);
  if (*seen.failed == outbound::failure::protocol) {
    if (std::string refusal = refusal_in(seen.headers); !refusal.empty()) error = std::move(refusal);
  }
  if (*seen.failed != outbound::failure::protocol || !error.starts_with('5')) {
    return {retry, error.empty() ? std::string{to_text(*seen.failed)} : error};
  }
  switch (refused_step(seen.headers)) {
    case smtp_step::session:
    case smtp_step::sender: return {retry, error};
    case smtp_step::recipient: return {.how = failed, .error = error, .address_refused = is_about_the_mailbox(error)};
    case smtp_step::data:
    case smtp_step::message: return {failed, error};
  }
  return {retry, error};
}

}  // namespace cumulo::notifications
