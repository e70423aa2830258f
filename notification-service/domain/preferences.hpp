#pragma once
// What a person wants to be told of, through what, and when. What was never chosen follows the defaults of this
// release; only choices are kept.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notification-service/domain/channel.hpp"
#include "notification-service/domain/kind.hpp"
#include "notification-service/domain/local_time.hpp"

namespace cumulo::notifications {

inline constexpr std::size_t most_muted_projects = 200;

/// One kind's channels, by channel_name; empty: not chosen.
using channel_choices = std::array<std::optional<bool>, channel_names.size()>;

struct digest_settings {
  bool daily{true};    ///< of what is overdue and due today
  bool weekly{false};  ///< of what is overdue and due within seven days; takes the daily one's place on its day
  int weekday{1};      ///< ISO: 1 is Monday
  minute_of_day at{8 * 60};
  [[nodiscard]] bool operator==(const digest_settings&) const = default;
};

struct preferences {
  std::array<channel_choices, kinds.size()> choices{};
  std::optional<day_part> quiet_hours{};
  digest_settings digest{};
  std::vector<std::string> muted_projects{};  ///< ids, sorted, each once
  std::int64_t version{0};                    ///< 0: never changed

  [[nodiscard]] bool wants(kind what, channel_name through) const;
  void choose(kind what, channel_name through, std::optional<bool> wanted);
  [[nodiscard]] bool mutes(std::string_view project_id) const;
};

/// The choices as one text of words ("reminder:email=0"), and back; words that this release does not know are dropped.
[[nodiscard]] std::string choices_to_text(const preferences& of);
void choices_from_text(std::string_view text, preferences& into);

/// The first digest after `now` that is due on a day later than `last` (no day twice, whatever happens to zone and
/// settings); nothing if none is wanted.
struct digest_time {
  local_day day{};
  instant at{};
};
[[nodiscard]] std::optional<digest_time> next_digest(const digest_settings& wanted, std::string_view zone, instant now,
                                                     std::optional<local_day> last);

/// A digest that could not be sent in time (everything was down) is sent up to this much later, then left out.
inline constexpr std::chrono::hours digest_patience{6};

}  // namespace cumulo::notifications
