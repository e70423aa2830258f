#include "notification-service/api/webhook_json.hpp"

#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::size_t shown_body = 4 * 1024;

/// Appends `"name":` with its comma.
std::string& member(std::string& out, std::string_view name) {
  if (out.back() != '{') out += ',';
  return out.append("\"").append(name).append("\":");
}

/// "Name: value\n…" as an array of its lines.
void write_lines(std::string& out, std::string_view lines) {
  out += '[';
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    std::string_view line = lines.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.remove_prefix(end == std::string_view::npos ? lines.size() : end + 1);
    if (line.empty()) continue;
    if (out.back() != '[') out += ',';
    json::write_string(out, line);
  }
  out += ']';
}

/// As much of the text as fits, cut between characters.
std::string_view beginning(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

}  // namespace

void write_webhook_item(std::string& out, const webhook& w, const std::optional<std::string>& secret) {
  std::optional<std::string> because;
  if (w.paused_because) because = to_text(*w.paused_because);
  out += '{';
  json::write(member(out, "id"), w.id);
  json::write(member(out, "name"), w.name);
  json::write(member(out, "url"), w.url);
  json::write_string(member(out, "format"), to_text(w.format));
  json::write(member(out, "events"), w.events);
  json::write(member(out, "enabled"), !w.paused_at.has_value());
  json::write(member(out, "paused_at"), w.paused_at);
  json::write(member(out, "paused_because"), because);
  json::write(member(out, "failing_since"), w.failing_since);
  json::write(member(out, "last_success_at"), w.last_success_at);
  json::write(member(out, "old_secret_until"), w.old_secret_until);
  json::write(member(out, "created_at"), w.created_at);
  json::write(member(out, "updated_at"), w.updated_at);
  if (secret) json::write(member(out, "secret"), *secret);
  out += '}';
}

void write_attempt(std::string& out, const webhook_attempt& a) {
  out += '{';
  json::write(member(out, "id"), a.id);
  json::write(member(out, "message_id"), a.message_id);
  json::write(member(out, "type"), a.type);
  json::write(member(out, "attempt"), a.attempt);
  json::write(member(out, "at"), a.at);
  json::write(member(out, "delivered"), !a.error.has_value());
  json::write(member(out, "error"), a.error);
  json::write(member(out, "duration_ms"), a.took.count());
  member(out, "request") += R"({"headers":)";
  write_lines(out, a.request_headers);
  json::write_string(member(out, "body"), beginning(a.request_body, shown_body));
  json::write(member(out, "complete"), a.request_body.size() <= shown_body);
  out += '}';
  member(out, "response");
  if (a.status) {
    out += '{';
    json::write(member(out, "status"), *a.status);
    member(out, "headers");
    write_lines(out, a.response_headers);
    json::write_string(member(out, "body"), a.response_body);
    out += '}';
  } else {
    out += "null";
  }
  out += '}';
}

std::string etag_of(const webhook& w) {
  const auto millis = [](const std::optional<instant>& t) { return t ? std::to_string(to_millis(*t)) : "-"; };
  return std::to_string(w.version) + "." + millis(w.failing_since) + "." + millis(w.last_success_at);
}

}  // namespace cumulo::notifications
