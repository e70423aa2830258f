#include "notification-service/storage/recipient_repository.hpp"

#include "notification-service/events/consumed.hpp"
#include "notification-service/events/published.hpp"
#include "notification-service/tests/storage_fixture.hpp"

namespace cumulo::notifications {
namespace {

constexpr instant noon = from_millis(1'800'000'000'000);

const sql::statement count_items{"test.count_items", "SELECT count(*) FROM notifications"};
const sql::statement count_dispatches{"test.count_dispatches", "SELECT count(*) FROM dispatches"};
const sql::statement count_senders{"test.count_senders", "SELECT count(*) FROM dispatches WHERE sender_id IS NOT NULL"};

class recipient_storage : public storage_test {
 protected:
  /// What the bus does with an event.
  void consume(std::string_view kind, const std::string& account, std::string data, instant at = noon) {
    const bus::event e{
        new_id(), "io.cumulo.user." + std::string{kind} + ".v1", "/user-service", account, at, std::move(data), ""};
    const bus::subscription s = account_events(*database);
    run([&]() -> awaitable<void> {
      auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await s.handle(e, tx); };
      co_await database->transact(body);
    });
  }
  void account(std::string_view kind, const std::string& id, const std::string& email, instant at = noon) {
    consume(kind, id,
            R"({"id":")" + id + R"(","email":")" + email +
                R"(","name":null,"locale":"en","timezone":"UTC","role":"member","version":1})",
            at);
  }
  std::optional<std::string> by_email(const std::string& email) {
    const auto found = run(
        [&]() -> awaitable<std::optional<recipient>> { co_return co_await recipients.find_recipient_by_email(email); });
    if (!found) return std::nullopt;
    return found->account_id;
  }
  std::optional<recipient> by_id(const std::string& id) {
    return run([&]() -> awaitable<std::optional<recipient>> { co_return co_await recipients.find_recipient(id); });
  }

  const std::string ann = new_id();
  const std::string bob = new_id();
  recipient_repository recipients{*database};
};

CUMULO_ON_EACH_ENGINE(recipient_storage);

TEST_P(recipient_storage, learns_of_accounts_from_their_events) {
  EXPECT_EQ(by_email("ann@example.org"), std::nullopt);
  account("registered", ann, "Ann@Example.org");
  EXPECT_EQ(by_email("ANN@example.ORG"), ann);
  ASSERT_TRUE(by_id(ann).has_value());
  EXPECT_EQ(by_id(ann)->email, "Ann@Example.org");
  account("updated", ann, "ann@elsewhere.example", noon + std::chrono::seconds{1});
  EXPECT_EQ(by_email("ann@example.org"), std::nullopt);
  EXPECT_EQ(by_email("ann@elsewhere.example"), ann);
}

TEST_P(recipient_storage, learns_whether_an_address_is_verified) {
  const auto verified = [&] {
    std::vector<std::optional<std::int64_t>> found;
    run([&]() -> awaitable<void> {
      static constexpr sql::statement all{"test.verified", "SELECT email_verified FROM recipients"};
      auto take = [&](const sql::row& row) { found.push_back(row.optional_integer(0)); };
      co_await database->query(all, {}, take);
    });
    return found;
  };
  const auto tell = [&](std::string_view kind, std::string_view more, instant at) {
    consume(kind, ann, R"({"id":")" + ann + R"(","email":"ann@example.org")" + std::string{more} + "}", at);
  };
  tell("registered", R"(,"email_verified":false)", noon);
  EXPECT_THAT(verified(), testing::ElementsAre(0));
  tell("updated", R"(,"email_verified":true)", noon + std::chrono::seconds{1});
  EXPECT_THAT(verified(), testing::ElementsAre(1));
  tell("updated", R"(,"email_verified":false)", noon);
  EXPECT_THAT(verified(), testing::ElementsAre(1)) << "an older event";
}

TEST_P(recipient_storage, an_older_event_changes_nothing) {
  account("updated", ann, "new@example.org", noon + std::chrono::seconds{1});
  account("registered", ann, "old@example.org", noon);
  EXPECT_EQ(by_email("new@example.org"), ann);
  EXPECT_EQ(by_email("old@example.org"), std::nullopt);
}

TEST_P(recipient_storage, an_address_that_passed_to_another_account_is_the_latest_ones) {
  account("registered", ann, "it@example.org", noon);
  account("registered", bob, "it@example.org", noon + std::chrono::seconds{5});
  EXPECT_EQ(by_email("it@example.org"), bob);
}

