#include "notification-service/api/encode.hpp"

#include "platform/http/problem.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

void write_accepted(std::string& out, const acceptance& what) {
  out += R"({"id":)";
  json::write_string(out, what.accepted.id);
  out += R"(,"deliveries":[)";
  for (const delivery& each : what.deliveries) {
    if (out.back() != '[') out += ',';
    out.append(R"({"channel":")").append(to_text(each.channel));
    out.append(R"(","status":")").append(to_text(each.status)).append("\"}");
  }
  out += "]}";
}

void write_accepted_item(std::string& out, const acceptance& what) {
  out += R"({"status":202,)";
  std::string inner;
  write_accepted(inner, what);
  out.append(inner, 1);
}

void write_refused(std::string& out, const error& why) {
  // What is malformed by itself is a value of the wrong kind here: the batch could be read.
  const int status = http::status_of(why.code == errc::malformed ? errc::invalid : why.code);
  out.append(R"({"status":)").append(std::to_string(status)).append(R"(,"detail":)");
  json::write_string(out, why.detail);
  out += R"(,"errors":[)";
  for (const fault& each : why.faults) {
    if (out.back() != '[') out += ',';
    out += R"({"pointer":)";
    json::write_string(out, each.pointer);
    out += R"(,"code":)";
    json::write_string(out, each.code);
    out += R"(,"detail":)";
    json::write_string(out, each.detail);
    out += '}';
  }
  out += "]}";
}

void write_dispatch(std::string& out, std::string_view id, const dispatch_record& sent) {
  out += R"({"id":)";
  json::write_string(out, id);
  out += R"(,"title":)";
  json::write_string(out, sent.title);
  out += R"(,"created_at":)";
  json::write(out, sent.created_at);
  out += R"(,"send_at":)";
  json::write(out, sent.send_at);
  out += R"(,"deliveries":[)";
  for (const delivery_record& each : sent.deliveries) {
    if (out.back() != '[') out += ',';
    out.append(R"({"channel":")").append(to_text(each.channel));
    out.append(R"(","status":")").append(to_text(each.status));
    out.append(R"(","attempts":)").append(std::to_string(each.attempts)).append(R"(,"updated_at":)");
    json::write(out, each.updated_at);
    out += R"(,"detail":)";
    json::write(out, each.last_error);
    out += '}';
  }
  out += "]}";
}

void write_dead_letter(std::string& out, const dead_letter& letter) {
  out += R"({"notification_id":)";
  json::write_string(out, letter.notification_id);
  out.append(R"(,"channel":")").append(to_text(letter.channel));
  out.append(R"(","status":")").append(to_text(letter.status)).append(R"(","kind":)");
  json::write_string(out, letter.kind);
  out += R"(,"recipient_id":)";
  json::write_string(out, letter.recipient_id);
  out += R"(,"target":)";
  json::write_string(out, letter.target);
  out.append(R"(,"attempts":)").append(std::to_string(letter.attempts)).append(R"(,"detail":)");
  json::write(out, letter.last_error);
  out += R"(,"due_at":)";
  json::write(out, letter.due_at);
  out += R"(,"updated_at":)";
  json::write(out, letter.updated_at);
  out += '}';
}

void write_read_outcome(std::string& out, const read_outcome& outcome) {
  out.append(R"({"marked":)").append(std::to_string(outcome.marked));
  out.append(R"(,"unread_count":)").append(std::to_string(outcome.unread)).append("}");
}

std::string etag_of(const inbox_item& item) {
  return item.read_at ? "read-" + std::to_string(to_millis(*item.read_at)) : "unread";
}

}  // namespace cumulo::notifications
