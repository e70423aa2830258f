#include "user-service/app.hpp"

namespace cumulo::users {

std::vector<option> options() {
  using enum option_type;
  return {
      {"registration",
       text,
       "open",
       "Who may create an account: anyone, holders of an invitation, or nobody (then the command line does).",
       {"open", "invitation", "closed"}},
      {"public-url", text, "http://127.0.0.1:8000", "Address of the page, for links in e-mails."},
      {"access-token-lifetime", duration, "15m", "How long an access token is good for."},
      {"session-lifetime", duration, "30d", "How long a session lasts after its last use."},
      {"token-max-lifetime", duration, "366d", "The longest life of a personal access token."},
      {"invitation-lifetime", duration, "7d", "How long an invitation may be used."},
      {"erasure-grace", duration, "30d", "How long an account whose erasure was asked for can be kept by signing in."},
      {"key-encryption-secret", secret, "",
       "Seals the signing keys in the database. Empty: they are stored as they are."},
      {"key-rotation-days", number, "90", "After how many days another key signs.", {}, 1},
      {"password-hash-memory", size, "19MiB", "Memory of one password hash (Argon2id)."},
      {"password-hash-passes", number, "2", "Passes of one password hash.", {}, 1},
      {"password-hash-threads", number, "1", "How many passwords are hashed at once.", {}, 1},
      {"password-hash-queue", number, "64", "How many may wait for it; more are answered 503."},
      {"sign-in-attempts", number, "10", "Attempts to sign in to one account from one address in ten minutes.", {}, 1},
      {"sign-in-attempts-account",
       number,
       "100",
       "Attempts to sign in to one account in an hour from networks that are new to it.",
       {},
       1},
  };
}

settings settings_from(const config& c) {
  settings s;
  s.database_url = service::database_url(c, "users");
  s.pool = service::pool_settings(c);
  s.tokens = {.issuer = c.text("token-issuer"), .audience = c.text("token-audience")};
  s.passwords = {.memory_bytes = c.size("password-hash-memory"),
                 .passes = static_cast<std::uint64_t>(c.number("password-hash-passes")),
                 .threads = static_cast<std::size_t>(c.number("password-hash-threads")),
                 .queue = static_cast<std::size_t>(c.number("password-hash-queue"))};
  s.lives.access_token = c.duration("access-token-lifetime");
  s.lives.session = c.duration("session-lifetime");
  s.lives.personal_token = c.duration("token-max-lifetime");
  s.lives.invitation = c.duration("invitation-lifetime");
  s.lives.erasure_grace = c.duration("erasure-grace");
  s.keys.rotate_after = std::chrono::hours{24 * c.number("key-rotation-days")};
  s.keys.longest_token = std::max(s.lives.personal_token, s.lives.access_token);
  s.throttle.from_one_address.burst = static_cast<std::uint32_t>(c.number("sign-in-attempts"));
  s.throttle.from_anywhere.burst = static_cast<std::uint32_t>(c.number("sign-in-attempts-account"));
  const auto& mode = c.text("registration");
  s.registration = mode == "open"         ? api::registration_mode::open
                   : mode == "invitation" ? api::registration_mode::invitation
                                          : api::registration_mode::closed;
  s.public_url = c.text("public-url");
  while (s.public_url.ends_with('/')) s.public_url.pop_back();
  s.key_encryption_secret = c.text("key-encryption-secret");
  return s;
}

}  // namespace cumulo::users
