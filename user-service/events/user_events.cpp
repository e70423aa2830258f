#include "user-service/events/user_events.hpp"

#include <boost/describe.hpp>

#include "platform/core/id.hpp"
#include "platform/json/write.hpp"

namespace cumulo::users::events {

namespace {

struct user_data {
  std::string id;
  std::string email;
  std::optional<std::string> name;
  std::string locale;
  std::string timezone;
  std::string role;
  bool email_verified{};
  std::int64_t version{};
};
BOOST_DESCRIBE_STRUCT(user_data, (), (id, email, name, locale, timezone, role, email_verified, version))

struct disabled_data {
  std::string id;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(disabled_data, (), (id, reason))

struct id_data {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(id_data, (), (id))

/// What somebody did with an account, for its owner.
struct security_data {
  std::string id;
  std::int64_t at{};
  json::member<std::string> address;
  json::member<std::string> user_agent;
  json::member<std::string> name;
  json::member<bool> reset;
};
BOOST_DESCRIBE_STRUCT(security_data, (), (id, at, address, user_agent, name, reset))

struct session_data {
  std::string id;
  std::string user_id;
  std::string user_agent;
  std::string address;
};
BOOST_DESCRIBE_STRUCT(session_data, (), (id, user_id, user_agent, address))

struct session_revoked_data {
  std::string id;
  std::string user_id;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(session_revoked_data, (), (id, user_id, reason))

struct token_data {
  std::string id;
  std::string user_id;
  std::string name;
  std::vector<std::string> scopes;
  instant expires_at{};
};
BOOST_DESCRIBE_STRUCT(token_data, (), (id, user_id, name, scopes, expires_at))

struct token_revoked_data {
  std::string id;
  std::string user_id;
};
BOOST_DESCRIBE_STRUCT(token_revoked_data, (), (id, user_id))

struct link_data {
  std::string user_id;
  std::string email;
  std::optional<std::string> name;
  std::string locale;
  std::string timezone;
  std::string link;
  instant expires_at{};
};
BOOST_DESCRIBE_STRUCT(link_data, (), (user_id, email, name, locale, timezone, link, expires_at))

bus::event make(std::string_view type, std::string_view account_id, const change& when, std::string data) {
  return {.id = new_id(),
          .type = "io.cumulo." + std::string{type} + ".v1",
          .source = "/user-service",
          .subject = std::string{account_id},
          .time = when.at,
          .data = std::move(data),
          .traceparent = when.traceparent};
}

json::member<std::string> unless_empty(const std::string& text) {
  return text.empty() ? json::member<std::string>{} : json::member<std::string>{text};
}

security_data security(std::string_view account_id, const change& when) {
  return {
      std::string{account_id}, to_millis(when.at), unless_empty(when.address), unless_empty(when.user_agent), {}, {}};
}

std::string describe(const account& who) {
  return json::to_text(user_data{who.id, who.email, who.name, who.locale, who.timezone, std::string{to_text(who.role)},
                                 who.email_verified_at.has_value(), who.version});
}

}  // namespace

bus::event user_registered(const account& who, const change& when) {
  return make("user.registered", who.id, when, describe(who));
}

bus::event user_updated(const account& who, const change& when) {
  bus::event told = make("user.updated", who.id, when, describe(who));
  told.time = who.updated_at;
  return told;
}

bus::event user_disabled(std::string_view account_id, std::string_view reason, const change& when) {
  return make("user.disabled", account_id, when,
              json::to_text(disabled_data{std::string{account_id}, std::string{reason}}));
}

bus::event user_enabled(std::string_view account_id, const change& when) {
  return make("user.enabled", account_id, when, json::to_text(id_data{std::string{account_id}}));
}

bus::event user_erased(std::string_view account_id, const change& when) {
  return make("user.erased", account_id, when, json::to_text(id_data{std::string{account_id}}));
}

bus::event password_changed(std::string_view account_id, const change& when) {
  return make("user.password_changed", account_id, when, json::to_text(security(account_id, when)));
}

bus::event password_reset(std::string_view account_id, const change& when) {
  security_data data = security(account_id, when);
  data.reset = true;
  return make("user.password_changed", account_id, when, json::to_text(data));
}

bus::event signed_in(const session& s, const change& when) {
  security_data data = security(s.account_id, when);
  data.address = unless_empty(s.address);
  data.user_agent = unless_empty(s.user_agent);
  return make("user.signed_in", s.account_id, when, json::to_text(data));
}

bus::event user_token_created(const personal_token& t, const change& when) {
  security_data data = security(t.account_id, when);
  data.name = t.name;
  return make("user.token_created", t.account_id, when, json::to_text(data));
}

bus::event session_created(const session& s, const change& when) {
  return make("session.created", s.account_id, when,
              json::to_text(session_data{s.id, s.account_id, s.user_agent, s.address}));
}

bus::event session_revoked(std::string_view session_id, std::string_view account_id, std::string_view reason,
                           const change& when) {
  return make(
      "session.revoked", account_id, when,
      json::to_text(session_revoked_data{std::string{session_id}, std::string{account_id}, std::string{reason}}));
}

bus::event token_created(const personal_token& t, const change& when) {
  return make("token.created", t.account_id, when,
              json::to_text(token_data{t.id, t.account_id, t.name, t.scopes, t.expires_at}));
}

bus::event token_revoked(std::string_view token_id, std::string_view account_id, const change& when) {
  return make("token.revoked", account_id, when,
              json::to_text(token_revoked_data{std::string{token_id}, std::string{account_id}}));
}

bus::event link_requested(const one_time_token& token, const account& who, std::string_view link, const change& when) {
  const std::string_view type = token.purpose == purpose::email_verification ? "user.email_verification_requested"
                                                                             : "user.password_reset_requested";
  return make(type, who.id, when,
              json::to_text(link_data{who.id, token.email, who.name, who.locale, who.timezone, std::string{link},
                                      token.expires_at}));
}

}  // namespace cumulo::users::events
