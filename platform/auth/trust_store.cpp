#include <boost/json/parse.hpp>

#include "platform/auth/base64url.hpp"
#include "platform/auth/trust_state.hpp"

namespace cumulo::auth {

namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

constexpr std::size_t max_jwks_bytes = 256 * 1'024;
constexpr std::size_t max_key_id = 128;
// A list that was put together before a single revocation may arrive after it.
constexpr auto singles_outlive_lists = 30s;

std::string_view text(const json::object& o, std::string_view name) {
  const auto* found = o.if_contains(name);
  if (found == nullptr || !found->is_string()) return {};
  return found->get_string();
}

// ES256 signature keys with an id; others (RSA, encryption, other curves) are for someone else. One that carries its
// private half was published by mistake and is worth nothing.
void add_if_usable(key_map& keys, const json::object& jwk) {
  const auto id = text(jwk, "kid");
  if (text(jwk, "kty") != "EC" || text(jwk, "crv") != "P-256" || id.empty() || id.size() > max_key_id) return;
  if (jwk.contains("use") && text(jwk, "use") != "sig") return;
  if (jwk.contains("alg") && text(jwk, "alg") != "ES256") return;
  if (jwk.contains("d")) return;
  auto x = from_base64url(text(jwk, "x"));
  auto y = from_base64url(text(jwk, "y"));
  if (!x || !y) return;
  auto key = p256::make_public({*x, *y});
  if (key) keys.try_emplace(std::string{id}, trusted_key{std::move(key), std::move(*x), std::move(*y)});
}

bool same(const key_map& a, const key_map& b) {
  return std::ranges::equal(a, b, [](const auto& l, const auto& r) {
    return l.first == r.first && l.second.x == r.second.x && l.second.y == r.second.y;
  });
}

error not_a_jwks() { return {.code = errc::malformed, .detail = "This is no JSON Web Key Set with an ES256 key."}; }

}  // namespace

trust_store::trust_store() : state_(std::make_unique<state>()) {}
trust_store::~trust_store() = default;

result<> trust_store::set_keys(std::string_view jwks_json) {
  if (jwks_json.size() > max_jwks_bytes) return not_a_jwks();
  boost::system::error_code ec;
  const auto document = json::parse(jwks_json, ec);
  if (ec || !document.is_object()) return not_a_jwks();
  const auto* list = document.get_object().if_contains("keys");
  if (list == nullptr || !list->is_array()) return not_a_jwks();

  auto keys = std::make_shared<key_map>();
  for (const auto& entry : list->get_array()) {
    if (const auto* jwk = entry.if_object()) add_if_usable(*keys, *jwk);
  }
  if (keys->empty()) return not_a_jwks();

  const std::scoped_lock guard{state_->lock};
  if (!state_->keys || !same(*state_->keys, *keys)) {
    state_->keys = std::move(keys);
    state_->version.fetch_add(1, std::memory_order_release);
  }
  return {};
}

void trust_store::set_revoked(std::vector<std::string> ids) {
  auto revoked = std::make_shared<id_set>();
  revoked->reserve(ids.size());
  for (auto& id : ids) revoked->insert(std::move(id));

  const auto old = std::chrono::steady_clock::now() - singles_outlive_lists;
  const std::scoped_lock guard{state_->lock};
  while (!state_->singles.empty() && state_->singles.front().at < old) {
    state_->singles.pop_front();
    ++state_->singles_dropped;
  }
  state_->revoked = std::move(revoked);
  ++state_->list_version;
  state_->version.fetch_add(1, std::memory_order_release);
}

void trust_store::revoke(std::string id) {
  const std::scoped_lock guard{state_->lock};
  state_->singles.push_back({std::move(id), std::chrono::steady_clock::now()});
  state_->version.fetch_add(1, std::memory_order_release);
}

void trust_store::restore(std::string_view id) {
  const std::scoped_lock guard{state_->lock};
  if (state_->revoked && state_->revoked->contains(id)) {
    auto without = std::make_shared<id_set>(*state_->revoked);
    without->erase(without->find(id));
    state_->revoked = std::move(without);
  }
  for (auto& single : state_->singles) {
    if (single.id == id) single.id.clear();  // its place stays: readers count them
  }
  ++state_->list_version;
  state_->version.fetch_add(1, std::memory_order_release);
}

bool trust_store::has_keys() const {
  const std::scoped_lock guard{state_->lock};
  return state_->keys != nullptr;
}

struct revocations::state {
  trust_store::state& trust;
  trust_view view;
  std::uint64_t seen{0};
};

revocations::revocations(const trust_store& trust) : state_(new state{*trust.state_, {}}) {}
revocations::~revocations() = default;

bool revocations::refresh() {
  const auto version = state_->trust.version.load(std::memory_order_acquire);
  if (version == state_->seen) return false;
  state_->seen = version;
  state_->view.refresh(state_->trust);
  return true;
}

bool revocations::name(const principal& who) const {
  return state_->view.is_revoked(who.credential_id) || state_->view.is_revoked(who.account_id);
}

bool trust_view::refresh(trust_store::state& from) {
  if (from.version.load(std::memory_order_acquire) == version_) return false;
  const std::scoped_lock guard{from.lock};
  version_ = from.version.load(std::memory_order_relaxed);
  if (list_version_ != from.list_version) {
    list_version_ = from.list_version;
    revoked_ = from.revoked;
    singles_.clear();
    singles_seen_ = from.singles_dropped;
  }
  for (auto i = singles_seen_ - from.singles_dropped; i < from.singles.size(); ++i)
    if (!from.singles[i].id.empty()) singles_.insert(from.singles[i].id);
  singles_seen_ = from.singles_dropped + from.singles.size();
  const bool keys_changed = keys_ != from.keys;
  keys_ = from.keys;
  return keys_changed;
}

}  // namespace cumulo::auth
