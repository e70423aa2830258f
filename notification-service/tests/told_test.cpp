#include "notification-service/events/told.hpp"

#include "notification-service/storage/webhook_repository.hpp"
#include "notification-service/tests/rules_fixture.hpp"
#include "platform/observe/metrics.hpp"

namespace cumulo::notifications {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class told : public rules_test {
 protected:
  const std::string ann = add_account("Ann");
  const std::string bob = add_account("Bob");
  const std::string task = new_id();
  const std::string project = new_id();

  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  std::string task_json(const std::string& title, const std::string& more = "") const {
    return R"({"id":")" + task + R"(","project_id":")" + project + R"(","title":")" + title +
           R"(","status":"todo","version":3)" + more + "}";
  }
  /// A change of the task by `actor` ("" is nobody) that all of these may see.
  void happen(const std::string& verb, const std::string& actor, const std::string& title,
              const std::vector<std::string>& audience, const std::string& more = "") {
    std::string all;
    for (const std::string& each : audience) all += (all.empty() ? "" : ",") + quoted(each);
    consume(told_events(*database, tells), "io.cumulo.task." + verb + ".v1", task,
            R"({"task":)" + task_json(title) + R"(,"actor_id":)" + (actor.empty() ? "null" : quoted(actor)) +
                R"(,"changed":["title"],"audience":[)" + all + "]" + more + "}");
  }
  void account_event(const std::string& verb, const std::string& account, const std::string& more = "") {
    consume(told_events(*database, tells), "io.cumulo.user." + verb + ".v1", account,
            R"({"id":")" + account + R"(","at":1796140800000)" + more + "}");
  }
};
CUMULO_ON_EACH_ENGINE(told);

TEST_P(told, others_are_told_of_a_change_and_never_who_made_it) {
  happen("updated", bob, "Pay rent", {ann, bob});
  EXPECT_THAT(inbox(ann), ElementsAre("Bob changed: Pay rent"));
  EXPECT_THAT(inbox(bob), IsEmpty());
  EXPECT_THAT(queued(ann), ElementsAre("webhook|pending|task_changed|Bob changed: Pay rent|0",
                                       "email|pending|task_changed|Bob changed: Pay rent|300"));
  EXPECT_THAT(queued(bob), IsEmpty());
  happen("created", ann, "Mine", {ann});
  EXPECT_EQ(inbox(ann).size(), 1U) << "one's own";
  time.advance(1s);
  happen("restored", "", "By itself", {ann});
  EXPECT_EQ(inbox(ann).back(), "Restored: By itself") << "something else's doing";
  static constexpr sql::statement data{"test.data", "SELECT data FROM notifications WHERE account_id = ?1"};
  EXPECT_THAT(rows(data, {ann}, 1).front(), R"({"task_id":")" + task + R"(","project_id":")" + project + R"("})");
}

TEST_P(told, an_account_that_no_event_has_told_of_is_told_and_an_erased_one_is_not) {
  const std::string stranger = new_id();
  erase(ann);
  happen("updated", bob, "x", {ann, stranger});
  EXPECT_THAT(inbox(stranger), ElementsAre("Bob changed: x"));
  EXPECT_THAT(inbox(ann), IsEmpty());
  EXPECT_THAT(queued(ann), IsEmpty());
}

TEST_P(told, a_disabled_account_is_told_nothing_until_it_is_enabled) {
  const auto access = [&](const std::string& verb) {
    time.advance(1s);
    consume(account_events(*database), "io.cumulo.user." + verb + ".v1", ann, R"({"id":")" + ann + "\"}");
  };
  access("disabled");
  happen("updated", bob, "x", {ann});
  account_event("password_changed", ann);
  EXPECT_THAT(inbox(ann), IsEmpty());
  EXPECT_THAT(queued(ann), IsEmpty());
  access("enabled");
  happen("updated", bob, "y", {ann});
  EXPECT_THAT(inbox(ann), ElementsAre("Bob changed: y"));
}

TEST_P(told, the_time_from_the_event_to_the_inbox_is_measured) {
  happen("updated", bob, "x", {ann});
  EXPECT_THAT(observe::exposition(metrics), HasSubstr("cumulo_delivery_seconds_count{channel=\"inbox\"} 1"));
}

