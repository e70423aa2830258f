#pragma once
// Preferences on the wire, as contracts/openapi.yaml names them.
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "notification-service/domain/preferences.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/json/read.hpp"

namespace cumulo::notifications {

/// In the order of ISO 8601.
enum class weekday_name { monday, tuesday, wednesday, thursday, friday, saturday, sunday };
BOOST_DESCRIBE_ENUM(weekday_name, monday, tuesday, wednesday, thursday, friday, saturday, sunday)

struct channel_choices_body {
  json::member<bool> inbox, email, webhook, push;
};
BOOST_DESCRIBE_STRUCT(channel_choices_body, (), (inbox, email, webhook, push))

/// One member per kind.
struct kind_choices_body {
  json::member<channel_choices_body> reminder, due_soon, digest, task_changed, security, announcement, assigned,
      mentioned, commented, shared;
};
BOOST_DESCRIBE_STRUCT(kind_choices_body, (),
                      (reminder, due_soon, digest, task_changed, security, announcement, assigned, mentioned, commented,
                       shared))

struct quiet_hours_body {
  std::string from, to;
};
BOOST_DESCRIBE_STRUCT(quiet_hours_body, (), (from, to))

struct digest_body {
  json::member<bool> daily, weekly;
  json::member<weekday_name> weekday;
  json::member<std::string> time;
};
BOOST_DESCRIBE_STRUCT(digest_body, (), (daily, weekly, weekday, time))

struct preferences_body {
  json::member<kind_choices_body> channels;
  json::member<quiet_hours_body> quiet_hours;
  json::member<digest_body> digest;
  json::member<std::vector<std::string>> muted_projects;
};
BOOST_DESCRIBE_STRUCT(preferences_body, (), (channels, quiet_hours, digest, muted_projects))

/// Every rule that the change breaks.
[[nodiscard]] std::vector<fault> faults_of(const preferences_body& body);
/// Members left out keep their value, null takes it back to the default. Precondition: no faults.
void merge(const preferences_body& body, preferences& into);
/// {"inbox":true,…}: what holds of each channel.
void write_channels(std::string& out, function_ref<bool(channel_name)> is);
void write_preferences(std::string& out, const preferences& wanted);

}  // namespace cumulo::notifications
