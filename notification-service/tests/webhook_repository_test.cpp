#include "notification-service/storage/webhook_repository.hpp"

#include "notification-service/delivery/notices.hpp"
#include "notification-service/domain/message_id.hpp"
#include "notification-service/tests/storage_fixture.hpp"

namespace cumulo::notifications {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr instant noon = from_millis(1'800'000'000'000);

const sql::statement count_webhooks{"test.count_webhooks", "SELECT count(*) FROM webhooks"};
const sql::statement count_attempts{"test.count_attempts", "SELECT count(*) FROM webhook_attempts"};
const sql::statement count_deliveries{"test.count_deliveries", "SELECT count(*) FROM deliveries"};
const sql::statement count_dispatches{"test.count_dispatches", "SELECT count(*) FROM dispatches"};
const sql::statement count_inbox{"test.count_inbox", "SELECT count(*) FROM notifications"};
const sql::statement count_outbox{"test.count_outbox", "SELECT count(*) FROM outbox"};

class webhook_storage : public storage_test {
 protected:
  webhook add(const std::string& account, std::vector<std::string> events = {"*"}, bool paused = false) {
    webhook made{.id = new_id(),
                 .account_id = account,
                 .name = "n",
                 .url = "https://hooks.example/\"x\"",
                 .format = webhook_format::discord,
                 .events = std::move(events),
                 .secret = "whsec_x",
                 .created_at = noon,
                 .updated_at = noon};
    if (paused) {
      made.paused_at = noon;
      made.paused_because = pause_reason::owner;
    }
    run([&]() -> awaitable<void> { EXPECT_TRUE(co_await webhooks.add_webhook(made, {})); });
    return made;
  }

  std::optional<webhook> find(const std::string& account, const std::string& id) {
    return run([&]() -> awaitable<std::optional<webhook>> { co_return co_await webhooks.find_webhook(account, id); });
  }

  static webhook_attempt attempt_at(const webhook& w, instant at, std::optional<std::string> error) {
    return {.id = new_id(),
            .webhook_id = w.id,
            .message_id = "m",
            .type = "task.created",
            .attempt = 3,
            .at = at,
            .request_headers = "A: b\n",
            .request_body = "{}",
            .status = error ? std::nullopt : std::optional<std::int64_t>{204},
            .response_headers = "HTTP/1.1 204\r\n",
            .response_body = "ü",
            .took = std::chrono::milliseconds{12},
            .error = std::move(error)};
  }

  /// True if it became paused by it.
  bool record(const webhook_attempt& a, bool gone = false, bool counts = true) {
    return run([&]() -> awaitable<bool> {
      auto notice = [&](const webhook& paused) { return webhook_paused_notice(paused, std::nullopt, a.at); };
      const webhook_repository::report report{a, counts, gone};
      const pause_rule rule;
      co_return co_await webhooks.record(report, rule, notice);
    });
  }

  std::vector<webhook_attempt> log(const std::string& account, const std::string& id, std::string before = "g",
                                   int limit = 200, bool reads_tasks = true) {
    return run([&]() -> awaitable<std::vector<webhook_attempt>> {
      const attempt_reader who{account, reads_tasks};
      co_return co_await webhooks.list_attempts(who, id, before, limit);
    });
  }

