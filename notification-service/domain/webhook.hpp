#pragma once
// Endpoints of webhooks: what a person may register, and what is sent there. No I/O, no wire format.
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/core/member.hpp"
#include "platform/core/result.hpp"

namespace cumulo::notifications {

inline constexpr std::size_t longest_webhook_name = 100;  ///< characters
inline constexpr std::size_t longest_webhook_url = 2'000;
inline constexpr std::size_t most_event_patterns = 50;
inline constexpr std::int64_t most_webhooks = 20;          ///< of an account
inline constexpr std::int64_t most_logged_attempts = 100;  ///< kept per endpoint
inline constexpr std::chrono::hours old_secret_lasts{24};

/// How a message is written: for programs (Standard Webhooks), or for a chat's incoming webhook.
enum class webhook_format { standard, slack, discord, ntfy };
inline constexpr std::array webhook_formats{webhook_format::standard, webhook_format::slack, webhook_format::discord,
                                            webhook_format::ntfy};
[[nodiscard]] std::string_view to_text(webhook_format format);
[[nodiscard]] std::optional<webhook_format> parse_webhook_format(std::string_view text);

/// Why nothing is sent to an endpoint.
enum class pause_reason {
  owner,    ///< its owner said so
  failing,  ///< it has failed for long
  gone,     ///< it answered 410 Gone
};
[[nodiscard]] std::string_view to_text(pause_reason reason);
[[nodiscard]] std::optional<pause_reason> parse_pause_reason(std::string_view text);

struct webhook {
  std::string id;
  std::string account_id;
  std::optional<std::string> name{};
  std::string url{};
  webhook_format format{webhook_format::standard};
  std::vector<std::string> events{};  ///< patterns: "task.created", "notification.*"
  std::string secret{};               ///< as stored: sealed, if a key is configured
  std::optional<std::string> old_secret{};
  std::optional<instant> old_secret_until{};
  std::optional<instant> paused_at{};
  std::optional<pause_reason> paused_because{};
  std::optional<instant> failing_since{};  ///< first failure after the last success
  std::int64_t failures{};                 ///< since then
  std::optional<instant> last_success_at{};
  instant created_at{};
  instant updated_at{};
  std::int64_t version{1};
};

/// What its owner wants of an endpoint: all of a new one, or changes.
struct webhook_wish {
  member<std::string> name{};
  member<std::string> url{};
  member<std::string> format{};
  member<std::vector<std::string>> events{};
  member<bool> enabled{};
};

/// Every rule that the wish breaks, with pointers into the body, except what only the address policy knows.
[[nodiscard]] std::vector<fault> faults_of(const webhook_wish& wish, bool is_new);
/// Precondition: no faults. False if nothing changed. Resuming forgets the failures.
bool apply(webhook& target, const webhook_wish& wish, instant now);

/// "notification.reminder" matches "notification.reminder", "notification.*" and "*".
[[nodiscard]] bool is_wanted(const std::vector<std::string>& patterns, std::string_view type);
/// Do the patterns ask for more than notifications (tasks, projects)?
[[nodiscard]] bool asks_for_tasks(const std::vector<std::string>& patterns);

/// "whsec_" and 24 random bytes in base64.
[[nodiscard]] std::string new_webhook_secret();
/// The value of webhook-signature for one secret: "v1," and the base64 HMAC-SHA256 of "id.timestamp.body".
[[nodiscard]] std::string sign_webhook(std::string_view secret, std::string_view id, std::int64_t timestamp,
                                       std::string_view body);

/// One call to an endpoint, as its owner may look it up.
struct webhook_attempt {
  std::string id;
  std::string webhook_id;
  std::string message_id;  ///< the webhook-id header
  std::string type;        ///< "notification.reminder", "task.created", "webhook.test"
  std::int64_t attempt{1};
  instant at{};
  std::string request_headers;  ///< "Name: value\n" each
  std::string request_body;
  std::optional<std::int64_t> status{};  ///< absent: no answer
  std::string response_headers{};
  std::string response_body{};  ///< its beginning
  std::chrono::milliseconds took{};
  std::optional<std::string> error{};  ///< absent: delivered
};

}  // namespace cumulo::notifications
