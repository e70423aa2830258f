#include <cstring>
#include <unordered_map>

#include "platform/auth/base64url.hpp"
#include "platform/auth/json_members.hpp"
#include "platform/auth/trust_state.hpp"
#include "platform/core/id.hpp"

namespace cumulo::auth {

namespace {

using namespace std::chrono_literals;
using shared_principal = std::shared_ptr<const principal>;

constexpr std::size_t max_token_bytes = 8 * 1'024;
constexpr std::size_t cached_per_thread = 32'768;      // some 400 bytes each
constexpr std::size_t max_name_length = 64;            // of a time zone or locale
constexpr std::int64_t last_second = 253'402'300'799;  // of the year 9999

// Why a token is bad is nobody's business but its issuer's.
error bad_token() {
  return {.code = errc::unauthenticated, .detail = "The access token is missing, malformed, expired or revoked."};
}

enum class token_type { session, personal };

struct token_header {
  token_type type{};
  std::string key_id;
};

std::optional<json_members> decoded_members(std::string_view part) {
  const auto text = from_base64url(part);
  return text ? json_members::parse(*text) : std::nullopt;
}

// Exactly alg, typ and kid. Whatever else may stand in a header (crit, jwk, jku, x5u, x5c, b64, zip, …) either tells
// the verifier where to find a key or changes what is signed, and no signer of ours writes it.
std::optional<token_header> read_header(std::string_view part) {
  const auto members = decoded_members(part);
  if (!members || members->size() != 3) return std::nullopt;
  const auto* algorithm = members->text("alg");
  const auto* type = members->text("typ");
  const auto* key_id = members->text("kid");
  if (algorithm == nullptr || type == nullptr || key_id == nullptr || *algorithm != "ES256") return std::nullopt;
  if (*type == "at+jwt") return token_header{token_type::session, *key_id};
  if (*type == "pat+jwt") return token_header{token_type::personal, *key_id};
  return std::nullopt;
}

bool is_for(const json_members& claims, const std::string& audience) {
  if (const auto* one = claims.text("aud")) return *one == audience;
  const auto* several = claims.get<json_members::array>("aud");
  return several != nullptr && std::ranges::find(*several, audience) != several->end();
}

bool is_plain_name(std::string_view text) {
  return text.size() <= max_name_length && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// What OpenID Connect calls zoneinfo and locale: absent is the default, and a value that is no name makes the token
// bad.
bool read_name(const json_members& claims, std::string_view name, std::string_view otherwise, std::string& out) {
  out = otherwise;
  if (!claims.has(name)) return true;
  const auto* value = claims.text(name);
  if (value == nullptr || !is_plain_name(*value)) return false;
  if (!value->empty()) out = *value;
  return true;
}

std::optional<instant> read_time(const json_members& claims, std::string_view name) {
  const auto* seconds = claims.integer(name);
  if (seconds == nullptr || *seconds < 0 || *seconds > last_second) return std::nullopt;
  return instant{std::chrono::seconds{*seconds}};
}

shared_principal read_claims(std::string_view part, token_type type, const token_settings& expected, instant now) {
  const auto claims = decoded_members(part);
  if (!claims) return nullptr;
  const auto* issuer = claims->text("iss");
  if (issuer == nullptr || *issuer != expected.issuer || !is_for(*claims, expected.audience)) return nullptr;

  const auto expires = read_time(*claims, "exp");
  const auto issued = read_time(*claims, "iat");
  if (!expires || !issued || now >= *expires + expected.leeway || now + expected.leeway < *issued) return nullptr;
  if (claims->has("nbf")) {
    const auto not_before = read_time(*claims, "nbf");
    if (!not_before || now + expected.leeway < *not_before) return nullptr;
  }

  const auto* account = claims->text("sub");
  const auto* token_id = claims->text("jti");
  const auto* session_id = claims->text("sid");
  if (account == nullptr || token_id == nullptr || !is_id(*account) || !is_id(*token_id)) return nullptr;

  auto who = std::make_shared<principal>();
  who->account_id = *account;
  who->expires_at = *expires;
  who->is_session = type == token_type::session;
  if (who->is_session) {
    if (session_id == nullptr || !is_id(*session_id) || claims->has("scope")) return nullptr;
    who->credential_id = *session_id;
  } else {
    const auto* scope = claims->text("scope");
    if (scope == nullptr || claims->has("sid")) return nullptr;
    who->credential_id = *token_id;
    who->scopes = words_of(*scope);
  }
  if (claims->has("role")) {
    const auto* role = claims->text("role");
    if (role == nullptr) return nullptr;
    who->administrator = *role == "administrator";
  }
  if (!read_name(*claims, "zoneinfo", "UTC", who->timezone)) return nullptr;
  if (!read_name(*claims, "locale", "en", who->locale)) return nullptr;
  return who;
}

struct digest_hash {
  std::size_t operator()(const p256::digest& d) const {
    std::size_t h = 0;
    std::memcpy(&h, d.data(), sizeof h);
    return h;
  }
};

// Bounded without bookkeeping per hit: when the young half is full it becomes the old half, and the former old half
// goes.
class verified_tokens {
 public:
  shared_principal find(const p256::digest& token) {
    if (const auto young = young_.find(token); young != young_.end()) return young->second;
    const auto old = old_.find(token);
    if (old == old_.end()) return nullptr;
    auto who = old->second;
    insert(token, who);
    return who;
  }
  void insert(const p256::digest& token, shared_principal who) {
    if (young_.size() >= cached_per_thread / 2) {
      old_ = std::exchange(young_, {});
    }
    young_.insert_or_assign(token, std::move(who));
  }
  void erase(const p256::digest& token) {
    young_.erase(token);
    old_.erase(token);
  }
  void clear() {
    young_.clear();
    old_.clear();
  }

 private:
  std::unordered_map<p256::digest, shared_principal, digest_hash> young_, old_;
};

// What one thread keeps for one verifier.
struct thread_part {
  trust_view trusted;
  verified_tokens verified;
};

}  // namespace

struct token_verifier::state {
  trust_store::state& trust;
  token_settings settings;
  const clock& time;
  std::shared_ptr<const int> alive =
      std::make_shared<const int>(0);  // identity, and lets threads drop the parts of the dead

