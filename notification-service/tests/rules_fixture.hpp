#pragma once
#include "notification-service/domain/message_id.hpp"
#include "notification-service/events/consumed.hpp"
#include "notification-service/events/teller.hpp"
#include "notification-service/tests/storage_fixture.hpp"

namespace cumulo::notifications {

/// The rules over a database: inbox, e-mail and webhook are configured, push is not.
class rules_test : public storage_test {
 protected:
  static channel_set offered() {
    std::vector<std::unique_ptr<channel>> all;
    all.push_back(std::make_unique<inbox_channel>());
    all.push_back(std::make_unique<queued_channel>(channel_name::email));
    all.push_back(std::make_unique<queued_channel>(channel_name::webhook));
    return channel_set{std::move(all)};
  }

  /// As the event of its registration leaves it.
  std::string add_account(const std::string& name, const std::string& zone = "UTC", const std::string& locale = "en") {
    const std::string id = message_id(time.now(), name);
    consume(account_events(*database), "io.cumulo.user.registered.v1", id,
            R"({"id":")" + id + R"(","email":")" + name + R"(@example.org","name":")" + name + R"(","locale":")" +
                locale + R"(","timezone":")" + zone + R"("})");
    return id;
  }
  /// Hands an event to a consumer in a transaction, as the bus does.
  void consume(const bus::subscription& by, const std::string& type, const std::string& subject,
               const std::string& data, std::string id = new_id()) {
    const bus::event e{.id = std::move(id),
                       .type = type,
                       .source = "/test",
                       .subject = subject,
                       .time = time.now(),
                       .data = data,
                       .traceparent = {}};
    ASSERT_THAT(by.types, testing::Contains(type));
    run([&]() -> awaitable<void> {
      auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await by.handle(e, tx); };
      co_await database->transact(body);
    });
  }
  void erase(const std::string& account) {
    run([&]() -> awaitable<void> {
      auto body = [&](sql::transaction& tx) -> awaitable<void> {
        co_await recipient_repository::erase(tx, account, time.now());
      };
      co_await database->transact(body);
    });
  }
  result<preferences> change(const std::string& account, function_ref<result<>(preferences&)> merge,
                             std::optional<std::int64_t> expected = std::nullopt) {
    return run([&]() -> awaitable<result<preferences>> {
      co_return co_await settings.change(account, expected, merge, time.now());
    });
  }
  /// Changes that cannot be refused.
  void prefer(const std::string& account, function_ref<void(preferences&)> set) {
    auto merge = [&](preferences& p) -> result<> {
      set(p);
      return {};
    };
    EXPECT_TRUE(change(account, merge).has_value());
  }

  /// Rows of one or several columns, joined by "|", as a statement finds them for these values.
  std::vector<std::string> rows(const sql::statement& what, const std::vector<std::string>& given, int columns) {
    std::vector<std::string> found;
    run([&]() -> awaitable<void> {
      std::vector<sql::param> values;
      for (const std::string& each : given) values.emplace_back(each);
      auto take = [&](const sql::row& row) {
        std::string line{row.text(0)};
        for (int i = 1; i < columns; ++i) line.append("|").append(row.text(i));
        found.push_back(std::move(line));
      };
      co_await database->query(what, values, take);
    });
    return found;
  }
  /// Titles in the account's inbox, the oldest first.
  std::vector<std::string> inbox(const std::string& account) {
    static constexpr sql::statement titles{"test.inbox",
                                           "SELECT title FROM notifications WHERE account_id = ?1 ORDER BY id"};
    return rows(titles, {account}, 1);
  }
  /// "channel|status|kind|title|seconds until it goes out", in the order in which it does.
  std::vector<std::string> queued(const std::string& account) {
    static constexpr sql::statement all{
        "test.queued",
        "SELECT v.channel, v.status, d.kind, d.title, v.next_attempt_at FROM deliveries v JOIN dispatches d "
        "ON d.id = v.notification_id WHERE d.recipient_id = ?1 AND v.channel <> 'inbox' "
        "ORDER BY v.next_attempt_at, v.channel, d.id"};
    std::vector<std::string> found;
    run([&]() -> awaitable<void> {
      const std::array values{sql::param{account}};
      auto take = [&](const sql::row& row) {
        std::string line;
        for (int i = 0; i < 4; ++i) line.append(row.text(i)).append("|");
        found.push_back(line + std::to_string((row.integer(4) - to_millis(time.now())) / 1'000));
      };
      co_await database->query(all, values, take);
    });
    return found;
  }

  channel_set channels = offered();
  prometheus::Registry metrics;
  teller tells{channels, time, &metrics};
  preference_repository settings{*database};
};

}  // namespace cumulo::notifications
