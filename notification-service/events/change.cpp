#include "notification-service/events/change.hpp"

#include <algorithm>
#include <array>
#include <boost/describe/class.hpp>

#include "platform/core/id.hpp"
#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::string_view common = "io.cumulo.";
constexpr std::string_view version = ".v1";

/// What happens to a task or project, of whichever kind.
struct change_data {
  std::optional<json::raw> task;
  std::optional<json::raw> project;
  std::optional<std::string> id;
  std::optional<std::string> actor_id;
  std::optional<std::vector<std::string>> changed;
  std::optional<std::vector<std::string>> audience;
};
BOOST_DESCRIBE_STRUCT(change_data, (), (task, project, id, actor_id, changed, audience))

/// "task.created" of "io.cumulo.task.created.v1"; nothing for what is no change of a task or project (task.due_soon).
std::optional<std::string_view> type_of(std::string_view type) {
  if (!type.starts_with(common) || !type.ends_with(version)) return std::nullopt;
  type.remove_prefix(common.size());
  type.remove_suffix(version.size());
  static constexpr std::array verbs{"created", "updated", "completed", "trashed", "restored", "erased"};
  const auto dot = type.find('.');
  if (dot == std::string_view::npos || std::ranges::find(verbs, type.substr(dot + 1)) == verbs.end()) {
    return std::nullopt;
  }
  return type;
}

std::string told_of(const change_data& what) {
  std::string out = "{";
  const auto member = [&out](std::string_view name) -> std::string& {
    if (out.size() > 1) out += ',';
    return out.append("\"").append(name).append("\":");
  };
  if (what.task) member("task") += what.task->text;
  if (what.project) member("project") += what.project->text;
  if (what.id) json::write_string(member("id"), *what.id);
  if (what.changed) json::write(member("changed"), *what.changed);
  json::write(member("actor_id"), what.actor_id);
  out += '}';
  return out;
}

}  // namespace

std::optional<change> change_of(const bus::event& e) {
  const auto type = type_of(e.type);
  if (!type) return std::nullopt;
  auto data = json::read<change_data>(e.data, {.unknown_members = true});
  if (!data) throw std::runtime_error("event " + e.id + " cannot be read: " + data.error().detail);
  change what{.type = std::string{*type}, .told = told_of(*data)};
  if (data->audience) {
    what.audience = std::move(*data->audience);
  } else if (data->actor_id) {  // an event from before events named their audience
    what.audience = {*data->actor_id};
  }
  for (const std::string& account : what.audience) {
    if (!is_id(account)) throw std::runtime_error("event " + e.id + " has an audience that is no account");
  }
  return what;
}

}  // namespace cumulo::notifications
