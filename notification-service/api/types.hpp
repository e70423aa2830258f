#pragma once
// The bodies of the notification-service's requests, as contracts/openapi.yaml names them.
#include <boost/describe/class.hpp>
#include <optional>
#include <string>
#include <vector>

#include "platform/json/read.hpp"

namespace cumulo::notifications {

struct notify_request {
  std::optional<std::string> user_id;
  std::optional<std::string> email;
  std::string title;
  std::optional<std::string> body;
  std::optional<std::vector<std::string>> channels;
  std::optional<std::string> link;
  std::optional<json::raw> data;
  std::optional<bool> placeholders;
  std::optional<instant> send_at;
};
BOOST_DESCRIBE_STRUCT(notify_request, (), (user_id, email, title, body, channels, link, data, placeholders, send_at))

/// Each item is read by itself, so that the fault of one does not refuse the others.
struct batch_request {
  std::vector<json::unread> items;
};
BOOST_DESCRIBE_STRUCT(batch_request, (), (items))

struct replay_request {
  std::optional<std::string> channel;
};
BOOST_DESCRIBE_STRUCT(replay_request, (), (channel))

struct read_request {
  std::optional<std::vector<std::string>> ids;
  std::optional<std::string> up_to;
};
BOOST_DESCRIBE_STRUCT(read_request, (), (ids, up_to))

struct webhook_request_body {
  json::member<std::string> name;
  json::member<std::string> url;
  json::member<std::string> format;
  json::member<std::vector<std::string>> events;
  json::member<bool> enabled;
};
BOOST_DESCRIBE_STRUCT(webhook_request_body, (), (name, url, format, events, enabled))

}  // namespace cumulo::notifications