TEST_P(told, the_same_event_again_changes_nothing) {
  const std::string id = new_id();
  for (int i = 0; i < 2; ++i) {
    consume(told_events(*database, tells), "io.cumulo.reminder.due.v1", task,
            R"({"reminder_id":"r","account_id":")" + ann + R"(","task":)" +
                task_json("Call", R"(,"due":"2026-12-24")") + R"(,"remind_at":1,"fired_at":2})",
            id);
  }
  EXPECT_THAT(inbox(ann), ElementsAre("Reminder: Call"));
  EXPECT_EQ(queued(ann).size(), 2U);
  EXPECT_THAT(observe::exposition(metrics), HasSubstr("cumulo_notifications_made_total{kind=\"reminder\"} 1"));
}

TEST_P(told, done_is_told_once_though_it_is_two_events) {
  const std::string done = R"({"task":{"id":")" + task + R"(","title":"x","status":"done"},"actor_id":")" + bob +
                           R"(","changed":["status"],"audience":[")" + ann + R"("]})";
  consume(told_events(*database, tells), "io.cumulo.task.updated.v1", task, done);
  consume(told_events(*database, tells), "io.cumulo.task.completed.v1", task, done);
  EXPECT_THAT(inbox(ann), ElementsAre("Bob completed: x"));
}

TEST_P(told, ten_changes_in_five_minutes_are_one_mail) {
  const instant start = time.now();
  for (int i = 1; i <= 10; ++i) {
    happen("updated", bob, "Task " + std::to_string(i), {ann, bob});
    time.advance(20s);
  }
  EXPECT_EQ(inbox(ann).size(), 10U);
  time.set(start);
  const auto waiting = queued(ann);
  EXPECT_EQ(waiting.back(), "email|pending|task_changed|10 changes of your tasks|300");
  EXPECT_EQ(std::ranges::count_if(waiting, [](const std::string& s) { return s.starts_with("email"); }), 1);
  static constexpr sql::statement payload{
      "test.payload", "SELECT payload FROM dispatches WHERE recipient_id = ?1 AND title LIKE '10 changes%'"};
  EXPECT_THAT(rows(payload, {ann}, 1), ElementsAre(HasSubstr("• Bob changed: Task 1\\n• Bob changed: Task 2")));

  time.advance(5min);
  happen("updated", bob, "Later", {ann});
  const auto then = queued(ann);
  EXPECT_EQ(then.back(), "email|pending|task_changed|Bob changed: Later|300") << "the first mail is on its way";
}

TEST_P(told, a_mail_that_is_being_sent_takes_no_more) {
  happen("updated", bob, "First", {ann});
  static constexpr sql::statement claim{
      "test.claim", "UPDATE deliveries SET attempts = 1, lease_owner = 'x' WHERE channel = 'email'"};
  run([&]() -> awaitable<void> {
    const std::array commands{sql::command{&claim, {}}};
    co_await database->write(commands);
  });
  happen("updated", bob, "Second", {ann});
  EXPECT_THAT(queued(ann), testing::Contains("email|pending|task_changed|Bob changed: First|300"));
  EXPECT_THAT(queued(ann), testing::Contains("email|pending|task_changed|Bob changed: Second|300"));
}

