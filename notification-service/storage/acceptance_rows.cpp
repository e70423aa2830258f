#include "notification-service/storage/acceptance_rows.hpp"

#include "notification-service/storage/inbox_json.hpp"
#include "notification-service/storage/notification_statements.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

std::array<sql::param, 10> delivery_values(const acceptance& what, const delivery& each, std::size_t position,
                                           instant due) {
  const message& m = what.accepted;
  if (each.not_before) due = std::max(due, *each.not_before);
  const bool waits = each.status == delivery_status::pending || each.status == delivery_status::scheduled;
  std::optional<std::int64_t> next_attempt;
  if (waits) next_attempt = to_millis(due);
  const std::string& lane = each.target.empty() ? m.recipient_id : each.target;
  return {sql::param{m.id},
          sql::param{to_text(each.channel)},
          sql::param{position},
          sql::param{to_text(each.status)},
          sql::param{each.status == delivery_status::delivered ? 1 : 0},
          sql::param{next_attempt},
          sql::param{to_millis(what.accepted_at.value_or(m.created_at))},
          sql::param{to_millis(due)},
          sql::param{lane},
          sql::param{each.target}};
}

}  // namespace

acceptance_rows::acceptance_rows(const acceptance& what) : what_(what) {
  const message& m = what.accepted;
  if (what.has_pending()) payload_ = payload_of(m.says);
  std::optional<std::string_view> sender;
  if (!m.sender_id.empty()) sender = m.sender_id;
  std::optional<std::int64_t> send_at;
  if (m.send_at) send_at = to_millis(*m.send_at);
  dispatch_ = {sql::param{m.id},         sql::param{sender},   sql::param{m.recipient_id},
               sql::param{m.says.title}, sql::param{payload_}, sql::param{to_millis(m.created_at)},
               sql::param{m.kind},       sql::param{send_at}};
  item_ = {sql::param{m.recipient_id},
           sql::param{m.id},
           sql::param{m.says.title},
           sql::param{m.says.body},
           sql::param{m.says.link},
           sql::param{m.says.data},
           sql::param{to_millis(m.created_at)},
           sql::param{m.kind}};
  if (what.in_inbox) told_.emplace(m.recipient_id, "notification.created", created_on_stream(m), m.created_at);
  const instant due = m.send_at ? std::max(*m.send_at, m.created_at) : m.created_at;
  for (const delivery& each : what.deliveries) {
    deliveries_.push_back(delivery_values(what, each, deliveries_.size(), due));
  }
}

void acceptance_rows::add_rest(std::vector<sql::command>& to) const {
  if (what_.in_inbox) {
    to.push_back({&statements::insert_item, item_});
    to.push_back(told_->command());
  }
  for (const auto& values : deliveries_) to.push_back({&statements::insert_delivery, values});
}

std::string payload_of(const content& says) {
  std::string out = R"({"title":)";
  json::write_string(out, says.title);
  const auto add_text = [&out](std::string_view name, const std::optional<std::string>& text) {
    if (!text) return;
    out.append(",\"").append(name).append("\":");
    json::write_string(out, *text);
  };
  add_text("body", says.body);
  add_text("link", says.link);
  if (says.data) out.append(R"(,"data":)").append(*says.data);
  out += '}';
  return out;
}

}  // namespace cumulo::notifications
