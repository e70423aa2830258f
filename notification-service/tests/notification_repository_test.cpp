#include "notification-service/storage/notification_repository.hpp"

#include "notification-service/domain/message_id.hpp"
#include "notification-service/events/published.hpp"
#include "notification-service/tests/storage_fixture.hpp"

namespace cumulo::notifications {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr instant noon = from_millis(1'800'000'000'000);
constexpr instant later = noon + std::chrono::minutes{1};

const sql::statement count_outbox{"test.count_outbox", "SELECT count(*) FROM outbox"};
const sql::statement count_dispatches{"test.count_dispatches", "SELECT count(*) FROM dispatches"};
const sql::statement count_deliveries{"test.count_deliveries", "SELECT count(*) FROM deliveries"};
const sql::statement count_payloads{"test.count_payloads", "SELECT count(*) FROM dispatches WHERE payload IS NOT NULL"};

const sql::statement count_sealed{"test.count_sealed", "SELECT count(*) FROM recipients"};
/// Fails when it is written twice with one id.
const sql::statement insert_once{"test.insert_once", "INSERT INTO recipients (account_id, updated_at) VALUES (?1, 1)"};

class notification_storage : public storage_test {
 protected:
  std::string send(const std::string& to, content says,
                   std::vector<delivery> deliveries = {{channel_name::inbox, delivery_status::delivered}},
                   instant at = noon) {
    acceptance what{message{new_id(), sender, to, std::move(says), at}};
    what.in_inbox = deliveries.front().channel == channel_name::inbox;
    what.deliveries = std::move(deliveries);
    const bus::outbox_row created{notification_created(what, "")};
    const std::array also{created.command()};
    run([&]() -> awaitable<void> { co_await notifications.accept({&what, 1}, also); });
    return what.accepted.id;
  }

  std::vector<std::string> titles(inbox_query query) {
    std::vector<std::string> found;
    run([&]() -> awaitable<void> {
      auto take = [&](const inbox_item& item) { found.emplace_back(item.title); };
      co_await notifications.list_inbox(query, take);
    });
    return found;
  }

  std::int64_t unread(const std::string& account) {
    return run([&]() -> awaitable<std::int64_t> { co_return co_await notifications.count_unread(account); });
  }

  std::optional<instant> read_time(const std::string& account, const std::string& id, instant now) {
    return run([&]() -> awaitable<std::optional<instant>> {
      std::optional<instant> at;
      auto take = [&](const inbox_item& item) { at = item.read_at; };
      auto nothing = []() -> std::optional<sql::command> { return std::nullopt; };
      const bool found = co_await notifications.mark_read(account, id, now, take, nothing);
      EXPECT_EQ(found, at.has_value());
      co_return at;
    });
  }

  read_outcome mark(const std::string& account, read_selection which) {
    return run([&]() -> awaitable<read_outcome> {
      read_outcome seen;
      auto seal = [&](const read_outcome& o) -> std::optional<sql::command> {
        seen = o;
        return std::nullopt;
      };
      co_await notifications.mark_many_read(account, which, later, seal);
      co_return seen;
    });
  }

  bool remove(const std::string& account, const std::string& id) {
    return run([&]() -> awaitable<bool> { co_return co_await notifications.remove_from_inbox(account, id, later); });
  }

