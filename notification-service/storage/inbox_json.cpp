#include "notification-service/storage/inbox_json.hpp"

#include "platform/json/write.hpp"

namespace cumulo::notifications {

void write_item(std::string& out, const inbox_item& item) {
  out += R"({"id":)";
  json::write_string(out, item.id);
  out += R"(,"title":)";
  json::write_string(out, item.title);
  out += R"(,"body":)";
  json::write_string(out, item.body.value_or(""));
  out += R"(,"link":)";
  json::write(out, item.link);
  out += R"(,"data":)";
  out += item.data.value_or("null");
  out += R"(,"created_at":)";
  json::write(out, item.created_at);
  out += R"(,"read_at":)";
  json::write(out, item.read_at);
  out += '}';
}

std::string created_on_stream(const message& m) {
  std::string out = R"({"notification":)";
  write_item(out, {m.id, m.says.title, m.says.body, m.says.link, m.says.data, m.created_at, std::nullopt});
  out += '}';
  return out;
}

std::string read_on_stream(const read_selection& which, instant now, std::int64_t unread) {
  std::string out = R"({"ids":)";
  json::write(out, which.ids);
  out += R"(,"up_to":)";
  json::write(out, which.up_to);
  out += R"(,"read_at":)";
  json::write(out, now);
  out.append(R"(,"unread_count":)").append(std::to_string(unread)).append("}");
  return out;
}

std::string deleted_on_stream(std::string_view id) {
  std::string out = R"({"id":)";
  json::write_string(out, id);
  out += '}';
  return out;
}

}  // namespace cumulo::notifications
