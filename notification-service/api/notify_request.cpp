#include "notification-service/api/notify_request.hpp"

#include "notification-service/api/types.hpp"
#include "notification-service/domain/placeholders.hpp"

namespace cumulo::notifications {

namespace {

/// Texts, numbers and booleans of the data's first level.
placeholder_values values_of(const std::optional<json::raw>& data) {
  placeholder_values values;
  if (!data) return values;
  const auto members = json::read<std::map<std::string, json::raw>>(data->text);
  if (!members) return values;
  for (const auto& [name, value] : *members) {
    if (value.text.starts_with('"')) {
      if (auto text = json::read<std::string>(value.text)) values.emplace(name, std::move(*text));
    } else if (!value.text.starts_with('{') && !value.text.starts_with('[') && value.text != "null") {
      values.emplace(name, value.text);
    }
  }
  return values;
}

void fill_in(std::string& text, std::string_view pointer, const placeholder_values& values, std::vector<fault>& found) {
  filled_text filled = fill(text, values);
  for (const std::string& name : filled.unknown) {
    found.push_back(
        {std::string{pointer}, "unknown_placeholder", "data has no text, number or boolean for {{" + name + "}}."});
  }
  if (filled.unknown.empty()) text = std::move(filled.text);
}

draft draft_of(const notify_request& body, instant now, std::vector<fault>& found) {
  draft asked{body.user_id,  body.email,   content{body.title, body.body, body.link, {}},
              body.channels, body.send_at, now};
  if (body.data) asked.says.data = body.data->text;
  if (body.placeholders.value_or(false)) {
    const placeholder_values values = values_of(body.data);
    fill_in(asked.says.title, "/title", values, found);
    if (asked.says.body) fill_in(*asked.says.body, "/body", values, found);
  }
  const std::vector<fault> broken = faults_of(asked);
  found.insert(found.end(), broken.begin(), broken.end());
  return asked;
}

}  // namespace

result<draft> read_draft(std::string_view json, instant now) {
  const auto rules = [now](const notify_request& body) {
    std::vector<fault> found;
    static_cast<void>(draft_of(body, now, found));
    return found;
  };
  const auto body = json::read_checked<notify_request>(json, rules);
  if (!body) return body.error();
  std::vector<fault> none;
  return draft_of(*body, now, none);
}

std::vector<channel_name> channels_of(const draft& asked) {
  if (!asked.channels) return {channel_name::inbox};
  std::vector<channel_name> names;
  for (const std::string& each : *asked.channels) names.push_back(*parse_channel(each));
  return names;
}

result<std::vector<std::string>> read_batch(std::string_view json) {
  const auto rules = [](const batch_request& body) -> std::vector<fault> {
    if (body.items.empty()) return {{"/items", "too_short", "Give at least one item."}};
    if (body.items.size() > most_in_batch) return {{"/items", "too_many", "At most 1000 items at once."}};
    return {};
  };
  auto body = json::read_checked<batch_request>(json, rules);
  if (!body) return body.error();
  std::vector<std::string> items;
  for (json::unread& each : body->items) items.push_back(std::move(each.text));
  return items;
}

}  // namespace cumulo::notifications
