#include "notification-service/storage/unsubscribe_links.hpp"

namespace cumulo::notifications {

namespace {

constexpr sql::statement select_secret{"secret.unsubscribe",
                                       "SELECT secret FROM service_secrets WHERE name = 'unsubscribe'"};

}  // namespace

awaitable<std::string> unsubscribe_links::secret() {
  {
    const std::scoped_lock lock{mutex_};
    if (!secret_.empty()) co_return secret_;
  }
  std::string found;
  auto take = [&](const sql::row& row) { found = row.text(0); };
  co_await store_.query(select_secret, {}, take);
  if (found.empty()) throw std::runtime_error("the database has lost the secret of unsubscription links");
  const std::scoped_lock lock{mutex_};
  secret_ = found;
  co_return found;
}

awaitable<std::string> unsubscribe_links::unsubscribe_url(std::string account_id, std::string kind) {
  const auto what = parse_kind(kind);
  if (!what) co_return std::string{};
  const std::string key = co_await secret();
  co_return url_ +
      "/api/v1/notifications/unsubscribe?token=" + sign_unsubscription({std::move(account_id), *what}, key);
}

awaitable<std::optional<unsubscription>> unsubscribe_links::verify(std::string token) {
  const std::string key = co_await secret();
  co_return verify_unsubscription(token, key);
}

}  // namespace cumulo::notifications
