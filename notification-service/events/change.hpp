#pragma once
// What happened to a task or project, as those who may see it are told: on streams and by webhooks.
#include <optional>
#include <string>
#include <vector>

#include "platform/bus/bus.hpp"

namespace cumulo::notifications {

struct change {
  std::string type;                     ///< "task.created"
  std::vector<std::string> audience{};  ///< accounts
  std::string told{};  ///< JSON text: task or project or id, changed, actor_id; not who else is in the audience
};

/// Nothing for what is no change of a task or project (task.due_soon). Throws std::runtime_error for an event that
/// cannot be read.
[[nodiscard]] std::optional<change> change_of(const bus::event& e);

}  // namespace cumulo::notifications
