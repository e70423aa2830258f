#include "notification-service/events/digester.hpp"

#include "notification-service/events/told.hpp"
#include "notification-service/tests/rules_fixture.hpp"

namespace cumulo::notifications {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

class digests : public rules_test {
 protected:
  void move(const char* text) { time.set(*parse_rfc3339(text)); }

  /// A task with a deadline, by the event that tells of it. `status`: "todo", …
  void put(const std::string& id, const std::string& title, const char* due_at,
           const std::vector<std::string>& audience, const std::string& status = "todo",
           const std::string& verb = "updated") {
    std::string all;
    for (const std::string& each : audience) all += (all.empty() ? "\"" : ",\"") + each + "\"";
    const std::string due = due_at == nullptr ? "null" : std::to_string(to_millis(*parse_rfc3339(due_at)));
    consume(told_events(*database, tells), "io.cumulo.task." + verb + ".v1", id,
            R"({"task":{"id":")" + id + R"(","project_id":")" + project + R"(","title":")" + title + R"(","status":")" +
                status + R"(","due":"2026-12-01"},"actor_id":")" + audience.front() +
                R"(","changed":["title"],"audience":[)" + all + R"(],"due_at":)" + due + "}");
  }
  void project_event(const std::string& verb, const std::string& data) {
    consume(told_events(*database, tells), "io.cumulo.project." + verb + ".v1", project, data);
  }
  const std::function<bool()> never = [] { return false; };
  int send() {
    digester job{*database, tells};
    return run([&]() -> awaitable<int> { co_return co_await job.run(never); });
  }

  const bool early = (move("2026-12-01T06:00:00Z"), true);
  const std::string project = new_id();
  const std::string ann = add_account("Ann");
};
CUMULO_ON_EACH_ENGINE(digests);

TEST_P(digests, come_at_their_time_once) {
  put(new_id(), "Late", "2026-11-30T10:00:00Z", {ann});
  put(new_id(), "Today", "2026-12-01T23:59:59.999Z", {ann});
  put(new_id(), "Tomorrow", "2026-12-02T00:00:00Z", {ann});
  move("2026-12-01T07:59:59.999Z");
  EXPECT_EQ(send(), 0);
  move("2026-12-01T08:00:00Z");
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(send(), 0);
  EXPECT_THAT(inbox(ann), ElementsAre("1 overdue, 1 due today"));
  EXPECT_THAT(queued(ann), ElementsAre("email|pending|digest|1 overdue, 1 due today|0"));
  move("2026-12-02T08:00:00Z");
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(inbox(ann).back(), "3 overdue");
}

TEST_P(digests, of_nothing_are_not_sent) {
  move("2026-12-01T08:00:00Z");
  EXPECT_EQ(send(), 1);
  EXPECT_THAT(inbox(ann), IsEmpty());
}

TEST_P(digests, follow_what_becomes_of_tasks) {
  const std::string bob = add_account("Bob");
  const std::string a = new_id();
  const std::string b = new_id();
  const std::string c = new_id();
  const std::string d = new_id();
  const std::string e = new_id();
  for (const auto& each : {a, b, c, d, e}) put(each, "x", "2026-11-30T10:00:00Z", {ann, bob});
  put(a, "x", "2026-11-30T10:00:00Z", {ann, bob}, "done", "completed");
  put(b, "x", "2026-11-30T10:00:00Z", {ann, bob}, "todo", "trashed");
  put(c, "x", nullptr, {ann, bob});
  put(d, "x", "2026-11-30T10:00:00Z", {ann});
  consume(told_events(*database, tells), "io.cumulo.task.erased.v1", e, R"({"id":")" + e + R"(","actor_id":null})");
  put(b, "x", "2026-11-30T10:00:00Z", {ann, bob}, "todo", "restored");
  move("2026-12-01T08:00:00Z");
  EXPECT_EQ(send(), 2);
  EXPECT_EQ(inbox(ann).back(), "2 overdue") << "b and d";
  EXPECT_EQ(inbox(bob).back(), "1 overdue") << "b: d is no longer his";
}

