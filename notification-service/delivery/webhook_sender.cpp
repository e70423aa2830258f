#include "notification-service/delivery/webhook_sender.hpp"

#include "notification-service/delivery/notices.hpp"
#include "platform/core/id.hpp"
#include "platform/core/version.hpp"
#include "platform/json/write.hpp"
#include "platform/observe/log.hpp"
#include "platform/outbound/answer.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::size_t logged_answer = 4 * 1024;
constexpr std::size_t logged_headers = 2 * 1024;
constexpr std::chrono::hours longest_pause{6};
constexpr std::string_view own_fields = "webhook-";

/// What others sent, as text that any database takes: no NUL, no broken UTF-8.
std::string clean(std::string_view bytes, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size() && out.size() < most;) {
    const auto lead = static_cast<unsigned char>(bytes[i]);
    std::size_t size = 1;
    if (lead >= 0xC2 && lead <= 0xDF) size = 2;
    if (lead >= 0xE0 && lead <= 0xEF) size = 3;
    if (lead >= 0xF0 && lead <= 0xF4) size = 4;
    bool sound = lead != 0 && (lead < 0x80 || size > 1) && i + size <= bytes.size();
    for (std::size_t k = 1; sound && k < size; ++k) sound = (static_cast<unsigned char>(bytes[i + k]) & 0xC0U) == 0x80U;
    const auto second = size > 1 && sound ? static_cast<unsigned char>(bytes[i + 1]) : 0U;
    // Overlong forms, surrogates, and what is beyond Unicode.
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F)) {
      sound = false;
    }
    if (sound) {
      out.append(bytes.substr(i, size));
      i += size;
    } else {
      out += "\xEF\xBF\xBD";
      ++i;
    }
  }
  return out;
}

std::string lines_of(const std::vector<std::string>& headers) {
  std::string all;
  for (const std::string& each : headers) all.append(each).append("\n");
  return all;
}

/// The fields of a logged request that belong to its content.
std::vector<std::string> content_fields(std::string_view logged) {
  std::vector<std::string> fields;
  while (!logged.empty()) {
    const auto end = logged.find('\n');
    const std::string_view line = logged.substr(0, end);
    if (!line.starts_with(own_fields) && !line.starts_with("User-Agent:")) fields.emplace_back(line);
    logged.remove_prefix(end == std::string_view::npos ? logged.size() : end + 1);
  }
  return fields;
}

std::string error_of(const outbound::exchange& answer) {
  if (answer.failed) return std::string{to_text(*answer.failed)} + ": " + answer.detail;
  return "The endpoint answered " + std::to_string(answer.status) + ".";
}

std::string type_of(const outgoing& what) {
  return what.kind.find('.') == std::string::npos ? "notification." + what.kind : what.kind;
}

std::string data_of(const outgoing& what) {
  if (what.kind.find('.') != std::string::npos) return what.says.data.value_or("{}");  // of an event, as it stands
  const auto add = [](std::string& out, std::string_view name, const std::optional<std::string>& text) {
    out.append(",\"").append(name).append("\":");
    if (text) {
      json::write_string(out, *text);
    } else {
      out += "null";
    }
  };
  std::string out = R"({"id":")" + what.notification_id + R"(","kind":)";
  json::write_string(out, what.kind);
  add(out, "title", what.says.title);
  add(out, "body", what.says.body);
  add(out, "link", what.says.link);
  out.append(R"(,"data":)").append(what.says.data.value_or("null"));
  out += R"(,"created_at":")";
  append_rfc3339(out, what.created_at);
  out += "\"}";
  return out;
}

}  // namespace

awaitable<webhook_caller::outcome> webhook_caller::call(const webhook& to, const webhook_message& what,
                                                        std::int64_t attempt) {
  return send(to, {what.id, what.type, attempt}, write_webhook(to.format, what, settings_.site));
}

awaitable<webhook_caller::outcome> webhook_caller::call_again(const webhook& to, const webhook_attempt& before) {
  return send(to, {before.message_id, before.type, before.attempt + 1},
              {content_fields(before.request_headers), before.request_body});
}

