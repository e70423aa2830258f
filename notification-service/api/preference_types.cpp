#include "notification-service/api/preference_types.hpp"

#include <algorithm>

#include "platform/core/id.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

/// In the order of the kinds.
std::array<const json::member<channel_choices_body>*, rules.size()> by_kind(const kind_choices_body& b) {
  return {&b.reminder,     &b.due_soon, &b.digest,    &b.task_changed, &b.security,
          &b.announcement, &b.assigned, &b.mentioned, &b.commented,    &b.shared};
}
/// In the order of the channels.
std::array<const json::member<bool>*, channel_names.size()> by_channel(const channel_choices_body& b) {
  return {&b.inbox, &b.email, &b.webhook, &b.push};
}

void check_time(std::string_view text, std::string pointer, std::vector<fault>& found) {
  if (!parse_minute(text)) found.push_back({std::move(pointer), "invalid_time", "A time of day is written as 07:30."});
}

void check_muted(const std::vector<std::string>& ids, std::vector<fault>& found) {
  if (ids.size() > most_muted_projects) {
    found.push_back({"/muted_projects", "too_many", "At most 200 projects can be muted."});
    return;
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (is_id(ids[i])) continue;
    found.push_back({"/muted_projects/" + std::to_string(i), "invalid_id", "An id is a UUID in lower case."});
  }
}

void merge_channels(const json::member<kind_choices_body>& body, preferences& into) {
  if (body.is_null()) into.choices = {};
  if (!body.has_value()) return;
  const auto kinds_given = by_kind(*body);
  for (const rule& each : rules) {
    const auto& given = *kinds_given[static_cast<std::size_t>(each.of)];
    if (given.is_null()) into.choices[static_cast<std::size_t>(each.of)] = {};
    if (!given.has_value()) continue;
    const auto channels_given = by_channel(*given);
    for (const channel_name through : channel_names) {
      const auto& wanted = *channels_given[static_cast<std::size_t>(through)];
      if (wanted.is_absent()) continue;
      into.choose(each.of, through, wanted.has_value() ? std::optional{*wanted} : std::nullopt);
    }
  }
}

/// The default for null, the value if given, else what it was.
template <class T>
T merged(const json::member<T>& given, T now, T by_default) {
  if (given.is_null()) return by_default;
  return given.has_value() ? *given : now;
}

void merge_digest(const json::member<digest_body>& body, digest_settings& into) {
  constexpr digest_settings by_default;
  if (body.is_null()) into = by_default;
  if (!body.has_value()) return;
  into.daily = merged(body->daily, into.daily, by_default.daily);
  into.weekly = merged(body->weekly, into.weekly, by_default.weekly);
  if (body->weekday.is_null()) into.weekday = by_default.weekday;
  if (body->weekday.has_value()) into.weekday = static_cast<int>(*body->weekday) + 1;
  if (body->time.is_null()) into.at = by_default.at;
  if (body->time.has_value()) into.at = parse_minute(*body->time).value_or(by_default.at);
}

}  // namespace

std::vector<fault> faults_of(const preferences_body& body) {
  std::vector<fault> found;
  if (body.channels.has_value() && body.channels->security.has_value()) {
    const auto& inbox = body.channels->security->inbox;
    if (inbox.has_value() && !*inbox) {
      found.push_back({"/channels/security/inbox", "cannot_be_off", "The inbox always shows security events."});
    }
  }
  if (body.quiet_hours.has_value()) {
    check_time(body.quiet_hours->from, "/quiet_hours/from", found);
    check_time(body.quiet_hours->to, "/quiet_hours/to", found);
    if (body.quiet_hours->from == body.quiet_hours->to) {
      found.push_back({"/quiet_hours/to", "empty", "Quiet hours end at another time than they begin."});
    }
  }
  if (body.digest.has_value() && body.digest->time.has_value()) check_time(*body.digest->time, "/digest/time", found);
  if (body.muted_projects.has_value()) check_muted(*body.muted_projects, found);
  return found;
}

void merge(const preferences_body& body, preferences& into) {
  merge_channels(body.channels, into);
  if (body.quiet_hours.is_null()) into.quiet_hours.reset();
  if (body.quiet_hours.has_value()) {
    const auto from = parse_minute(body.quiet_hours->from);
    const auto to = parse_minute(body.quiet_hours->to);
    if (from && to) into.quiet_hours = day_part{*from, *to};
  }
  merge_digest(body.digest, into.digest);
  if (body.muted_projects.is_absent()) return;
  into.muted_projects = body.muted_projects.has_value() ? *body.muted_projects : std::vector<std::string>{};
  std::ranges::sort(into.muted_projects);
  const auto twice = std::ranges::unique(into.muted_projects);
  into.muted_projects.erase(twice.begin(), twice.end());
}

void write_channels(std::string& out, function_ref<bool(channel_name)> is) {
  out += '{';
  for (const channel_name each : channel_names) {
    if (out.back() != '{') out += ',';
    out.append("\"").append(to_text(each)).append(is(each) ? "\":true" : "\":false");
  }
  out += '}';
}

void write_preferences(std::string& out, const preferences& wanted) {
  out += R"({"channels":{)";
  for (const rule& each : rules) {
    if (out.back() != '{') out += ',';
    out.append("\"").append(each.name).append("\":");
    auto is_wanted = [&](channel_name through) { return wanted.wants(each.of, through); };
    write_channels(out, is_wanted);
  }
  out += R"(},"quiet_hours":)";
  if (wanted.quiet_hours) {
    json::write(out, quiet_hours_body{to_text(wanted.quiet_hours->from), to_text(wanted.quiet_hours->to)});
  } else {
    out += "null";
  }
  out += R"(,"digest":)";
  const digest_settings& d = wanted.digest;
  json::write(out, digest_body{d.daily, d.weekly, static_cast<weekday_name>(d.weekday - 1), to_text(d.at)});
  out += R"(,"muted_projects":)";
  json::write(out, wanted.muted_projects);
  out += '}';
}

}  // namespace cumulo::notifications
