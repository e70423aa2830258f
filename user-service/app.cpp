#include "user-service/app.hpp"

#include <prometheus/gauge.h>

#include <boost/asio/co_spawn.hpp>
#include <future>

#include "platform/observe/log.hpp"
#include "user-service/api/account_api.hpp"
#include "user-service/api/administration_api.hpp"
#include "user-service/api/recovery_api.hpp"
#include "user-service/api/sign_in_api.hpp"
#include "user-service/migrations.hpp"
#include "user-service/routes.hpp"
#include "user-service/storage/key_store.hpp"

namespace cumulo::users {

namespace {

std::unique_ptr<sql::database> open_store(service::runtime& shared, const settings& s) {
  sql::migrate(s.database_url, service::with_platform_migrations(migrations()));
  return sql::open(s.database_url, shared.threads, s.pool, &shared.metrics);
}

prometheus::Gauge& active_accounts_gauge(prometheus::Registry& metrics) {
  return prometheus::BuildGauge()
      .Name("cumulo_active_accounts")
      .Help("Accounts with a session used within 24 hours. Every replica tells the same.")
      .Register(metrics)
      .Add({});
}

/// A change leaves events in the outbox: the relay looks at once and not only at its next round, so that the other
/// services know of an account as soon as its owner does.
http::handler and_relay(http::handler change, bus::relay& relay) {
  return [change = std::move(change), &relay](const http::request& r, http::response& answer) -> awaitable<result<>> {
    auto outcome = co_await change(r, answer);
    if (outcome) relay.notify();
    co_return outcome;
  };
}

}  // namespace

struct app::parts {
  parts(service::runtime& r, settings given)
      : shared(r),
        s(std::move(given)),
        active(active_accounts_gauge(r.metrics)),
        store(open_store(r, s)),
        relay(*store, r.events, r.threads, {.name = "user-service"}, &r.metrics),
        accounts(*store, s.lives),
        sessions(*store, s.lives),
        authority(*store, s.lives),
        links(*store, s.lives),
        stored_keys(*store),
        keys(s.tokens, s.key_encryption_secret),
        passwords(s.passwords),
        throttle(s.throttle, r.time),
        revocations(r.trust),
        verifier(r.trust, s.tokens, r.time),
        repeats(*store, r.time),
        issuer(keys, s.lives),
        sign_in({accounts, sessions, issuer, passwords, throttle, revocations, verifier, repeats, r.time, s.lives,
                 s.registration, s.public_url}),
        account({accounts, sessions, authority, issuer, passwords, throttle, revocations, repeats, r.time, s.lives}),
        recovery({accounts, links, passwords, revocations, repeats, r.time, s.lives, s.public_url}),
        administration({accounts, authority, links, revocations, repeats, r.time, s.lives}),
        trust(keys, sessions, r.time) {}

  awaitable<void> renew_keys();
  awaitable<void> renew_revocations();
  awaitable<void> erase_due_accounts();
  awaitable<void> count_active();
  awaitable<void> sweep();

  service::runtime& shared;
  settings s;
  prometheus::Gauge& active;
  std::unique_ptr<sql::database> store;
  bus::relay relay;
  storage::account_store accounts;
  storage::session_store sessions;
  storage::authority_store authority;
  storage::link_store links;
  storage::key_store stored_keys;
  key_ring keys;
  auth::password_hasher passwords;
  sign_in_throttle throttle;
  revocation_board revocations;
  auth::token_verifier verifier;
  service::idempotency repeats;
  api::session_issuer issuer;
  api::sign_in_api sign_in;
  api::account_api account;
  api::recovery_api recovery;
  api::administration_api administration;
  api::trust_api trust;
};

awaitable<void> app::parts::renew_keys() {
  const instant now = shared.time.now();
  auto held = co_await stored_keys.list_keys();
  if (needs_new_key(held, s.keys, now) || !retired_keys(held, s.keys, now).empty()) {
    const auto candidate = keys.make_candidate();
    held = co_await stored_keys.rotate(candidate, s.keys, now);
  }
  keys.replace(held);
  const auto taken = shared.trust.set_keys(keys.jwks());
  if (!taken) log::error("the signing keys cannot be used", {{"error", taken.error().detail}});
}

awaitable<void> app::parts::renew_revocations() {
  const auto mark = revocations.mark();
  auto revoked = co_await sessions.list_revoked(shared.time.now());
  revocations.replace(std::move(revoked), mark);
}

awaitable<void> app::parts::erase_due_accounts() {
  const auto due = co_await authority.due_for_erasure(shared.time.now());
  for (const auto& id : due) {
    const change when{shared.time.now(), {}};
    if (co_await authority.erase(id, when)) log::info("account erased", {{"account_id", id}});
  }
}

awaitable<void> app::parts::count_active() {
  active.Set(static_cast<double>(co_await sessions.count_active(shared.time.now() - std::chrono::hours{24})));
}

awaitable<void> app::parts::sweep() {
  const instant now = shared.time.now();
  co_await sessions.sweep(now);
  co_await links.sweep(now);
  co_await repeats.sweep(shared.stopping);
}

app::app(service::runtime& shared, settings s) : parts_(std::make_unique<parts>(shared, std::move(s))) {}

app::~app() = default;

std::vector<http::route> app::routes() {
  auto table = make_routes(parts_->sign_in, parts_->account, parts_->recovery, parts_->administration, parts_->trust);
  for (http::route& each : table) {
    if (each.method != http::verb::get) each.handle = and_relay(std::move(each.handle), parts_->relay);
  }
  return table;
}

void app::start() {
  using namespace std::chrono_literals;
  parts* p = parts_.get();
  if (p->s.key_encryption_secret.empty()) {
    log::warn("signing keys are stored unsealed; set key-encryption-secret to seal them");
  }
  // Ready means that signing in works: wait for the first keys, unless the database is away.
  std::promise<void> loaded;
  auto load = [p]() -> awaitable<void> {
    co_await p->renew_keys();
    co_await p->renew_revocations();
  };
  const auto report = [&loaded](const std::exception_ptr& failed) {
    if (failed) {
      loaded.set_exception(failed);
    } else {
      loaded.set_value();
    }
  };
  asio::co_spawn(p->shared.threads.context(0), load(), report);
  try {
    loaded.get_future().get();
  } catch (const sql::database_error& e) {
    log::warn("the signing keys are not loaded yet", {{"error", e.what()}});
  }
  // A replica's new key is published long before it signs; a database that comes back is noticed within seconds.
  p->shared.every("users.keys", 15s, [p] { return p->renew_keys(); });
  p->shared.every("users.revocations", 5s, [p] { return p->renew_revocations(); });
  p->shared.every("users.erasure", 1min, [p] { return p->erase_due_accounts(); });
  p->shared.every("users.active", 15s, [p] { return p->count_active(); });
  p->shared.every("users.sweep", 1h, [p] { return p->sweep(); });
  p->relay.start();
}

void app::stop() {
  parts_->relay.stop();
  parts_->store->close();
}

std::vector<service::dependency> app::check() const {
  return {{"user-database", parts_->store->check()},
          {"signing-keys", {parts_->shared.trust.has_keys(), "signing keys"}}};
}

}  // namespace cumulo::users