TEST_P(digests, leave_out_projects_in_the_trash_and_muted_ones) {
  put(new_id(), "x", "2026-11-30T10:00:00Z", {ann});
  project_event("trashed", R"({"project":{"id":")" + project + R"("},"actor_id":null,"audience":[")" + ann + R"("]})");
  move("2026-12-01T08:00:00Z");
  EXPECT_EQ(send(), 1);
  EXPECT_THAT(inbox(ann), IsEmpty());
  project_event("restored", R"({"project":{"id":")" + project + R"("},"actor_id":null,"audience":[")" + ann + R"("]})");
  prefer(ann, [&](preferences& p) { p.muted_projects = {project}; });
  move("2026-12-02T08:00:00Z");
  EXPECT_EQ(send(), 1);
  EXPECT_THAT(inbox(ann), IsEmpty());
  prefer(ann, [&](preferences& p) { p.muted_projects = {}; });
  move("2026-12-03T08:00:00Z");
  EXPECT_EQ(send(), 1);
  EXPECT_THAT(inbox(ann), ElementsAre("1 overdue"));
  project_event("erased", R"({"id":")" + project + R"(","actor_id":null,"audience":[")" + ann + R"("]})");
  move("2026-12-04T08:00:00Z");
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(inbox(ann).size(), 1U);
}

TEST_P(digests, after_downtime_come_within_the_bound_and_not_later) {
  put(new_id(), "x", "2026-11-30T10:00:00Z", {ann});
  time.set(*parse_rfc3339("2026-12-01T08:00:00Z") + digest_patience);
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(inbox(ann).size(), 1U);
  time.set(*parse_rfc3339("2026-12-02T08:00:00Z") + digest_patience + 1ms);
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(inbox(ann).size(), 1U) << "too late";
  move("2026-12-10T08:30:00Z");
  EXPECT_EQ(send(), 1) << "days of downtime are one digest";
  EXPECT_EQ(send(), 0);
  move("2026-12-11T08:00:00Z");
  EXPECT_EQ(send(), 1);
  EXPECT_EQ(inbox(ann).size(), 2U);
}

TEST_P(digests, move_with_settings_and_zone_and_come_once_a_day) {
  put(new_id(), "x", "2026-11-30T10:00:00Z", {ann});
  prefer(ann, [](preferences& p) { p.digest.at = 7 * 60; });
  move("2026-12-01T07:00:00Z");
  EXPECT_EQ(send(), 1);
  prefer(ann, [](preferences& p) { p.digest.at = 9 * 60; });
  move("2026-12-01T09:00:00Z");
  EXPECT_EQ(send(), 0) << "had today's";
  consume(account_events(*database), "io.cumulo.user.updated.v1", ann,
          R"({"id":")" + ann + R"(","email":"ann@example.org","timezone":"Asia/Tokyo"})");
  move("2026-12-02T00:00:00Z");
  EXPECT_EQ(send(), 1) << "nine in the morning there";
  EXPECT_EQ(inbox(ann).size(), 2U);
  prefer(ann, [](preferences& p) { p.digest.daily = false; });
  move("2026-12-05T00:00:00Z");
  EXPECT_EQ(send(), 0);
}

TEST_P(digests, weekly_ones_look_a_week_ahead) {
  prefer(ann, [](preferences& p) { p.digest = {.daily = false, .weekly = true, .weekday = 3, .at = 8 * 60}; });
  put(new_id(), "today", "2026-12-02T12:00:00Z", {ann});
  put(new_id(), "in six days", "2026-12-08T23:00:00Z", {ann});
  put(new_id(), "in seven", "2026-12-09T01:00:00Z", {ann});
  move("2026-12-02T08:00:00Z");  // a Wednesday
  EXPECT_EQ(send(), 1);
  EXPECT_THAT(inbox(ann), ElementsAre("1 due today, 1 due this week"));
}

TEST_P(digests, replicas_at_once_send_one_each) {
  std::vector<std::string> people;
  for (int i = 0; i < 30; ++i) people.push_back(add_account("p" + std::to_string(i)));
  for (const std::string& each : people) put(new_id(), "x", "2026-11-30T10:00:00Z", {each});
  move("2026-12-01T08:00:00Z");
  std::vector<std::future<int>> replicas;
  for (std::size_t i = 0; i < 4; ++i) {
    auto one = [&]() -> awaitable<int> {
      digester job{*database, tells};
      co_return co_await job.run(never);
    };
    replicas.push_back(test::start(threads, std::move(one), i % 2));
  }
  int taken = 0;
  for (auto& each : replicas) taken += test::wait_for(std::move(each));
  taken += send();  // what each left to another
  EXPECT_EQ(taken, 31);
  for (const std::string& each : people) EXPECT_EQ(inbox(each).size(), 1U);
}

}  // namespace
}  // namespace cumulo::notifications
