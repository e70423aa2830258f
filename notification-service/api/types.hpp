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
};
BOOST_DESCRIBE_STRUCT(notify_request, (), (user_id, email, title, body, channels, link, data))

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