  const std::string sender = new_id();
  const std::string ann = new_id();
  const std::string bob = new_id();
  notification_repository notifications{*database};
};

CUMULO_ON_EACH_ENGINE(notification_storage);

TEST_P(notification_storage, what_was_accepted_is_in_the_inbox_as_it_was_given) {
  const content says{"Caf\u00e9 \"1\"", "line\nline", "/app/x?y=1", R"({"a":[1,null]})"};
  const std::string id = send(ann, says);
  run([&]() -> awaitable<void> {
    int seen = 0;
    auto take = [&](const inbox_item& item) {
      ++seen;
      EXPECT_EQ(item.id, id);
      EXPECT_EQ(item.title, says.title);
      EXPECT_EQ(item.body, says.body);
      EXPECT_EQ(item.link, says.link);
      EXPECT_EQ(item.data, says.data);
      EXPECT_EQ(item.created_at, noon);
      EXPECT_EQ(item.read_at, std::nullopt);
    };
    EXPECT_TRUE(co_await notifications.find_in_inbox(ann, id, take));
    EXPECT_FALSE(co_await notifications.find_in_inbox(bob, id, take));
    EXPECT_FALSE(co_await notifications.find_in_inbox(ann, ann, take));
    EXPECT_EQ(seen, 1);
  });
  EXPECT_EQ(count(count_outbox), 1);
  EXPECT_EQ(count(count_payloads), 0) << "nothing has still to deliver it";
}

TEST_P(notification_storage, left_out_members_stay_absent) {
  const std::string id = send(ann, {"t"});
  run([&]() -> awaitable<void> {
    auto take = [&](const inbox_item& item) {
      EXPECT_EQ(item.body, std::nullopt);
      EXPECT_EQ(item.link, std::nullopt);
      EXPECT_EQ(item.data, std::nullopt);
    };
    EXPECT_TRUE(co_await notifications.find_in_inbox(ann, id, take));
  });
}

TEST_P(notification_storage, everything_is_stored_or_nothing) {
  acceptance what{
      message{new_id(), sender, ann, content{"t"}, noon}, true, {{channel_name::inbox, delivery_status::delivered}}};
  const bus::outbox_row created{notification_created(what, "")};
  const std::array once{sql::param{ann}};
  const std::array twice{created.command(), sql::command{&insert_once, once}, sql::command{&insert_once, once}};
  EXPECT_THROW(run([&]() -> awaitable<void> { co_await notifications.accept({&what, 1}, twice); }),
               sql::database_error);
  EXPECT_EQ(count(count_dispatches), 0);
  EXPECT_EQ(count(count_deliveries), 0);
  EXPECT_EQ(count(count_outbox), 0);
  EXPECT_THAT(titles({.account_id = ann}), IsEmpty());
}

TEST_P(notification_storage, a_consumer_makes_a_notification_once_however_often_it_is_told) {
  const std::string id = message_id(noon, "event" + ann);
  const acceptance what{message{id, "", ann, content{"Reminder", "b"}, noon, "reminder"},
                        true,
                        {{channel_name::inbox, delivery_status::delivered},
                         {channel_name::email, delivery_status::pending},
                         {channel_name::webhook, delivery_status::pending, "endpoint"}}};
  const auto accept = [&] {
    return run([&]() -> awaitable<bool> {
      auto body = [&](sql::transaction& tx) -> awaitable<bool> {
        co_return co_await notification_repository::accept(tx, what);
      };
      co_return co_await database->transact(body);
    });
  };
  EXPECT_TRUE(accept());
  EXPECT_FALSE(accept());
  EXPECT_THAT(titles({.account_id = ann}), ElementsAre("Reminder"));
  EXPECT_EQ(count(count_outbox), 1);
  EXPECT_EQ(count(count_deliveries), 3);
  EXPECT_EQ(count(count_payloads), 1);
}

TEST_P(notification_storage, pages_run_from_the_newest_and_stay_within_the_account) {
  std::vector<std::string> ids;
  for (const char* title : {"1", "2", "3", "4", "5"}) ids.push_back(send(ann, {title}));
  send(bob, {"not ann's"});
  EXPECT_THAT(titles({.account_id = ann, .limit = 2}), ElementsAre("5", "4"));
  EXPECT_THAT(titles({.account_id = ann, .before = ids[3], .limit = 2}), ElementsAre("3", "2"));
  EXPECT_THAT(titles({.account_id = ann, .before = ids[1], .limit = 2}), ElementsAre("1"));
  EXPECT_THAT(titles({.account_id = ann, .before = ids[0], .limit = 2}), IsEmpty());
}

TEST_P(notification_storage, a_message_for_other_channels_is_not_in_the_inbox) {
  send(ann, {"by mail"}, {{channel_name::email, delivery_status::pending}});
  EXPECT_THAT(titles({.account_id = ann}), IsEmpty());
  EXPECT_EQ(unread(ann), 0);
  EXPECT_EQ(count(count_payloads), 1) << "the mail has still to be written from it";
}

TEST_P(notification_storage, reading_one_keeps_the_first_time) {
  const std::string id = send(ann, {"a"});
  send(ann, {"b"});
  EXPECT_EQ(unread(ann), 2);
  EXPECT_EQ(read_time(bob, id, noon), std::nullopt);
  EXPECT_EQ(read_time(ann, id, noon), noon);
  EXPECT_EQ(read_time(ann, id, later), noon);
  EXPECT_EQ(unread(ann), 1);
  EXPECT_THAT(titles({.account_id = ann, .unread = true}), ElementsAre("b"));
  EXPECT_THAT(titles({.account_id = ann, .unread = false}), ElementsAre("a"));
}

TEST_P(notification_storage, reading_many) {
  std::vector<std::string> ids;
  for (const char* title : {"1", "2", "3", "4", "5"}) ids.push_back(send(ann, {title}));
  const std::string foreign = send(bob, {"bob's"});

  read_outcome outcome = mark(ann, {.ids = std::vector<std::string>{ids[4], foreign, "nonsense", "it's"}});
  EXPECT_EQ(outcome.marked, 1U);
  EXPECT_EQ(outcome.unread, 4);
  outcome = mark(ann, {.ids = std::vector<std::string>{}});
  EXPECT_EQ(outcome.marked, 0U);
  outcome = mark(ann, {.up_to = ids[1]});
  EXPECT_EQ(outcome.marked, 2U);
  EXPECT_THAT(titles({.account_id = ann, .unread = true}), ElementsAre("4", "3"));
  outcome = mark(ann, {});
  EXPECT_EQ(outcome.marked, 2U);
  EXPECT_EQ(outcome.unread, 0);
  EXPECT_EQ(unread(bob), 1);
}

TEST_P(notification_storage, what_is_sealed_is_written_with_the_reading_or_neither) {
  const std::string id = send(ann, {"a"});
  const std::array once{sql::param{ann}};
  auto seal = [&]() -> std::optional<sql::command> { return sql::command{&insert_once, once}; };
  auto ignore = [](const inbox_item&) {};
  run([&]() -> awaitable<void> { EXPECT_TRUE(co_await notifications.mark_read(ann, id, noon, ignore, seal)); });
  EXPECT_EQ(count(count_sealed), 1);

  const std::string other = send(ann, {"b"});
  EXPECT_THROW(run([&]() -> awaitable<void> { co_await notifications.mark_read(ann, other, noon, ignore, seal); }),
               sql::database_error);
  EXPECT_EQ(unread(ann), 1) << "the seal failed, so it was not read";
}

TEST_P(notification_storage, removing_is_for_the_owner_and_the_sender_still_sees_what_became_of_it) {
  const std::string id = send(
      ann, {"a"}, {{channel_name::inbox, delivery_status::delivered}, {channel_name::push, delivery_status::disabled}});
  EXPECT_FALSE(remove(bob, id));
  EXPECT_TRUE(remove(ann, id));
  EXPECT_FALSE(remove(ann, id));
  const auto sent = run([&]() -> awaitable<std::optional<dispatch_record>> {
    EXPECT_FALSE((co_await notifications.find_dispatch(ann, id)).has_value());
    co_return co_await notifications.find_dispatch(sender, id);
  });
  ASSERT_TRUE(sent.has_value());
  EXPECT_EQ(sent->title, "a");
  ASSERT_EQ(sent->deliveries.size(), 2U);
  EXPECT_EQ(sent->deliveries[0].channel, channel_name::inbox);
  EXPECT_EQ(sent->deliveries[0].status, delivery_status::delivered);
  EXPECT_EQ(sent->deliveries[0].attempts, 1);
  EXPECT_EQ(sent->deliveries[1].status, delivery_status::disabled);
  EXPECT_EQ(sent->deliveries[1].attempts, 0);
}

TEST_P(notification_storage, conditional_removal_notices_that_it_was_read_meanwhile) {
  const std::string id = send(ann, {"a"});
  const auto remove_if = [&](std::optional<instant> seen) {
    return run(
        [&]() -> awaitable<bool> { co_return co_await notifications.remove_from_inbox_if(ann, id, seen, later); });
  };
  read_time(ann, id, noon);
  EXPECT_FALSE(remove_if(std::nullopt));
  EXPECT_FALSE(remove_if(later));
  EXPECT_TRUE(remove_if(noon));
}

TEST_P(notification_storage, retention_takes_what_was_read_long_ago_in_batches) {
  for (int i = 0; i < 5; ++i) read_time(ann, send(ann, {"old"}), noon);
  read_time(ann, send(ann, {"young"}), later);
  send(ann, {"unread"});
  const auto sweep = [&] {
    return run([&]() -> awaitable<std::uint64_t> { co_return co_await notifications.delete_read_before(later, 3); });
  };
  EXPECT_EQ(sweep(), 3U);
  EXPECT_EQ(sweep(), 2U);
  EXPECT_EQ(sweep(), 0U);
  EXPECT_THAT(titles({.account_id = ann}), ElementsAre("unread", "young"));
}

TEST_P(notification_storage, retention_of_dispatches_spares_what_is_pending) {
  send(ann, {"done"});
  const std::string pending = send(ann, {"pending"}, {{channel_name::email, delivery_status::pending}});
  const std::string young = send(ann, {"young"}, {{channel_name::inbox, delivery_status::delivered}}, later);
  const std::uint64_t gone =
      run([&]() -> awaitable<std::uint64_t> { co_return co_await notifications.delete_dispatches_before(later, 100); });
  EXPECT_EQ(gone, 1U);
  EXPECT_EQ(count(count_dispatches), 2);
  EXPECT_EQ(count(count_deliveries), 2) << "deliveries go with their dispatch";
}

}  // namespace
}  // namespace cumulo::notifications