awaitable<webhook_caller::outcome> webhook_caller::send(const webhook& to, about what, webhook_request made) {
  const instant now = time_.now();
  outcome came{.logged = {.id = new_id(),
                          .webhook_id = to.id,
                          .message_id = what.message_id,
                          .type = what.type,
                          .attempt = what.attempt,
                          .at = now,
                          .request_headers = {},
                          .request_body = made.body}};
  const auto secret = secrets_.open(to.secret, to.id);
  if (!secret) {
    came.logged.request_headers = lines_of(made.headers);
    came.logged.error = "The secret cannot be opened with the key that is configured now. Rotate it.";
    co_return came;
  }
  const std::int64_t timestamp = to_millis(now) / 1000;
  std::string signature = sign_webhook(*secret, what.message_id, timestamp, made.body);
  if (to.old_secret && to.old_secret_until && now < *to.old_secret_until) {
    const auto old = secrets_.open(*to.old_secret, to.id);
    if (old) signature += " " + sign_webhook(*old, what.message_id, timestamp, made.body);
  }
  made.headers.push_back("User-Agent: Cumulo/" + std::string{version()});
  made.headers.push_back("webhook-id: " + what.message_id);
  made.headers.push_back("webhook-timestamp: " + std::to_string(timestamp));
  made.headers.push_back("webhook-signature: " + signature);
  came.logged.request_headers = lines_of(made.headers);

  outbound::http_call call{.method = "POST",
                           .url = to.url,
                           .body = std::move(made.body),
                           .headers = std::move(made.headers),
                           .timeout = settings_.timeout,
                           .largest_answer = logged_answer,
                           .purpose = "webhook"};
  const outbound::exchange answer = co_await calls_.send(std::move(call));
  // A long answer is not read to its end; what it says of success stands in its first line.
  const bool answered = !answer.failed || answer.failed == outbound::failure::too_large;
  const bool delivered = answered && answer.status >= 200 && answer.status < 300;
  if (answered) came.logged.status = answer.status;
  came.logged.response_headers = clean(answer.headers, logged_headers);
  came.logged.response_body = clean(answer.body, logged_answer);
  came.logged.took = answer.took;
  if (!delivered) came.logged.error = clean(error_of(answer), 500);
  came.gone = answered && answer.status == 410;
  came.hopeless =
      came.gone || answer.failed == outbound::failure::refused_address || answer.failed == outbound::failure::invalid;
  if (const auto wait = outbound::retry_after(answer.headers, now); wait && !delivered) {
    came.retry_after = std::min<std::chrono::milliseconds>(*wait, longest_pause);
  }
  co_return came;
}

awaitable<attempt> webhook_sender::send(const outgoing& what) {
  const std::string type = type_of(what);
  if (what.target.empty()) {
    attempt split{.how = attempt::outcome::split};
    split.targets = co_await webhooks_.find_wanting(what.recipient_id, type);
    co_return split;
  }
  const auto to = co_await webhooks_.find_endpoint(what.target);
  if (!to) co_return attempt{.how = attempt::outcome::failed, .error = "The webhook has been deleted."};
  if (to->paused_at) co_return attempt{.how = attempt::outcome::failed, .error = "The webhook is paused."};

  const webhook_message message{.id = what.notification_id,
                                .type = type,
                                .at = what.created_at,
                                .title = what.says.title,
                                .body = what.says.body,
                                .link = what.says.link,
                                .data = data_of(what)};
  auto came = co_await caller_.call(*to, message, what.attempt);
  const instant now = came.logged.at;
  auto notice = [&](const webhook& paused) { return webhook_paused_notice(paused, what.locale, now); };
  const webhook_repository::report report{came.logged, true, came.gone};
  try {
    co_await webhooks_.record(report, caller_.settings().pauses, notice);
  } catch (const sql::database_error& e) {  // it has been sent all the same, and must not go out once more for its log
    log::warn("webhooks: an attempt cannot be logged now", {{"webhook", to->id}, {"why", e.what()}});
  }
  if (!came.logged.error) co_return attempt{};
  co_return attempt{.how = came.hopeless ? attempt::outcome::failed : attempt::outcome::retry,
                    .error = *came.logged.error,
                    .retry_after = came.retry_after};
}

}  // namespace cumulo::notifications
