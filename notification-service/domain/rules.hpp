#pragma once
// Who is told what, through which channels, and when. Pure: the same arguments give the same answer.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "notification-service/domain/preferences.hpp"

namespace cumulo::notifications {

/// Something that happened, as far as telling goes.
struct occasion {
  kind about{};
  std::string_view actor_id{};    ///< whose doing it is; empty: nobody's. A personal access token acts as its owner
  std::string_view project_id{};  ///< empty: none
};

/// Somebody who might be told.
struct listener {
  std::string_view account_id;
  std::string_view zone;
};

/// One way in which they are.
struct telling {
  channel_name through{};
  instant at{};          ///< not before then
  bool gathered{false};  ///< together with others of the kind that come until then
  [[nodiscard]] bool operator==(const telling&) const = default;
};

/// How long a burst is gathered into one e-mail, from its first.
inline constexpr std::chrono::minutes gathering_time{5};

/// In the order of the channels; empty: not told at all.
[[nodiscard]] std::vector<telling> tell(const occasion& what, const preferences& wanted, const listener& who,
                                        instant now);

}  // namespace cumulo::notifications
