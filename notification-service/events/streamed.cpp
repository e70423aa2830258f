#include <boost/describe/class.hpp>

#include "notification-service/events/consumed.hpp"
#include "notification-service/storage/stream_log.hpp"
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
std::optional<std::string_view> stream_type(std::string_view type) {
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

std::string on_stream(const change_data& what) {
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

awaitable<void> consume(const bus::event& e, sql::transaction& tx) {
  const auto type = stream_type(e.type);
  if (!type) co_return;
  const auto data = json::read<change_data>(e.data, {.unknown_members = true});
  if (!data) throw std::runtime_error("event " + e.id + " cannot be read: " + data.error().detail);
  std::vector<std::string> audience;
  if (data->audience) {
    audience = *data->audience;
  } else if (data->actor_id) {  // an event from before events named their audience
    audience = {*data->actor_id};
  }
  const std::string told = on_stream(*data);
  for (const std::string& account : audience) {
    if (!is_id(account)) throw std::runtime_error("event " + e.id + " has an audience that is no account");
    co_await stream_log::append(tx, account, std::string{*type}, told, e.time);
  }
}

}  // namespace

bus::subscription streamed_events(sql::database& store) {
  return {.consumer = "notification-service.stream",
          .types = {"io.cumulo.task.*", "io.cumulo.project.*"},
          .database = &store,
          .handle = consume};
}

}  // namespace cumulo::notifications