  const std::string ann = new_id();
  const std::string bob = new_id();
  webhook_repository webhooks{*database};
};

CUMULO_ON_EACH_ENGINE(webhook_storage);

TEST_P(webhook_storage, what_was_added_is_found_by_its_owner_alone) {
  const webhook made = add(ann, {"task.created", "notification.*"}, true);
  const auto found = find(ann, made.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "n");
  EXPECT_EQ(found->url, made.url);
  EXPECT_EQ(found->format, webhook_format::discord);
  EXPECT_THAT(found->events, ElementsAre("task.created", "notification.*"));
  EXPECT_EQ(found->secret, "whsec_x");
  EXPECT_EQ(found->paused_at, noon);
  EXPECT_EQ(found->paused_because, pause_reason::owner);
  EXPECT_EQ(found->version, 1);
  EXPECT_FALSE(find(bob, made.id));
  run([&]() -> awaitable<void> {
    const std::string first;
    EXPECT_THAT(co_await webhooks.list_webhooks(bob, first, 10), IsEmpty());
    EXPECT_EQ((co_await webhooks.list_webhooks(ann, first, 10)).size(), 1U);
    EXPECT_THAT(co_await webhooks.list_webhooks(ann, made.id, 10), IsEmpty());
    EXPECT_TRUE((co_await webhooks.find_endpoint(made.id)).has_value());
  });
}

TEST_P(webhook_storage, only_so_many_for_an_account) {
  for (int i = 0; i < most_webhooks; ++i) add(ann);
  run([&]() -> awaitable<void> {
    const webhook more{.id = new_id(), .account_id = ann, .url = "https://x.example/", .created_at = noon};
    EXPECT_FALSE(co_await webhooks.add_webhook(more, {}));
  });
  add(bob);
  EXPECT_EQ(count(count_webhooks), most_webhooks + 1);
}

TEST_P(webhook_storage, no_more_than_so_many_however_many_are_made_at_once) {
  for (int i = 0; i < most_webhooks - 2; ++i) add(ann);
  std::vector<std::future<bool>> made;
  for (std::size_t i = 0; i < 20; ++i) {
    auto work = [this]() -> awaitable<bool> {
      const webhook one{.id = new_id(), .account_id = ann, .url = "https://x.example/", .created_at = noon};
      co_return co_await webhooks.add_webhook(one, {});
    };
    made.push_back(test::start(threads, std::move(work), i % threads.size()));
  }
  for (auto& each : made) {
    try {
      test::wait_for(std::move(each));
    } catch (const sql::database_error& e) {
      EXPECT_EQ(e.kind(), sql::failure::serialization) << e.what();  // asked to try again
    }
  }
  EXPECT_EQ(count(count_webhooks), most_webhooks);
}

TEST_P(webhook_storage, changes_are_the_owners_and_all_or_nothing) {
  const webhook made = add(ann);
  const auto change = [&](const std::string& account, result<> verdict) {
    return run([&]() -> awaitable<result<webhook>> {
      auto decide = [&](webhook& w) -> result<> {
        w.url = "https://new.example/";
        w.old_secret = w.secret;
        w.old_secret_until = noon;
        ++w.version;
        return verdict;
      };
      auto nothing = []() -> std::optional<sql::command> { return std::nullopt; };
      co_return co_await webhooks.change_webhook(account, made.id, decide, nothing);
    });
  };
  EXPECT_EQ(change(bob, {}).error().code, errc::not_found);
  EXPECT_EQ(change(ann, error{errc::forbidden, "no"}).error().code, errc::forbidden);
  EXPECT_EQ(find(ann, made.id)->url, made.url);
  EXPECT_EQ(change(ann, {})->version, 2);
  EXPECT_EQ(find(ann, made.id)->url, "https://new.example/");
  EXPECT_EQ(find(ann, made.id)->old_secret, "whsec_x");
  EXPECT_EQ(find(ann, made.id)->old_secret_until, noon);
}

TEST_P(webhook_storage, removing_takes_the_log_along) {
  const webhook made = add(ann);
  record(attempt_at(made, noon, std::nullopt));
  const auto remove = [&](const std::string& account) {
    return run([&]() -> awaitable<result<>> {
      auto fine = [](webhook&) -> result<> { return {}; };
      co_return co_await webhooks.remove_webhook(account, made.id, fine);
    });
  };
  EXPECT_EQ(remove(bob).error().code, errc::not_found);
  EXPECT_TRUE(remove(ann).has_value());
  EXPECT_EQ(count(count_attempts), 0);
  EXPECT_FALSE(record(attempt_at(made, noon, "late"), true)) << "it was deleted while the call was under way";
  EXPECT_EQ(count(count_attempts), 0);
  EXPECT_EQ(count(count_inbox), 0);
}

TEST_P(webhook_storage, the_log_is_the_owners_newest_first_and_bounded) {
  const webhook made = add(ann);
  const webhook another = add(ann);
  const auto first = attempt_at(made, noon, std::nullopt);
  record(first);
  const auto second = attempt_at(made, noon, "timeout: x");
  record(second);
  record(attempt_at(another, noon, std::nullopt));
  const auto all = log(ann, made.id);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, second.id);
  EXPECT_EQ(all[0].error, "timeout: x");
  EXPECT_EQ(all[0].status, std::nullopt);
  EXPECT_EQ(all[1].status, 204);
  EXPECT_EQ(all[1].request_headers, "A: b\n");
  EXPECT_EQ(all[1].response_body, "ü");
  EXPECT_EQ(all[1].took.count(), 12);
  EXPECT_EQ(all[1].attempt, 3);
  EXPECT_EQ(log(ann, made.id, second.id).front().id, first.id);
  EXPECT_EQ(log(ann, made.id, "g", 1).size(), 1U);
  EXPECT_THAT(log(bob, made.id), IsEmpty());
  run([&]() -> awaitable<void> {
    const attempt_reader reader{ann, true};
    const attempt_reader stranger{bob, true};
    EXPECT_TRUE((co_await webhooks.find_attempt(reader, made.id, first.id)).has_value());
    EXPECT_FALSE((co_await webhooks.find_attempt(stranger, made.id, first.id)).has_value());
    EXPECT_FALSE((co_await webhooks.find_attempt(reader, another.id, first.id)).has_value());
  });
  for (int i = 0; i < most_logged_attempts + 5; ++i) record(attempt_at(made, noon, std::nullopt));
  EXPECT_EQ(log(ann, made.id).size(), static_cast<std::size_t>(most_logged_attempts));
  EXPECT_EQ(log(ann, another.id).size(), 1U);
  run([&]() -> awaitable<void> {
    EXPECT_EQ(co_await webhooks.delete_attempts_before(noon, 10), 0U);
    EXPECT_EQ(co_await webhooks.delete_attempts_before(noon + std::chrono::seconds{1}, 10), 10U);
  });
}

