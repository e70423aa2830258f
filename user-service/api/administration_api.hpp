#pragma once
// What administrators do: accounts and invitations. And what anybody may read: keys and revocations.
#include <string>

#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"
#include "user-service/api/revocation_list.hpp"
#include "user-service/domain/key_ring.hpp"
#include "user-service/domain/revocation_board.hpp"
#include "user-service/storage/account_store.hpp"
#include "user-service/storage/authority_store.hpp"
#include "user-service/storage/link_store.hpp"
#include "user-service/storage/session_store.hpp"

namespace cumulo::users::api {

class administration_api {
 public:
  struct parts {
    storage::account_store& accounts;
    storage::authority_store& authority;
    storage::link_store& links;
    revocation_board& revocations;
    service::idempotency& repeats;
    const clock& time;
    lifetimes lives;
  };
  /// Everything referred to outlives it.
  explicit administration_api(parts p) : p_(p) {}

  awaitable<result<>> list_users(const http::request& r, http::response& answer);
  awaitable<result<>> get_user(const http::request& r, http::response& answer);
  awaitable<result<>> change_user(const http::request& r, http::response& answer);

  awaitable<result<>> list_invitations(const http::request& r, http::response& answer);
  awaitable<result<>> create_invitation(const http::request& r, http::response& answer);
  awaitable<result<>> withdraw_invitation(const http::request& r, http::response& answer);

 private:
  parts p_;
};

/// What the other services fetch to check tokens by themselves.
class trust_api {
 public:
  trust_api(const key_ring& keys, storage::session_store& sessions, const clock& time)
      : keys_(keys), revoked_(sessions, time) {}

  awaitable<result<>> get_keys(const http::request& r, http::response& answer);
  awaitable<result<>> get_revocations(const http::request& r, http::response& answer);

 private:
  const key_ring& keys_;
  revocation_list revoked_;
};

}  // namespace cumulo::users::api
