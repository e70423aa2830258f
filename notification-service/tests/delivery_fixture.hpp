#pragma once
#include "notification-service/domain/message_id.hpp"
#include "notification-service/storage/delivery_queue.hpp"
#include "notification-service/tests/storage_fixture.hpp"

namespace cumulo::notifications {

/// What became of the deliveries, as the tables say.
class delivery_test : public storage_test {
 protected:
  /// Accepts a message for `to` on `through`.
  std::string put(const std::string& to, std::vector<delivery> through, content says = {"t"},
                  std::optional<instant> send_at = {}) {
    message m{new_id(), sender_id, to, std::move(says), time.now()};
    m.send_at = send_at;
    if (send_at) m.id = message_id(*send_at, m.id);
    const acceptance what{m, false, std::move(through)};
    run([&]() -> awaitable<void> { co_await notifications.accept({&what, 1}, {}); });
    return what.accepted.id;
  }
  std::string put_mail(const std::string& to) { return put(to, {{channel_name::email, delivery_status::pending}}); }

  std::vector<delivery_record> deliveries_of(const std::string& id) {
    const auto found = run([&]() -> awaitable<std::optional<dispatch_record>> {
      co_return co_await notifications.find_dispatch(sender_id, id);
    });
    return found ? found->deliveries : std::vector<delivery_record>{};
  }
  std::string status_of(const std::string& id) {
    const auto all = deliveries_of(id);
    return all.empty() ? "gone" : std::string{to_text(all.front().status)};
  }

  void know(const std::string& account, const std::string& email, instant as_of, std::optional<bool> verified = true) {
    run([&]() -> awaitable<void> {
      auto body = [&](sql::transaction& tx) -> awaitable<void> {
        const recipient_state state{account, email, verified, "Ann", "en", "UTC", as_of};
        co_await recipient_repository::remember(tx, state);
      };
      co_await database->transact(body);
    });
  }

  const std::string sender_id = new_id();
  const std::string ann = new_id();
  const std::string bob = new_id();
  notification_repository notifications{*database};
  delivery_queue queue{*database};
};

}  // namespace cumulo::notifications