TEST_P(webhook_storage, what_was_sent_of_tasks_is_for_who_may_read_tasks) {
  const webhook made = add(ann);
  auto shown = attempt_at(made, noon, std::nullopt);
  shown.type = "notification.direct";
  const auto hidden = attempt_at(made, noon, std::nullopt);
  record(shown);
  record(hidden);
  EXPECT_EQ(log(ann, made.id).size(), 2U);
  const auto seen = log(ann, made.id, "g", 200, false);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].id, shown.id);
  run([&]() -> awaitable<void> {
    const attempt_reader limited{ann, false};
    EXPECT_TRUE((co_await webhooks.find_attempt(limited, made.id, shown.id)).has_value());
    EXPECT_FALSE((co_await webhooks.find_attempt(limited, made.id, hidden.id)).has_value());
  });
}

TEST_P(webhook_storage, an_endpoint_that_fails_for_long_is_paused_with_one_notice) {
  using std::chrono::hours;
  const webhook made = add(ann);
  for (int h = 0; h < 10; ++h) EXPECT_FALSE(record(attempt_at(made, noon + hours{h}, "no"))) << h;
  EXPECT_EQ(find(ann, made.id)->failing_since, noon);
  EXPECT_FALSE(record(attempt_at(made, noon + hours{11}, std::nullopt))) << "a success begins anew";
  EXPECT_EQ(find(ann, made.id)->failing_since, std::nullopt);
  EXPECT_EQ(find(ann, made.id)->last_success_at, noon + hours{11});
  for (int h = 12; h < 15; ++h) EXPECT_FALSE(record(attempt_at(made, noon + hours{h}, "no")));
  EXPECT_FALSE(record(attempt_at(made, noon + hours{40}, "no"))) << "long enough, but only four times";
  EXPECT_FALSE(record(attempt_at(made, noon + hours{41}, "no"), false, false)) << "a test does not count";
  EXPECT_TRUE(record(attempt_at(made, noon + hours{42}, "no")));
  EXPECT_EQ(find(ann, made.id)->paused_at, noon + hours{42});
  EXPECT_EQ(find(ann, made.id)->paused_because, pause_reason::failing);
  EXPECT_EQ(count(count_inbox), 1);
  EXPECT_EQ(count(count_outbox), 1);
  EXPECT_FALSE(record(attempt_at(made, noon + hours{43}, "no"))) << "one that was under way";
  EXPECT_EQ(count(count_inbox), 1);
}

TEST_P(webhook_storage, one_that_is_gone_is_paused_at_once) {
  const webhook made = add(ann);
  EXPECT_TRUE(record(attempt_at(made, noon, "410"), true));
  EXPECT_FALSE(record(attempt_at(made, noon, "410"), true));
  EXPECT_EQ(find(ann, made.id)->paused_because, pause_reason::gone);
  EXPECT_EQ(count(count_inbox), 1);
}

TEST_P(webhook_storage, an_event_is_queued_once_for_each_endpoint_that_wants_it) {
  const webhook all = add(ann);
  const webhook created = add(ann, {"task.created"});
  add(ann, {"project.*"});
  add(ann, {"*"}, true);
  add(bob);
  const message told{message_id(noon, "e"), "", ann, content{.title = "task.created", .data = "{}"}, noon,
                     "task.created"};
  const auto consume = [&] {
    run([&]() -> awaitable<void> {
      auto body = [&](sql::transaction& tx) -> awaitable<void> {
        const auto wanting = co_await webhook_repository::find_wanting(tx, ann, "task.created");
        EXPECT_THAT(wanting, ElementsAre(all.id, created.id));
        co_await webhook_repository::accept_event(tx, told, wanting);
      };
      co_await database->transact(body);
    });
  };
  consume();
  consume();
  EXPECT_EQ(count(count_dispatches), 1);
  EXPECT_EQ(count(count_deliveries), 2);
  EXPECT_EQ(count(count_inbox), 0);
}

TEST_P(webhook_storage, nothing_is_sent_for_a_disabled_account) {
  const webhook made = add(ann);
  const auto wanting = [&](bool disabled, instant as_of) {
    return run([&]() -> awaitable<std::vector<std::string>> {
      auto body = [&](sql::transaction& tx) -> awaitable<void> {
        co_await recipient_repository::remember_access(tx, ann, disabled, as_of);
      };
      co_await database->transact(body);
      co_return co_await webhooks.find_wanting(ann, "task.created");
    });
  };
  EXPECT_THAT(wanting(true, noon), IsEmpty());
  EXPECT_THAT(wanting(false, noon + std::chrono::seconds{1}), ElementsAre(made.id));
}

TEST_P(webhook_storage, erasing_an_account_takes_its_webhooks) {
  const webhook made = add(ann);
  add(bob);
  record(attempt_at(made, noon, std::nullopt));
  run([&]() -> awaitable<void> {
    auto body = [&](sql::transaction& tx) -> awaitable<void> { co_await recipient_repository::erase(tx, ann, noon); };
    co_await database->transact(body);
  });
  EXPECT_EQ(count(count_webhooks), 1);
  EXPECT_EQ(count(count_attempts), 0);
}

}  // namespace
}  // namespace cumulo::notifications
