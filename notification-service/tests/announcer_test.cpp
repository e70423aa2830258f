#include "notification-service/events/announcer.hpp"

#include "notification-service/tests/rules_fixture.hpp"

namespace cumulo::notifications {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::IsEmpty;
using testing::SizeIs;

class announcements : public rules_test {
 protected:
  std::vector<std::string> add_accounts(int number) {
    std::vector<std::string> all;
    for (int i = 0; i < number; ++i) all.push_back(add_account("p" + std::to_string(i)));
    time.advance(1s);
    return all;
  }
  std::string announce(const std::string& title) {
    const announcement made{
        .id = message_id(time.now(), title), .says = {title}, .created_by = new_id(), .created_at = time.now()};
    run([&] { return repository.announce(made, {}); });
    return made.id;
  }
  bool send_batch() {
    announcer job{*database, tells};
    return run([&]() -> awaitable<bool> { co_return co_await job.send_batch(); });
  }
  result<announcement> cancel(const std::string& id) {
    auto nothing = [](const announcement&) -> std::optional<sql::command> { return std::nullopt; };
    return run(
        [&]() -> awaitable<result<announcement>> { co_return co_await repository.cancel(id, time.now(), nothing); });
  }
  announcement find(const std::string& id) {
    return run([&] { return repository.find(id); }).value();
  }

  announcement_repository repository{*database};
};
CUMULO_ON_EACH_ENGINE(announcements);

TEST_P(announcements, reach_everyone_once_in_batches) {
  const auto people = add_accounts(2 * announcer::batch + 3);
  erase(people[5]);
  const std::string id = announce("Down on Sunday");
  EXPECT_TRUE(send_batch());
  EXPECT_EQ(find(id).told, announcer::batch);
  EXPECT_EQ(find(id).status, announcement_status::sending);
  while (send_batch()) {
  }
  EXPECT_EQ(find(id).told, 2 * announcer::batch + 2);
  EXPECT_EQ(find(id).status, announcement_status::sent);
  for (std::size_t i = 0; i < people.size(); ++i) EXPECT_THAT(inbox(people[i]), SizeIs(i == 5 ? 0 : 1)) << i;
  EXPECT_FALSE(send_batch());
}

TEST_P(announcements, are_not_for_those_who_come_later) {
  add_accounts(1);
  announce("x");
  time.advance(1s);
  const std::string late = add_account("late");
  while (send_batch()) {
  }
  EXPECT_THAT(inbox(late), IsEmpty());
}

TEST_P(announcements, cancelled_ones_reach_nobody_more) {
  const auto people = add_accounts(announcer::batch + 1);
  const std::string id = announce("x");
  EXPECT_TRUE(send_batch());
  EXPECT_EQ(cancel(id).value().status, announcement_status::cancelled);
  EXPECT_EQ(cancel(id).value().told, announcer::batch) << "once more changes nothing";
  EXPECT_FALSE(send_batch());
  EXPECT_EQ(cancel(new_id()).error().code, errc::not_found);
  const std::string whole = announce("y");
  while (send_batch()) {
  }
  EXPECT_EQ(cancel(whole).error().code, errc::conflict);
}

TEST_P(announcements, replicas_at_once_tell_each_person_once) {
  const auto people = add_accounts(4 * announcer::batch);
  const std::string first = announce("first");
  const std::string second = announce("second");
  const std::function<bool()> never = [] { return false; };
  std::vector<std::future<void>> replicas;
  for (std::size_t i = 0; i < 4; ++i) {
    auto one = [&]() -> awaitable<void> {
      announcer job{*database, tells};
      co_await job.run(never);
    };
    replicas.push_back(test::start(threads, std::move(one), i % 2));
  }
  for (auto& each : replicas) test::wait_for(std::move(each));
  while (send_batch()) {  // where each met another
  }
  for (const std::string& each : people) EXPECT_THAT(inbox(each), SizeIs(2));
  for (const auto& each : {first, second}) EXPECT_EQ(find(each).told, 4 * announcer::batch);
}

TEST_P(announcements, are_listed_from_the_newest) {
  std::vector<std::string> ids;
  for (const char* title : {"1", "2", "3"}) {
    ids.push_back(announce(title));
    time.advance(1s);
  }
  const auto list = [&](const std::string& before) { return run([&] { return repository.list(before, 2); }); };
  const auto page = list("");
  ASSERT_THAT(page, SizeIs(2));
  EXPECT_EQ(page[0].says.title, "3");
  EXPECT_EQ(list(page[1].id).front().says.title, "1");
}

}  // namespace
}  // namespace cumulo::notifications
