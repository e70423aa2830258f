#include "notification-service/delivery/webhook_sender.hpp"

#include "notification-service/tests/storage_fixture.hpp"
#include "platform/outbound/tests/scripted_server.hpp"

namespace cumulo::notifications {
namespace {

class webhook_sending : public storage_test {
 protected:
  webhook add(const std::string& url) {
    webhook made{.id = new_id(),
                 .account_id = ann,
                 .url = url,
                 .format = webhook_format::standard,
                 .events = {"*"},
                 .created_at = time.now(),
                 .updated_at = time.now()};
    made.secret = secrets.seal(new_webhook_secret(), made.id);
    run([&]() -> awaitable<void> { EXPECT_TRUE(co_await webhooks.add_webhook(made, {})); });
    return made;
  }
  attempt send(const webhook& to) {
    const outgoing what{.notification_id = new_id(),
                        .kind = "direct",
                        .recipient_id = ann,
                        .target = to.id,
                        .says = {"t"},
                        .created_at = time.now(),
                        .due_at = time.now()};
    return run([&]() -> awaitable<attempt> { co_return co_await hooks.send(what); });
  }

  const std::string ann = new_id();
  const auth::secret_box secrets{""};
  const std::vector<std::string> allowed{"127.0.0.0/8"};
  outbound::client calls{{.policy = outbound::allowing(allowed)}, nullptr};
  webhook_repository webhooks{*database};
  webhook_caller caller{calls, secrets, time, {}};
  webhook_sender hooks{webhooks, caller};
};
CUMULO_ON_EACH_ENGINE(webhook_sending);

/// Answers every request with this status.
outbound::test::scripted_server::script answering(std::string status) {
  return [status](outbound::test::peer& p) {
    while (!p.read_request().empty()) p.write("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\n\r\n");
  };
}

TEST_P(webhook_sending, what_was_taken_does_not_go_out_again_because_its_log_cannot_be_written) {
  static const sql::statement hide{"test.hide", "ALTER TABLE webhook_attempts RENAME TO away"};
  const outbound::test::scripted_server friendly{answering("204 No Content")};
  const outbound::test::scripted_server gone{answering("410 Gone")};
  const webhook taken = add(friendly.url());
  const webhook hopeless = add(gone.url());
  EXPECT_EQ(send(taken).how, attempt::outcome::delivered);
  run([&]() -> awaitable<void> {
    const std::array commands{sql::command{&hide, {}}};
    co_await database->write(commands);
  });
  EXPECT_EQ(send(taken).how, attempt::outcome::delivered);
  EXPECT_EQ(send(hopeless).how, attempt::outcome::failed);
}

}  // namespace
}  // namespace cumulo::notifications
