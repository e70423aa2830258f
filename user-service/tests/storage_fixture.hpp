#pragma once
// The stores over an empty database of each engine, with what the tests make of accounts and sessions.
#include <gmock/gmock.h>

#include <vector>

#include "platform/bus/bus.hpp"
#include "platform/core/id.hpp"
#include "platform/service/component.hpp"
#include "platform/testing/engines.hpp"
#include "user-service/domain/links.hpp"
#include "user-service/domain/secrets.hpp"
#include "user-service/migrations.hpp"
#include "user-service/storage/account_store.hpp"
#include "user-service/storage/authority_store.hpp"
#include "user-service/storage/key_store.hpp"
#include "user-service/storage/link_store.hpp"
#include "user-service/storage/session_store.hpp"

namespace cumulo::users::storage {

class on_each_engine : public test::each_engine {
 protected:
  on_each_engine() {
    const auto schema = service::with_platform_migrations(users::migrations());
    open(schema);
    accounts.emplace(*database, lives);
    sessions.emplace(*database, lives);
    authority.emplace(*database, lives);
    links.emplace(*database, lives);
    keys.emplace(*database);
  }

  /// Runs `work() -> awaitable<T>` on an I/O thread and waits.
  template <class Work>
  auto run(Work work) {
    return test::run(threads, std::move(work));
  }
  /// Runs `work(index)` `count` times at once over both I/O threads and waits for all.
  template <class Work>
  auto run_parallel(int count, Work work) {
    using value = typename std::invoke_result_t<Work&, int>::value_type;
    std::vector<std::future<value>> running;
    for (int i = 0; i < count; ++i) {
      auto one = [&work, i]() { return work(i); };
      running.push_back(test::start(threads, std::move(one), static_cast<std::size_t>(i % 2)));
    }
    std::vector<value> results;
    for (auto& each : running) results.push_back(test::wait_for(std::move(each)));
    return results;
  }

  account make_account(std::string email, role r = role::member) const {
    return {.id = new_id(),
            .email = std::move(email),
            .name = "Ada",
            .timezone = "Europe/London",
            .locale = "en-GB",
            .role = r,
            .created_at = when.at,
            .updated_at = when.at};
  }
  new_session make_session(const std::string& account_id, const refresh_token& token) const {
    return {{.id = new_id(),
             .account_id = account_id,
             .user_agent = "a test",
             .address = "127.0.0.1",
             .created_at = when.at,
             .last_used_at = when.at,
             .expires_at = when.at + lives.session},
            token.family_hash(),
            token.turn_hash()};
  }
  new_link make_link(purpose what, const account& who) const {
    const auto token = make_one_time_token(what, who, when.at, lives);
    return {token, link_of(token, "https://cumulo.example")};
  }
  /// Registers a member (after a founder, so that it stays one) and returns it.
  account add_account(std::string email, role r = role::member) {
    registration made{.who = make_account(std::move(email), r), .password_hash = "hash"};
    const auto done = run([&] { return accounts->register_account(made, when, nullptr); });
    EXPECT_TRUE(done.has_value());
    return made.who;
  }
  new_session add_session(const std::string& account_id, const refresh_token& token = new_refresh_token(),
                          role r = role::member) {
    const auto made = make_session(account_id, token);
    const session_store::opening opening{made, "hash", r};
    const auto done = run([&] { return sessions->open_session(opening, when, nullptr); });
    EXPECT_TRUE(done.has_value());
    return made;
  }
  std::vector<std::string> revoked() {
    return run([&] { return sessions->list_revoked(when.at); });
  }
  /// Types of the outbox's events without "io.cumulo." and ".v1", in order.
  std::vector<std::string> events() {
    static constexpr sql::statement all{"test.outbox", "SELECT type FROM outbox ORDER BY position"};
    std::vector<std::string> types;
    run([&]() -> awaitable<void> {
      const auto take = [&](const sql::row& row) {
        const auto type = row.text(0);
        types.emplace_back(type.substr(10, type.size() - 13));
      };
      co_await database->query(all, {}, take);
    });
    return types;
  }
  std::int64_t count(const sql::statement& what) {
    std::int64_t number = -1;
    run([&]() -> awaitable<void> {
      const auto take = [&](const sql::row& row) { number = row.integer(0); };
      co_await database->query(what, {}, take);
    });
    return number;
  }

  lifetimes lives;
  change when{from_millis(1'800'000'000'000), "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"};
  std::optional<account_store> accounts;
  std::optional<session_store> sessions;
  std::optional<authority_store> authority;
  std::optional<link_store> links;
  std::optional<key_store> keys;
};

}  // namespace cumulo::users::storage
