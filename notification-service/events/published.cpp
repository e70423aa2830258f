#include "notification-service/events/published.hpp"

#include "platform/core/id.hpp"

namespace cumulo::notifications {

bus::event notification_created(const acceptance& what, std::string_view traceparent) {
  const message& m = what.accepted;
  const std::string sender = m.sender_id.empty() ? "null" : "\"" + m.sender_id + "\"";
  std::string data = R"({"id":")" + m.id + R"(","account_id":")" + m.recipient_id + R"(","sender_id":)" + sender +
                     R"(,"kind":")" + m.kind + R"(","channels":[)";
  for (const delivery& each : what.deliveries) {
    if (data.back() != '[') data += ',';
    data.append("\"").append(to_text(each.channel)).append("\"");
  }
  data += "]}";
  return {.id = new_id(),
          .type = "io.cumulo.notification.created.v1",
          .source = "/notification-service",
          .subject = m.id,
          .time = m.created_at,
          .data = std::move(data),
          .traceparent = std::string{traceparent}};
}

}  // namespace cumulo::notifications
