#include <boost/describe/class.hpp>

#include "platform/bus/bus.hpp"
#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace cumulo::bus {

namespace {

struct envelope {
  std::string specversion, id, type, source;
  std::optional<std::string> subject, traceparent, datacontenttype;
  std::optional<instant> time;
  std::optional<json::raw> data;
};
BOOST_DESCRIBE_STRUCT(envelope, (), (specversion, id, type, source, subject, traceparent, datacontenttype, time, data))

void add(std::string& out, std::string_view name, std::string_view value) {
  out.append(out.empty() ? "{\"" : ",\"").append(name).append("\":");
  json::write_string(out, value);
}

error not_an_event() { return {.code = errc::malformed, .detail = "This is no CloudEvents 1.0 JSON event."}; }

}  // namespace

std::string to_cloudevent(const event& e) {
  std::string out;
  out.reserve(320 + e.data.size());
  add(out, "specversion", "1.0");
  add(out, "id", e.id);
  add(out, "type", e.type);
  add(out, "source", e.source);
  add(out, "subject", e.subject);
  add(out, "time", to_rfc3339(e.time));
  if (!e.traceparent.empty()) add(out, "traceparent", e.traceparent);
  add(out, "datacontenttype", "application/json");
  return out.append(",\"data\":").append(e.data.empty() ? "null" : e.data).append(1, '}');
}

result<event> from_cloudevent(std::string_view json) {
  auto read = json::read<envelope>(json, {.unknown_members = true});
  if (!read) return not_an_event();
  envelope& e = *read;
  if (e.specversion != "1.0" || e.id.empty() || e.type.empty() || e.source.empty()) return not_an_event();
  if (e.datacontenttype && *e.datacontenttype != "application/json") return not_an_event();
  return event{.id = std::move(e.id),
               .type = std::move(e.type),
               .source = std::move(e.source),
               .subject = std::move(e.subject).value_or(""),
               .time = e.time.value_or(instant{}),
               .data = e.data ? std::move(e.data->text) : "null",
               .traceparent = std::move(e.traceparent).value_or("")};
}

}  // namespace cumulo::bus
