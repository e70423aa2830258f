#include "platform/observe/otlp.hpp"

#include "platform/json/write.hpp"

namespace cumulo::trace {
namespace {

void add_text(std::string& out, std::string_view key, std::string_view value) {
  out.append("\"").append(key).append("\":");
  json::write_string(out, value);
}

/// 64-bit numbers are strings in the JSON of protobuf.
void add_number(std::string& out, std::string_view key, std::int64_t value) {
  out.append("\"").append(key).append("\":\"").append(std::to_string(value)).append("\"");
}

void add_attribute(std::string& out, std::string_view key, const std::variant<std::int64_t, std::string>& value) {
  if (out.back() == '}') out += ',';
  out += '{';
  add_text(out, "key", key);
  out += ",\"value\":{";
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    add_number(out, "intValue", *number);
  } else {
    add_text(out, "stringValue", std::get<std::string>(value));
  }
  out += "}}";
}

void add_time(std::string& out, std::string_view key, std::chrono::system_clock::time_point when) {
  add_number(out, key, std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count());
}

void add_span(std::string& out, const record& r) {
  out += '{';
  add_text(out, "traceId", r.trace_id);
  out += ',';
  add_text(out, "spanId", r.span_id);
  if (!r.parent_id.empty()) {
    out += ',';
    add_text(out, "parentSpanId", r.parent_id);
  }
  out += ',';
  add_text(out, "name", r.name);
  out.append(",\"kind\":").append(std::to_string(static_cast<int>(r.what))).append(",");
  add_time(out, "startTimeUnixNano", r.began);
  out += ',';
  add_time(out, "endTimeUnixNano", r.ended);
  out += ",\"attributes\":[";
  for (const auto& each : r.attributes) add_attribute(out, each.key, each.value);
  out += ']';
  if (r.failed) {
    out += ",\"status\":{\"code\":2";
    if (!r.failure.empty()) {
      out += ',';
      add_text(out, "message", r.failure);
    }
    out += '}';
  }
  out += ",\"flags\":1}";
}

}  // namespace

std::string otlp_json(const resource& who, std::span<const record> spans) {
  std::string out = R"({"resourceSpans":[{"resource":{"attributes":[)";
  out.reserve(512 + spans.size() * 640);
  add_attribute(out, "service.name", who.service_name);
  add_attribute(out, "service.version", who.service_version);
  add_attribute(out, "service.instance.id", who.instance_id);
  out += R"(]},"scopeSpans":[{"scope":{)";
  add_text(out, "name", "cumulo");
  out += ',';
  add_text(out, "version", who.service_version);
  out += "},\"spans\":[";
  for (const auto& each : spans) {
    if (out.back() == '}') out += ',';
    add_span(out, each);
  }
  out += "]}]}]}";
  return out;
}

}  // namespace cumulo::trace
