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

bus::event with_body(std::string_view aggregate, std::string_view verb, std::string_view id, std::string_view json,
                     const occasion& when, const change_summary* changes) {
  std::string data;
  data.reserve(json.size() + 128);
  data.append("{\"").append(aggregate).append("\":").append(json).append(",");
  append_actor(data, when);
  if (changes != nullptr) {
    data += R"(,"changed":[)";
    for (const std::string_view member : changes->members) {
      if (data.back() != '[') data += ',';
      data.append("\"").append(member).append("\"");
    }
    data += ']';
  }
  data += '}';
  return make(aggregate, verb, id, std::move(data), when);
}

}  // namespace

bus::event task_event(std::string_view verb, std::string_view id, std::string_view json, const occasion& when,
                      const change_summary* changes) {
  return with_body("task", verb, id, json, when, changes);
}

bus::event project_event(std::string_view verb, std::string_view id, std::string_view json, const occasion& when,
                         const change_summary* changes) {
  return with_body("project", verb, id, json, when, changes);
}

bus::event erased_event(trash_kind kind, std::string_view id, const occasion& when) {
  std::string data = R"({"id":")";
  data.append(id).append(R"(",)");
  append_actor(data, when);
  data += '}';
  return make(kind == trash_kind::task ? "task" : "project", "erased", id, std::move(data), when);
}

}  // namespace cumulo::tasks
