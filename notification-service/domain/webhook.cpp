#include "notification-service/domain/webhook.hpp"

#include <sodium.h>

#include <algorithm>
#include <set>

#include "notification-service/domain/message.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::string_view secret_prefix = "whsec_";
constexpr std::array families{std::string_view{"notification"}, std::string_view{"task"}, std::string_view{"project"}};

std::string to_base64(const unsigned char* bytes, std::size_t size) {
  std::string text(sodium_base64_ENCODED_LEN(size, sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes, size, sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // its NUL
  return text;
}

std::string from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  std::size_t size = 0;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(), text.size(), nullptr,
                        &size, nullptr, sodium_base64_VARIANT_ORIGINAL) != 0) {
    size = 0;
  }
  bytes.resize(size);
  return bytes;
}

bool is_pattern(std::string_view text) {
  if (text == "*") return true;
  const auto dot = text.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view kind = text.substr(dot + 1);
  const bool is_kind =
      kind == "*" || (!kind.empty() && kind.size() <= 40 &&
                      std::all_of(kind.begin(), kind.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
  return is_kind && std::find(families.begin(), families.end(), text.substr(0, dot)) != families.end();
}

void check_events(const std::vector<std::string>& events, std::vector<fault>& found) {
  if (events.empty()) found.push_back({"/events", "too_short", "Name at least one event, or leave it out."});
  if (events.size() > most_event_patterns) found.push_back({"/events", "too_many", "At most 50 events."});
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < std::min(events.size(), most_event_patterns); ++i) {
    const std::string pointer = "/events/" + std::to_string(i);
    if (!is_pattern(events[i])) {
      found.push_back(
          {pointer, "unknown_event",
           "An event is notification, task or project, a dot and a kind or *: \"task.created\", \"task.*\"."});
    } else if (!seen.insert(events[i]).second) {
      found.push_back({pointer, "duplicate", "Each event may be named once."});
    }
  }
}

}  // namespace

std::string_view to_text(webhook_format format) {
  switch (format) {
    case webhook_format::standard: return "standard";
    case webhook_format::slack: return "slack";
    case webhook_format::discord: return "discord";
    case webhook_format::ntfy: return "ntfy";
  }
  return {};
}

std::optional<webhook_format> parse_webhook_format(std::string_view text) {
  for (const webhook_format each : webhook_formats) {
    if (to_text(each) == text) return each;
  }
  return std::nullopt;
}

std::string_view to_text(pause_reason reason) {
  switch (reason) {
    case pause_reason::owner: return "owner";
    case pause_reason::failing: return "failing";
    case pause_reason::gone: return "gone";
  }
  return {};
}

std::optional<pause_reason> parse_pause_reason(std::string_view text) {
  for (const pause_reason each : {pause_reason::owner, pause_reason::failing, pause_reason::gone}) {
    if (to_text(each) == text) return each;
  }
  return std::nullopt;
}

std::vector<fault> faults_of(const webhook_wish& wish, bool is_new) {
  std::vector<fault> found;
  const auto refuse_null = [&](bool is_null, const char* pointer) {
    if (is_null) found.push_back({pointer, "wrong_type", "This cannot be null."});
  };
  refuse_null(wish.url.is_null(), "/url");
  refuse_null(wish.format.is_null(), "/format");
  refuse_null(wish.events.is_null(), "/events");
  refuse_null(wish.enabled.is_null(), "/enabled");
  if (is_new && wish.url.is_absent()) found.push_back({"/url", "required", "Say where to send to."});
  if (wish.url.has_value() && wish.url->size() > longest_webhook_url) {
    found.push_back({"/url", "too_long", "The address may have at most 2000 bytes."});
  }
  if (wish.name.has_value() && length_in_characters(*wish.name) > longest_webhook_name) {
    found.push_back({"/name", "too_long", "The name may have at most 100 characters."});
  }
  if (wish.format.has_value() && !parse_webhook_format(*wish.format)) {
    found.push_back({"/format", "invalid_choice", "The formats are standard, slack, discord and ntfy."});
  }
  if (wish.events.has_value()) check_events(*wish.events, found);
  return found;
}

bool apply(webhook& target, const webhook_wish& wish, instant now) {
  const webhook before = target;
  wish.name.merge_into(target.name);
  wish.url.merge_into(target.url);
  wish.events.merge_into(target.events);
  if (wish.format.has_value()) target.format = *parse_webhook_format(*wish.format);
  if (wish.enabled.has_value() && *wish.enabled == target.paused_at.has_value()) {
    target.paused_at = *wish.enabled ? std::nullopt : std::optional{now};
    target.paused_because = *wish.enabled ? std::nullopt : std::optional{pause_reason::owner};
    target.failing_since.reset();
    target.failures = 0;
  }
  const bool changed = before.name != target.name || before.url != target.url || before.events != target.events ||
                       before.format != target.format || before.paused_at != target.paused_at;
  if (changed) {
    target.updated_at = std::max(now, target.updated_at);
    ++target.version;
  }
  return changed;
}

bool is_wanted(const std::vector<std::string>& patterns, std::string_view type) {
  return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
    if (!pattern.ends_with('*')) return pattern == type;
    return type.starts_with(pattern.substr(0, pattern.size() - 1));
  });
}

bool asks_for_tasks(const std::vector<std::string>& patterns) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [](std::string_view pattern) { return !pattern.starts_with("notification."); });
}

std::string new_webhook_secret() {
  std::array<unsigned char, 24> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  return std::string{secret_prefix} + to_base64(bytes.data(), bytes.size());
}

std::string sign_webhook(std::string_view secret, std::string_view id, std::int64_t timestamp, std::string_view body) {
  if (secret.starts_with(secret_prefix)) secret.remove_prefix(secret_prefix.size());
  const std::string key = from_base64(secret);
  std::string head{id};
  head.append(".").append(std::to_string(timestamp)).append(".");
  const auto bytes_of = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(head), head.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(body), body.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  return "v1," + to_base64(mac.data(), mac.size());
}

}  // namespace cumulo::notifications
