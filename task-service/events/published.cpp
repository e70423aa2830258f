#include "task-service/events/published.hpp"

#include "platform/core/id.hpp"

namespace cumulo::tasks {

namespace {

bus::event make(std::string_view aggregate, std::string_view verb, std::string_view id, std::string data,
                const occasion& when) {
  std::string type = "io.cumulo.";
  type.append(aggregate).append(".").append(verb).append(".v1");
  return {.id = new_id(),
          .type = std::move(type),
          .source = "/task-service",
          .subject = std::string{id},
          .time = when.time,
          .data = std::move(data),
          .traceparent = std::string{when.traceparent}};
}

void append_actor(std::string& out, const occasion& when) {
  out += R"("actor_id":)";
  if (when.actor_id.empty()) {
    out += "null";
  } else {
    out.append("\"").append(when.actor_id).append("\"");
  }
}

void append_audience(std::string& out, std::string_view space_id) {
  out.append(R"(,"audience":[")").append(space_id).append(R"("])");
}

std::string body_of(std::string_view aggregate, std::string_view space_id, std::string_view json, const occasion& when,
                    const change_summary* changes) {
  std::string data;
  data.reserve(json.size() + 256);
  data.append("{\"").append(aggregate).append("\":").append(json).append(",");
  append_actor(data, when);
  append_audience(data, space_id);
  if (changes != nullptr) {
    data += R"(,"changed":[)";
    for (const std::string_view member : changes->members) {
      if (data.back() != '[') data += ',';
      data.append("\"").append(member).append("\"");
    }
    data += ']';
  }
  return data;
}

}  // namespace

bus::event task_event(std::string_view verb, const task& t, std::string_view json, const occasion& when,
                      const change_summary* changes) {
  std::string data = body_of("task", t.space_id, json, when, changes);
  data.append(R"(,"due_at":)").append(t.due_at ? std::to_string(to_millis(*t.due_at)) : "null").append("}");
  return make("task", verb, t.id, std::move(data), when);
}

bus::event project_event(std::string_view verb, const project& p, std::string_view json, const occasion& when,
                         const change_summary* changes) {
  std::string data = body_of("project", p.space_id, json, when, changes);
  data += '}';
  return make("project", verb, p.id, std::move(data), when);
}

bus::event reminder_due_event(const fired_reminder& fired, std::string_view task_json) {
  std::string data = R"({"reminder_id":")";
  data.append(fired.id).append(R"(","account_id":")").append(fired.account_id);
  data.append(R"(","task":)").append(task_json);
  data.append(R"(,"remind_at":)").append(std::to_string(to_millis(fired.remind_at)));
  data.append(R"(,"fired_at":)").append(std::to_string(to_millis(fired.fired_at))).append("}");
  return make("reminder", "due", fired.about.id, std::move(data), {{}, {}, fired.fired_at});
}

bus::event due_soon_event(const task_due_soon& told, std::string_view task_json) {
  std::string data = R"({"task":)";
  data.append(task_json);
  append_audience(data, told.space_id);
  data.append(R"(,"due_at":)").append(std::to_string(to_millis(told.due_at))).append("}");
  return make("task", "due_soon", told.about.id, std::move(data), {{}, {}, told.told_at});
}

bus::event erased_event(const erased_item& gone, const occasion& when) {
  std::string data = R"({"id":")";
  data.append(gone.id).append(R"(",)");
  append_actor(data, when);
  append_audience(data, gone.space_id);
  data += '}';
  return make(gone.kind == trash_kind::task ? "task" : "project", "erased", gone.id, std::move(data), when);
}

}  // namespace cumulo::tasks
