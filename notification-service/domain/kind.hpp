#pragma once
// What notifications are about, and what holds for each: the table of rules. Adding a kind is adding a row.
#include <array>
#include <optional>
#include <string_view>

#include "notification-service/domain/channel.hpp"

namespace cumulo::notifications {

enum class kind {
  reminder,      ///< one's own, set for this time
  due_soon,      ///< a task's deadline is near
  digest,        ///< what is overdue and due today
  task_changed,  ///< by someone or something else
  security,      ///< a new device, a changed password, a token made
  announcement,  ///< by an administrator, to all
  assigned,
  mentioned,
  commented,
  shared,
};

struct rule {
  kind of;
  std::string_view name;
  std::array<bool, channel_names.size()> by_default;  ///< inbox, email, webhook, push
  bool inbox_stays{false};                            ///< the inbox cannot be switched off
  bool tells_actor{false};                            ///< also whoever brought it about
  bool mutes{false};                                  ///< a muted project silences it
  bool waits{true};                                   ///< quiet hours hold back what is not the inbox
  bool gathers{false};                                ///< a burst becomes one e-mail
};

inline constexpr std::array rules{
    rule{.of = kind::reminder, .name = "reminder", .by_default = {true, true, true, true}, .tells_actor = true},
    rule{.of = kind::due_soon,
         .name = "due_soon",
         .by_default = {true, false, true, true},
         .tells_actor = true,
         .mutes = true},
    rule{.of = kind::digest, .name = "digest", .by_default = {true, true, false, false}, .tells_actor = true},
    rule{.of = kind::task_changed,
         .name = "task_changed",
         .by_default = {true, true, true, true},
         .mutes = true,
         .gathers = true},
    rule{.of = kind::security,
         .name = "security",
         .by_default = {true, true, false, true},
         .inbox_stays = true,
         .tells_actor = true,
         .waits = false},
    rule{.of = kind::announcement,
         .name = "announcement",
         .by_default = {true, true, false, false},
         .tells_actor = true},
    rule{.of = kind::assigned, .name = "assigned", .by_default = {true, true, true, true}},
    rule{.of = kind::mentioned, .name = "mentioned", .by_default = {true, true, true, true}},
    rule{.of = kind::commented,
         .name = "commented",
         .by_default = {true, true, true, true},
         .mutes = true,
         .gathers = true},
    rule{.of = kind::shared, .name = "shared", .by_default = {true, true, true, true}},
};
inline constexpr auto& kinds = rules;

[[nodiscard]] constexpr const rule& rule_of(kind k) { return rules[static_cast<std::size_t>(k)]; }
[[nodiscard]] constexpr std::string_view to_text(kind k) { return rule_of(k).name; }
[[nodiscard]] constexpr std::optional<kind> parse_kind(std::string_view text) {
  for (const rule& each : rules) {
    if (each.name == text) return each.of;
  }
  return std::nullopt;
}

}  // namespace cumulo::notifications