  thread_part& part_of_this_thread() const {
    struct owned {
      std::weak_ptr<const int> owner;
      std::unique_ptr<thread_part> part;
    };
    static thread_local std::vector<owned> parts;
    const auto is_mine = [&](const owned& o) { return !o.owner.owner_before(alive) && !alive.owner_before(o.owner); };
    const auto found = std::ranges::find_if(parts, is_mine);
    if (found != parts.end()) return *found->part;
    std::erase_if(parts, [](const owned& o) { return o.owner.expired(); });
    return *parts.emplace_back(owned{alive, std::make_unique<thread_part>()}).part;
  }

  void want_fresh_keys() const {
    if (trust.fresh_keys_wanted.exchange(true)) return;
    const std::scoped_lock guard{trust.lock};
    trust.wanted.notify_all();
  }

  /// Everything that does not change while the token lives.
  shared_principal verify(std::string_view token, const key_map& keys, instant now) const {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return nullptr;

    const auto header = read_header(token.substr(0, first));
    if (!header) return nullptr;
    const auto key = keys.find(header->key_id);
    if (key == keys.end()) {
      want_fresh_keys();
      return nullptr;
    }
    const auto signature = from_base64url(token.substr(second + 1));
    if (!signature || !p256::verify(key->second.key, token.substr(0, second), *signature)) return nullptr;
    return read_claims(token.substr(first + 1, second - first - 1), header->type, settings, now);
  }
};

token_verifier::token_verifier(const trust_store& trust, token_settings settings, const clock& source)
    : state_(new state{*trust.state_, std::move(settings), source}) {}

token_verifier::~token_verifier() = default;

result<std::shared_ptr<const principal>> token_verifier::authenticate(std::string_view bearer_token) {
  thread_part& mine = state_->part_of_this_thread();
  if (mine.trusted.refresh(state_->trust)) mine.verified.clear();
  if (mine.trusted.keys() == nullptr) {
    return error{.code = errc::unavailable, .detail = "Sign-in keys are not available yet.", .retry_after = 1s};
  }
  if (bearer_token.empty() || bearer_token.size() > max_token_bytes) return bad_token();

  const auto token = p256::sha256(bearer_token);
  const instant now = state_->time.now();
  shared_principal who = mine.verified.find(token);
  if (!who) {
    who = state_->verify(bearer_token, *mine.trusted.keys(), now);
    if (!who) return bad_token();
    mine.verified.insert(token, who);
  } else if (now >= who->expires_at + state_->settings.leeway) {
    mine.verified.erase(token);
    return bad_token();
  }
  if (mine.trusted.is_revoked(who->credential_id) || mine.trusted.is_revoked(who->account_id)) return bad_token();
  return who;
}

}  // namespace cumulo::auth