TEST_P(told, a_hundred_changes_stay_one_bounded_mail) {
  for (int i = 0; i < 100; ++i) happen("updated", bob, std::string(500, 'x'), {ann});
  EXPECT_EQ(queued(ann).back(), "email|pending|task_changed|100 changes of your tasks|300");
  static constexpr sql::statement size{"test.size", "SELECT MAX(LENGTH(payload)) FROM dispatches"};
  EXPECT_LT(count(size), 12'000);
}

TEST_P(told, preferences_decide) {
  prefer(ann, [&](preferences& p) { p.muted_projects = {project}; });
  happen("updated", bob, "muted", {ann});
  EXPECT_THAT(inbox(ann), IsEmpty());
  prefer(ann, [&](preferences& p) {
    p.muted_projects = {};
    p.choose(kind::task_changed, channel_name::inbox, false);
    p.choose(kind::task_changed, channel_name::webhook, false);
  });
  happen("updated", bob, "by mail alone", {ann});
  EXPECT_THAT(inbox(ann), IsEmpty());
  EXPECT_THAT(queued(ann), ElementsAre("email|pending|task_changed|Bob changed: by mail alone|300"));
}

TEST_P(told, quiet_hours_hold_back_all_but_the_inbox_and_security) {
  prefer(ann, [&](preferences& p) { p.quiet_hours = day_part{15 * 60, 17 * 60}; });  // it is 16:00
  happen("updated", bob, "x", {ann});
  account_event("password_changed", ann, R"(,"address":"192.0.2.1","user_agent":"Firefox")");
  EXPECT_EQ(inbox(ann).size(), 2U);
  EXPECT_THAT(queued(ann), ElementsAre("email|pending|security|Your password was changed|0",
                                       "email|pending|task_changed|Bob changed: x|3600",
                                       "webhook|pending|task_changed|Bob changed: x|3600"));
}

TEST_P(told, security_reaches_the_inbox_whatever_was_chosen) {
  prefer(ann, [](preferences& p) {
    for (const channel_name each : channel_names) p.choose(kind::security, each, false);
  });
  account_event("signed_in", ann, R"(,"address":"192.0.2.1","user_agent":"Firefox")");
  time.advance(1s);
  account_event("token_created", ann, R"(,"name":"bot")");
  EXPECT_THAT(inbox(ann), ElementsAre("New sign-in to your account", "An access token was made"));
  EXPECT_THAT(queued(ann), IsEmpty());
  static constexpr sql::statement bodies{"test.bodies",
                                         "SELECT body, kind FROM notifications WHERE account_id = ?1 ORDER BY id"};
  EXPECT_THAT(rows(bodies, {ann}, 2),
              ElementsAre(testing::AllOf(HasSubstr("192.0.2.1"), HasSubstr("|security")), HasSubstr("Name: bot")));
}

TEST_P(told, a_password_that_was_reset_pauses_the_webhooks_and_their_owner_learns_of_it) {
  const std::string kai = add_account("Kai", "Europe/Berlin", "de-DE");
  webhook_repository webhooks{*database};
  for (const std::string* each : {&ann, &bob, &kai}) {
    const webhook made{.id = new_id(), .account_id = *each, .url = "https://x.example/", .events = {"*"}};
    run([&]() -> awaitable<void> { co_await webhooks.add_webhook(made, {}); });
  }
  const auto paused = [&](const std::string& account) {
    static constexpr sql::statement reasons{
        "test.paused", "SELECT paused_because FROM webhooks WHERE account_id = ?1 AND paused_at IS NOT NULL"};
    return rows(reasons, {account}, 1);
  };
  const auto told_of_it = [&](const std::string& account) {
    static constexpr sql::statement bodies{"test.bodies", "SELECT body FROM notifications WHERE account_id = ?1"};
    return rows(bodies, {account}, 1).back();
  };
  account_event("password_changed", ann);
  EXPECT_THAT(paused(ann), IsEmpty()) << "by somebody who was signed in";
  time.advance(1s);
  account_event("password_changed", ann, R"(,"reset":true)");
  account_event("password_changed", kai, R"(,"reset":true)");
  EXPECT_THAT(paused(ann), ElementsAre("owner"));
  EXPECT_THAT(paused(kai), ElementsAre("owner"));
  EXPECT_THAT(paused(bob), IsEmpty());
  EXPECT_THAT(told_of_it(ann), HasSubstr("Paused webhooks: 1."));
  EXPECT_THAT(told_of_it(kai), HasSubstr("Angehaltene Webhooks: 1."));
  time.advance(1s);
  account_event("password_changed", ann, R"(,"reset":true)");
  EXPECT_THAT(told_of_it(ann), testing::Not(HasSubstr("webhooks:"))) << "there was nothing more to pause";
}

TEST_P(told, each_reader_reads_their_own_language) {
  const std::string kai = add_account("Kai", "Europe/Berlin", "de-DE");
  consume(told_events(*database, tells), "io.cumulo.task.due_soon.v1", task,
          R"({"task":)" + task_json("Miete", R"(,"due":"2026-12-01T17:00:00")") + R"(,"audience":[")" + ann + R"(",")" +
              kai + R"("],"due_at":)" + std::to_string(to_millis(time.now())) + "}");
  EXPECT_THAT(inbox(ann), ElementsAre("Due soon: Miete"));
  EXPECT_THAT(inbox(kai), ElementsAre("Bald fällig: Miete"));
  static constexpr sql::statement bodies{"test.body", "SELECT body FROM notifications WHERE account_id = ?1"};
  EXPECT_THAT(rows(bodies, {kai}, 1), ElementsAre("Fällig: 2026-12-01 17:00"));
}

TEST_P(told, an_event_that_cannot_be_read_is_refused_whole) {
  for (const char* data : {"{}", "[]", R"({"task":{"id":"x"}})", "no JSON"}) {
    EXPECT_THROW(consume(told_events(*database, tells), "io.cumulo.task.updated.v1", task, data), std::runtime_error);
  }
}

}  // namespace
}  // namespace cumulo::notifications
