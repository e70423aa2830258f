#include "notification-service/events/announcer.hpp"

namespace cumulo::notifications {

awaitable<void> announcer::run(const std::function<bool()>& stopping) {
  bool more = true;
  try {
    while (more && !stopping())
      more = co_await send_batch();  // awaited in the condition itself, g++ 12 makes code that traps
  } catch (const sql::database_error& e) {
    // Another replica is at it; this one looks again at its next round.
    if (e.kind() != sql::failure::serialization) throw;
  }
}

awaitable<bool> announcer::send_batch() {
  const instant now = teller_.now();
  auto body = [&](sql::transaction& tx) -> awaitable<bool> {
    const auto what = co_await announcement_repository::next_to_send(tx);
    if (!what) co_return false;
    const std::vector<std::string> accounts = co_await announcement_repository::next_accounts(tx, *what, batch);
    // First, so that replicas meet here and not after their work.
    if (!co_await announcement_repository::advance(tx, *what, accounts, now)) co_return true;
    const news told{.about = kind::announcement, .cause = what->id, .at = what->created_at};
    auto words = [&](const reader&) { return what->says; };
    for (const std::string& each : accounts) co_await teller_.tell(tx, told, each, words);
    co_return true;
  };
  co_return co_await store_.transact(body);
}

}  // namespace cumulo::notifications
