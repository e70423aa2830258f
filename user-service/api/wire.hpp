#pragma once
// What this service reads and writes, as contracts/openapi.yaml says it.
#include <boost/describe.hpp>
#include <optional>
#include <string>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/json/member.hpp"
#include "user-service/api/registration_mode.hpp"
#include "user-service/domain/account.hpp"

namespace cumulo::users {
BOOST_DESCRIBE_ENUM(role, member, administrator)
}

namespace cumulo::users::api {

enum class user_status { active, disabled, closing };
BOOST_DESCRIBE_ENUM(user_status, active, disabled, closing)

// ---- out

struct user {
  std::string id;
  std::string email;
  std::optional<std::string> name;
  std::string timezone;
  std::string locale;
  users::role role{};
  user_status status{};
  bool email_verified{};
  instant created_at{};
  instant updated_at{};
  std::int64_t version{};
};
BOOST_DESCRIBE_STRUCT(user, (),
                      (id, email, name, timezone, locale, role, status, email_verified, created_at, updated_at,
                       version))

struct signed_in {
  api::user user;
  std::string access_token;
  json::member<std::string> refresh_token;
  std::string token_type{"Bearer"};
  std::int64_t expires_in{};
};
BOOST_DESCRIBE_STRUCT(signed_in, (), (user, access_token, refresh_token, token_type, expires_in))

struct session_item {
  std::string id;
  instant created_at{};
  instant last_used_at{};
  instant expires_at{};
  std::optional<std::string> user_agent;
  std::optional<std::string> address;
  bool current{};
};
BOOST_DESCRIBE_STRUCT(session_item, (), (id, created_at, last_used_at, expires_at, user_agent, address, current))

struct token_item {
  std::string id;
  std::string name;
  std::vector<std::string> scopes;
  instant created_at{};
  instant expires_at{};
  json::member<std::string> token;  ///< once, when it is made
};
BOOST_DESCRIBE_STRUCT(token_item, (), (id, name, scopes, created_at, expires_at, token))

struct invitation_item {
  std::string id;
  std::optional<std::string> email;
  std::string created_by;
  instant created_at{};
  instant expires_at{};
  json::member<std::string> token;  ///< once, when it is made
};
BOOST_DESCRIBE_STRUCT(invitation_item, (), (id, email, created_by, created_at, expires_at, token))

template <class T>
struct list {
  std::vector<T> items;
  std::optional<std::string> next_cursor;
  BOOST_DESCRIBE_CLASS(list, (), (items, next_cursor), (), ())
};

struct erasure_answer {
  instant erased_after{};
};
BOOST_DESCRIBE_STRUCT(erasure_answer, (), (erased_after))

struct revocations {
  std::vector<std::string> revoked;
};
BOOST_DESCRIBE_STRUCT(revocations, (), (revoked))

// ---- in

struct registration_answer {
  registration_mode mode;
};
BOOST_DESCRIBE_STRUCT(registration_answer, (), (mode))

struct registration_body {
  std::string email;
  std::string password;
  std::optional<std::string> name;
  std::optional<std::string> timezone;
  std::optional<std::string> locale;
  std::optional<std::string> invitation;
};
BOOST_DESCRIBE_STRUCT(registration_body, (), (email, password, name, timezone, locale, invitation))

struct credentials_body {
  std::string email;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(credentials_body, (), (email, password))

struct refresh_body {
  std::optional<std::string> refresh_token;
};
BOOST_DESCRIBE_STRUCT(refresh_body, (), (refresh_token))

struct profile_body {
  json::member<std::string> name;
  json::member<std::string> timezone;
  json::member<std::string> locale;
};
BOOST_DESCRIBE_STRUCT(profile_body, (), (name, timezone, locale))

struct password_change_body {
  std::string current_password;
  std::string new_password;
};
BOOST_DESCRIBE_STRUCT(password_change_body, (), (current_password, new_password))

struct erasure_body {
  std::string password;
};
BOOST_DESCRIBE_STRUCT(erasure_body, (), (password))

struct token_body {
  std::string name;
  std::vector<std::string> scopes;
  std::optional<instant> expires_at;
  std::optional<std::int64_t> expires_in_days;
};
BOOST_DESCRIBE_STRUCT(token_body, (), (name, scopes, expires_at, expires_in_days))

struct one_time_token_body {
  std::string token;
};
BOOST_DESCRIBE_STRUCT(one_time_token_body, (), (token))

struct reset_request_body {
  std::string email;
};
BOOST_DESCRIBE_STRUCT(reset_request_body, (), (email))

struct reset_body {
  std::string token;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(reset_body, (), (token, password))

struct invitation_body {
  std::optional<std::string> email;
};
BOOST_DESCRIBE_STRUCT(invitation_body, (), (email))

struct user_change_body {
  json::member<std::string> name;
  json::member<users::role> role;
  json::member<user_status> status;
};
BOOST_DESCRIBE_STRUCT(user_change_body, (), (name, role, status))

}  // namespace cumulo::users::api
