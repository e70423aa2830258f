#include <gmock/gmock.h>

#include "notification-service/stream/shard.hpp"
#include "platform/core/id.hpp"

namespace cumulo::notifications {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr instant noon = from_millis(1'800'000'000'000);
constexpr auto now = stream_client::clock_type::time_point{} + std::chrono::hours{1};

std::shared_ptr<auth::principal> session_of(const std::string& account) {
  auto who = std::make_shared<auth::principal>();
  who->account_id = account;
  who->credential_id = new_id();
  who->expires_at = noon + std::chrono::minutes{15};
  return who;
}

class streams : public testing::Test {
 protected:
  std::unique_ptr<stream_client> client(std::shared_ptr<const auth::principal> who, stream_position after = {},
                                        std::vector<std::string> types = {}) {
    stream_filter filter{*who, std::move(types)};
    auto made = std::make_unique<stream_client>(shard, std::move(who), std::move(filter));
    made->join(after);
    return made;
  }
  void happen(const std::string& account, const std::string& type, std::string data = "{}") {
    ++position.number;
    shard->deliver({{make_live_event({position, account, type, std::move(data), noon})}, position, false});
  }
  static std::vector<std::string> heard(stream_client& c) {
    std::string text;
    c.take(text, 1'000'000);
    std::vector<std::string> out;
    for (std::size_t at = 0; (at = text.find("event: ", at)) != std::string::npos;) {
      at += 7;
      out.push_back(text.substr(at, text.find('\n', at) - at));
    }
    return out;
  }

