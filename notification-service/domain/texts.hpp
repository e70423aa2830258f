#pragma once
// The words of notifications, by language: English and German; other languages get English. All that comes from people
// (titles, names) is taken as plain text and bounded, so that what is built here keeps the rules of a message.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notification-service/domain/message.hpp"

namespace cumulo::notifications {

/// In whose words and at whose clock.
struct reader {
  std::string locale{};  ///< BCP 47; empty: English
  std::string zone{};    ///< IANA; empty: UTC
};

struct task_facts {
  std::string id{};
  std::string title{};
  std::string due{};  ///< as its author wrote it; empty: none
  std::optional<instant> due_at{};
};

[[nodiscard]] content reminder_text(const reader& who, const task_facts& task);
[[nodiscard]] content due_soon_text(const reader& who, const task_facts& task);

enum class task_change { created, updated, completed, trashed, restored };
/// `changed`: the members of an update. `actor`: a name, or empty.
[[nodiscard]] content task_change_text(const reader& who, task_change what, const task_facts& task,
                                       const std::vector<std::string>& changed, std::string_view actor);

/// Several changes in one mail: the title of each, the oldest first; `count` may be more than the lines that are left.
[[nodiscard]] content gathered_text(const reader& who, std::int64_t count, const std::vector<std::string>& lines);
inline constexpr std::size_t most_gathered_lines = 20;

enum class security_event { signed_in, password_changed, token_created };
struct security_facts {
  instant at{};
  std::string address{};     ///< empty: not known
  std::string user_agent{};  ///< empty: not known
  std::string name{};        ///< the token's
  std::int64_t paused_webhooks{0};
};
[[nodiscard]] content security_text(const reader& who, security_event what, const security_facts& facts);

struct digest_facts {
  std::int64_t overdue{0};
  std::int64_t today{0};
  std::int64_t this_week{0};        ///< after today; 0 in a daily digest
  std::vector<task_facts> tasks{};  ///< the first of them by deadline, at most most_digest_tasks
};
inline constexpr std::size_t most_digest_tasks = 30;
[[nodiscard]] content digest_text(const reader& who, const digest_facts& facts);

/// What a person reads who follows the link at the end of a mail.
struct unsubscribe_words {
  std::string_view title, question, button, done;
};
[[nodiscard]] const unsubscribe_words& unsubscribe_text(std::string_view locale);
/// The name of a kind where a person chooses ("Changes of tasks"); empty for an unknown one.
[[nodiscard]] std::string_view kind_text(std::string_view locale, std::string_view kind);

}  // namespace cumulo::notifications
