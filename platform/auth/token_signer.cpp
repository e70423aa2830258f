#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <stdexcept>

#include "platform/auth/base64url.hpp"
#include "platform/auth/p256.hpp"
#include "platform/auth/token.hpp"
#include "platform/core/id.hpp"

namespace cumulo::auth {

namespace {

std::string json_text(std::string_view text) { return boost::json::serialize(boost::json::string_view{text}); }

void add(std::string& json, std::string_view name, std::string_view value) {
  if (json.size() > 1) json += ',';
  json.append(1, '"').append(name).append("\":").append(value);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

std::string seconds_of(instant t) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(t).time_since_epoch().count());
}

}  // namespace

struct token_signer::state {
  p256::key key;
  std::string key_id;
  token_settings settings;
  std::string session_header, personal_header;  // encoded, with the dot
};

token_signer::token_signer(signing_key key, token_settings settings) : state_(std::make_unique<state>()) {
  state_->key = p256::read_private_pem(key.private_pem);
  if (!state_->key) throw std::runtime_error("the signing key is no P-256 private key");
  const auto header = [&](std::string_view type) {
    std::string json = "{";
    add(json, "alg", "\"ES256\"");
    add(json, "typ", json_text(type));
    add(json, "kid", json_text(key.id));
    return to_base64url(json + '}') + '.';
  };
  state_->session_header = header("at+jwt");
  state_->personal_header = header("pat+jwt");
  state_->key_id = std::move(key.id);
  state_->settings = std::move(settings);
}

token_signer::~token_signer() = default;

const std::string& token_signer::key_id() const { return state_->key_id; }

std::string token_signer::sign(const principal& who, instant now) const {
  std::string claims = "{";
  add(claims, "iss", json_text(state_->settings.issuer));
  add(claims, "aud", json_text(state_->settings.audience));
  add(claims, "sub", json_text(who.account_id));
  if (who.is_session) {
    add(claims, "sid", json_text(who.credential_id));
    add(claims, "jti", json_text(new_id()));
  } else {
    add(claims, "jti", json_text(who.credential_id));
    add(claims, "scope", json_text(joined(who.scopes)));
  }
  add(claims, "iat", seconds_of(now));
  add(claims, "exp", seconds_of(who.expires_at));
  add(claims, "role", who.administrator ? "\"administrator\"" : "\"member\"");
  add(claims, "zoneinfo", json_text(who.timezone.empty() ? "UTC" : who.timezone));
  add(claims, "locale", json_text(who.locale.empty() ? "en" : who.locale));
  claims += '}';

  std::string token = (who.is_session ? state_->session_header : state_->personal_header) + to_base64url(claims);
  const std::string signature = p256::sign(state_->key, token);
  return token.append(1, '.').append(to_base64url(signature));
}

}  // namespace cumulo::auth