TEST_P(recipient_storage, erasure_takes_everything_and_is_final) {
  account("registered", ann, "ann@example.org");
  account("registered", bob, "bob@example.org");
  notification_repository notifications{*database};
  const auto send = [&](const std::string& from, const std::string& to) {
    acceptance what{
        message{new_id(), from, to, content{"t"}, noon}, true, {{channel_name::inbox, delivery_status::delivered}}};
    run([&]() -> awaitable<void> { co_await notifications.accept({&what, 1}, {}); });
  };
  send(ann, ann);
  send(bob, ann);
  send(ann, bob);
  consume("erased", ann, R"({"id":")" + ann + "\"}");
  EXPECT_EQ(by_email("ann@example.org"), std::nullopt);
  ASSERT_TRUE(by_id(ann).has_value());
  EXPECT_TRUE(by_id(ann)->erased);
  EXPECT_EQ(by_id(ann)->email, std::nullopt);
  EXPECT_EQ(count(count_items), 1) << "bob keeps what ann sent";
  EXPECT_EQ(count(count_dispatches), 1);
  EXPECT_EQ(count(count_senders), 0) << "without her name";

  account("updated", ann, "ann@example.org", noon + std::chrono::hours{1});
  EXPECT_EQ(by_email("ann@example.org"), std::nullopt);
  EXPECT_TRUE(by_id(ann)->erased);
}

TEST_P(recipient_storage, erasing_what_is_much_goes_in_pieces) {
  static const sql::statement fill_inbox{
      "test.fill_inbox",
      "INSERT INTO notifications (account_id, id, title, created_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
      "SELECT i + 1 FROM n WHERE i < 1200) SELECT CAST(?1 AS TEXT), CAST(?1 AS TEXT) || i, 't', 0 FROM n"};
  static const sql::statement fill_agenda{
      "test.fill_agenda",
      "INSERT INTO agenda (task_id, account_id, title, due_at) SELECT id, account_id, 't', 0 FROM notifications"};
  static const sql::statement fill_dispatches{
      "test.fill_dispatches",
      "INSERT INTO dispatches (id, sender_id, recipient_id, title, created_at) SELECT id, CAST(?1 AS TEXT), "
      "CAST(?2 AS TEXT), 't', 0 FROM notifications UNION ALL "
      "SELECT 'x' || id, NULL, CAST(?1 AS TEXT), 't', 0 FROM notifications"};
  static const sql::statement fill_stream{
      "test.fill_stream",
      "INSERT INTO stream_events (account_id, type, data, created_at) SELECT account_id, 't', '{}', 0 "
      "FROM notifications"};
  static const sql::statement count_agenda{"test.count_agenda", "SELECT count(*) FROM agenda"};
  static const sql::statement count_stream{"test.count_stream", "SELECT count(*) FROM stream_events"};
  static const sql::statement count_unfinished{"test.count_unfinished", "SELECT count(*) FROM erasures"};
  run([&]() -> awaitable<void> {
    const std::array who{sql::param{ann}};
    const std::array both{sql::param{ann}, sql::param{bob}};
    const std::array commands{sql::command{&fill_inbox, who}, sql::command{&fill_agenda, {}},
                              sql::command{&fill_dispatches, both}, sql::command{&fill_stream, {}}};
    co_await database->write(commands);
  });
  consume("erased", ann, R"({"id":")" + ann + "\"}");
  EXPECT_EQ(count(count_items), 700);
  EXPECT_EQ(count(count_unfinished), 1);
  const std::function<bool()> never = [] { return false; };
  run([&]() -> awaitable<void> { co_await recipients.erase_rest(never); });
  for (const sql::statement* each : {&count_items, &count_agenda, &count_stream, &count_senders, &count_unfinished}) {
    EXPECT_EQ(count(*each), 0) << each->name;
  }
  EXPECT_EQ(count(count_dispatches), 1200) << "bob keeps what ann sent";
}

TEST_P(recipient_storage, erasure_of_an_account_that_was_never_heard_of_is_remembered) {
  consume("erased", ann, R"({"id":")" + ann + "\"}");
  account("registered", ann, "ann@example.org", noon + std::chrono::hours{1});
  EXPECT_TRUE(by_id(ann)->erased);
}

TEST_P(recipient_storage, an_event_that_cannot_be_read_is_refused) {
  EXPECT_THROW(consume("registered", ann, R"({"id":7})"), std::runtime_error);
  EXPECT_THROW(consume("registered", ann, R"({"id":"someone"})"), std::runtime_error);
  EXPECT_THROW(consume("registered", ann, "{"), std::runtime_error);
}

}  // namespace
}  // namespace cumulo::notifications
