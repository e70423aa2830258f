#pragma once
// Access tokens: JWS compact, ES256 only (RFC 7515, 7518, 7519; hardened as RFC 8725 asks: fixed algorithm, typ, iss,
// aud). Sessions: typ "at+jwt" (RFC 9068), claims iss aud sub sid iat exp jti role zoneinfo locale. Personal access
// tokens: typ "pat+jwt", claims iss aud sub jti iat exp scope role zoneinfo locale; revoked by id.
#include <chrono>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/auth/authenticator.hpp"
#include "platform/core/clock.hpp"

namespace prometheus {
class Registry;
}

namespace cumulo::auth {

/// A P-256 key pair with its id (RFC 7638 thumbprint).
struct signing_key {
  std::string id;
  std::string private_pem;  ///< secret
  std::string public_jwk;   ///< one JWK as JSON text, with kid, use, alg
};

[[nodiscard]] signing_key generate_signing_key();
/// errc::invalid if it is no P-256 private key.
[[nodiscard]] result<signing_key> load_signing_key(std::string_view private_pem);
/// {"keys":[…]}
[[nodiscard]] std::string make_jwks(std::span<const std::string> public_jwks);

struct token_settings {
  std::string issuer = "cumulo";
  std::string audience = "cumulo";
  std::chrono::seconds leeway{5};
};

/// Signs tokens. Any thread; 30 µs each.
class token_signer {
 public:
  token_signer(signing_key key, token_settings settings);
  ~token_signer();
  /// A token for this principal, valid from `now` until `who.expires_at`.
  [[nodiscard]] std::string sign(const principal& who, instant now) const;
  [[nodiscard]] const std::string& key_id() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// What verifiers need from the user-service: keys (JWKS) and the ids of credentials ended before their time.
/// Replaced as a whole (by the fetcher, or in process); read by every I/O thread without a lock.
class trust_store {
 public:
  trust_store();
  ~trust_store();
  /// errc::malformed if it is no JWKS, or has no key of use (a signer always has one, so what we have stays);
  /// keys that are not ES256/P-256 signature keys are ignored. A key that is no longer in it verifies nothing from now
  /// on.
  result<> set_keys(std::string_view jwks_json);
  /// The list of sessions, tokens and accounts that are no longer good. Replaces the list before; what was revoked one
  /// by one stays revoked for 30 s more, since this list may have been put together earlier.
  void set_revoked(std::vector<std::string> ids);
  /// Adds one at once (same process as the user-service), before the next list arrives. Kept until some later list.
  void revoke(std::string id);
  /// Takes one back at once, from the list and from what was revoked one by one (an account enabled again).
  void restore(std::string_view id);
  [[nodiscard]] bool has_keys() const;

 private:
  friend class token_verifier;
  friend class trust_fetcher;
  friend class trust_view;
  friend class revocations;
  struct state;
  std::unique_ptr<state> state_;
};

/// What one thread knows to be revoked: for connections that outlive the check at their beginning.
class revocations {
 public:
  /// `trust` outlives it.
  explicit revocations(const trust_store& trust);
  ~revocations();
  /// Takes over what has changed; true if anything may have.
  [[nodiscard]] bool refresh();
  /// Is the credential or the account among them, as of the last refresh?
  [[nodiscard]] bool name(const principal& who) const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Verifies and caches (per I/O thread, keyed by the SHA-256 of the token, bounded, until expiry), so that a request
/// costs 0.5 µs and not an ECDSA verification of 50. Revocation is looked at on every call.
class token_verifier final : public authenticator {
 public:
  token_verifier(const trust_store& trust, token_settings settings, const clock& source = system_clock());
  ~token_verifier() override;
  [[nodiscard]] result<std::shared_ptr<const principal>> authenticate(std::string_view bearer_token) override;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Keeps a trust_store fresh from the user-service, on a thread of its own: JWKS every `keys_every`,
/// revocations (`GET /.well-known/revocations` → {"revoked":["id",…]}) every `revocations_every`; jittered back-off
/// while it is away, and what was fetched stays in use. When each was last fetched is in
/// cumulo_trust_fetched_timestamp_seconds{what} (until then: when the fetcher was made).
struct trust_fetcher_settings {
  std::string jwks_url{};
  std::string revocations_url{};  ///< default: beside the JWKS
  std::chrono::milliseconds keys_every{std::chrono::minutes{5}};
  std::chrono::milliseconds revocations_every{std::chrono::seconds{5}};
  prometheus::Registry* metrics{nullptr};  ///< outlives the fetcher; none: nothing is measured
};
class trust_fetcher {
 public:
  trust_fetcher(trust_store& target, trust_fetcher_settings settings);
  ~trust_fetcher();
  void start();
  void stop();
  /// "ok", or why the last fetch failed, and how old what we have is: for /readyz and metrics.
  struct status {
    bool fresh;
    std::string detail;
  };
  [[nodiscard]] status state() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace cumulo::auth