  asio::io_context context;
  auth::trust_store trust;
  std::shared_ptr<stream_shard> shard = std::make_shared<stream_shard>(context, trust);
  stream_position position{};
  const std::string ann = new_id();
  const std::string bob = new_id();
};

TEST_F(streams, each_hears_their_own) {
  const auto a = client(session_of(ann));
  const auto also_a = client(session_of(ann));
  const auto b = client(session_of(bob));
  happen(ann, "task.created");
  happen(bob, "task.updated");
  happen(new_id(), "task.trashed");
  EXPECT_THAT(heard(*a), ElementsAre("task.created"));
  EXPECT_THAT(heard(*also_a), ElementsAre("task.created"));
  EXPECT_THAT(heard(*b), ElementsAre("task.updated"));
  EXPECT_EQ(a->reached(), position);
}

TEST_F(streams, the_wire) {
  const auto event = make_live_event({{7, 9}, ann, "task.created", R"({"task":{}})", noon});
  EXPECT_EQ(event->wire, "id: 7-9\nevent: task.created\ndata: {\"task\":{}}\n\n");
}

TEST_F(streams, nothing_up_to_where_the_client_is_already) {
  const auto ahead = client(session_of(ann), {0, 2});
  for (int n = 0; n < 3; ++n) happen(ann, "task.created");
  EXPECT_THAT(heard(*ahead), ElementsAre("task.created"));
  EXPECT_EQ(client(session_of(ann), {0, 8})->reached(), (stream_position{0, 8})) << "never backwards";
}

struct filter_case {
  std::vector<std::string> scopes;
  std::vector<std::string> types;
  std::vector<std::string> hears;
};

TEST_F(streams, scopes_and_types_select) {
  using list = std::vector<std::string>;
  const list all{"task.created", "project.updated", "notification.created", "notification.read"};
  const std::vector<filter_case> cases{
      {{"tasks:read", "notifications:read"}, {}, all},
      {{"tasks:read"}, {}, {"task.created", "project.updated"}},
      {{"notifications:read"}, {}, {"notification.created", "notification.read"}},
      {{"tasks:read"}, {"notification.*"}, {}},
      {{"tasks:read", "notifications:read"}, {"task.*", "notification.read"}, {"task.created", "notification.read"}},
      {{"tasks:read", "notifications:read"}, {"notification"}, {}},
      {{"tasks:read", "notifications:read"}, {"*"}, all},
      {{"profile:read"}, {}, {}},
  };
  for (const filter_case& each : cases) {
    auto who = session_of(ann);
    who->is_session = false;
    who->scopes = each.scopes;
    const auto c = client(who, position, each.types);
    for (const std::string& type : all) happen(ann, type);
    EXPECT_EQ(heard(*c), each.hears) << testing::PrintToString(each.scopes) << testing::PrintToString(each.types);
  }
}

TEST_F(streams, too_many_events_end_a_client_that_does_not_take_them) {
  const auto slow = client(session_of(ann));
  for (std::size_t n = 0; n < stream_client::most_waiting; ++n) happen(ann, "task.created");
  EXPECT_EQ(slow->ended(), stream_end::none);
  happen(ann, "task.created");
  EXPECT_EQ(slow->ended(), stream_end::slow);
  EXPECT_FALSE(slow->has_events()) << "their memory is given back";
}

TEST_F(streams, too_many_bytes_do_so_too) {
  const auto slow = client(session_of(ann));
  for (int n = 0; n < 17; ++n) happen(ann, "task.created", "{\"x\":\"" + std::string(64 * 1024, 'x') + "\"}");
  EXPECT_EQ(slow->ended(), stream_end::slow);
}

TEST_F(streams, pieces_are_bounded) {
  const auto c = client(session_of(ann));
  for (int n = 0; n < 10; ++n) happen(ann, "task.created", "{\"x\":\"" + std::string(1'000, 'x') + "\"}");
  std::string piece;
  EXPECT_EQ(c->take(piece, 3'000), 3U);
  EXPECT_EQ(c->take(piece, 1'000'000), 7U);
}

TEST_F(streams, expiry_ends_them) {
  const auto c = client(session_of(ann));
  shard->look(now, noon + std::chrono::minutes{14});
  EXPECT_EQ(c->ended(), stream_end::none);
  shard->look(now, noon + std::chrono::minutes{15});
  EXPECT_EQ(c->ended(), stream_end::expired);
}

TEST_F(streams, revocation_ends_those_it_concerns) {
  const auto who = session_of(ann);
  const auto mine = client(who);
  const auto other_session = client(session_of(ann));
  const auto b = client(session_of(bob));
  trust.revoke(who->credential_id);
  shard->look(now, noon);
  EXPECT_EQ(mine->ended(), stream_end::revoked);
  EXPECT_EQ(other_session->ended(), stream_end::none);
  EXPECT_EQ(client(who)->ended(), stream_end::revoked) << "let in just before";
  trust.revoke(ann);
  shard->look(now, noon);
  EXPECT_EQ(other_session->ended(), stream_end::revoked) << "the account as a whole";
  EXPECT_EQ(b->ended(), stream_end::none);
}

TEST_F(streams, heartbeats_come_when_nothing_was_written) {
  const auto c = client(session_of(ann));
  c->wrote(now, std::chrono::seconds{15});
  shard->look(now + std::chrono::seconds{14}, noon);
  EXPECT_FALSE(c->is_due_to_beat());
  shard->look(now + std::chrono::seconds{15}, noon);
  EXPECT_TRUE(c->is_due_to_beat());
  c->wrote(now + std::chrono::seconds{15}, std::chrono::seconds{15});
  EXPECT_FALSE(c->is_due_to_beat());
}

TEST_F(streams, a_loss_resets_everybody) {
  const auto a = client(session_of(ann));
  const auto b = client(session_of(bob));
  shard->deliver({{}, {0, 100}, true});
  EXPECT_TRUE(a->take_reset());
  EXPECT_FALSE(a->take_reset());
  EXPECT_TRUE(b->take_reset());
  EXPECT_EQ(a->reached(), (stream_position{0, 100}));
}

TEST_F(streams, those_that_left_hear_nothing) {
  auto first = client(session_of(ann));
  auto second = client(session_of(ann));
  const auto third = client(session_of(ann));
  first.reset();
  happen(ann, "task.created");
  second.reset();
  happen(ann, "task.updated");
  EXPECT_THAT(heard(*third), ElementsAre("task.created", "task.updated"));
}

}  // namespace
}  // namespace cumulo::notifications
