#include "user-service/storage/key_store.hpp"

namespace cumulo::users::storage {

namespace {

constexpr sql::statement select_keys{
    "signing_key.list",
    "SELECT id, private_key, public_jwk, created_at, signs_from FROM signing_keys ORDER BY created_at"};
constexpr sql::statement insert_key{
    "signing_key.insert",
    "INSERT INTO signing_keys (id, private_key, public_jwk, created_at, signs_from) VALUES (?1, ?2, ?3, ?4, ?5)"};
constexpr sql::statement delete_key{"signing_key.delete", "DELETE FROM signing_keys WHERE id = ?1"};

stored_key read_key(const sql::row& row) {
  return {.id = std::string{row.text(0)},
          .private_key = std::string{row.text(1)},
          .public_jwk = std::string{row.text(2)},
          .created_at = from_millis(row.integer(3)),
          .signs_from = from_millis(row.integer(4))};
}

}  // namespace

awaitable<std::vector<stored_key>> key_store::list_keys() {
  std::vector<stored_key> keys;
  const auto take = [&](const sql::row& row) { keys.push_back(read_key(row)); };
  co_await store_.query(select_keys, {}, take);
  co_return keys;
}

awaitable<std::vector<stored_key>> key_store::rotate(stored_key candidate, key_policy policy, instant now) {
  const auto body = [&](sql::transaction& tx) -> awaitable<std::vector<stored_key>> {
    std::vector<stored_key> keys;
    const auto take = [&](const sql::row& row) { keys.push_back(read_key(row)); };
    co_await tx.execute(select_keys, {}, take);
    for (const auto& id : retired_keys(keys, policy, now)) {
      const std::array values{sql::param{id}};
      co_await tx.execute(delete_key, values);
      std::erase_if(keys, [&](const stored_key& key) { return key.id == id; });
    }
    if (needs_new_key(keys, policy, now)) {
      stored_key made = candidate;
      made.created_at = now;
      made.signs_from = begins_to_sign(keys, policy, now);
      const std::array values{sql::param{made.id}, sql::param{made.private_key}, sql::param{made.public_jwk},
                              sql::param{to_millis(made.created_at)}, sql::param{to_millis(made.signs_from)}};
      co_await tx.execute(insert_key, values);
      keys.push_back(std::move(made));
    }
    co_return keys;
  };
  co_return co_await store_.transact(body);
}

}  // namespace cumulo::users::storage
