#include "notification-service/events/consumed.hpp"

#include <boost/describe/class.hpp>

#include "notification-service/storage/digest_repository.hpp"
#include "notification-service/storage/preference_repository.hpp"
#include "notification-service/storage/recipient_repository.hpp"
#include "platform/core/id.hpp"
#include "platform/json/read.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::string_view user_registered = "io.cumulo.user.registered.v1";
constexpr std::string_view user_updated = "io.cumulo.user.updated.v1";
constexpr std::string_view user_erased = "io.cumulo.user.erased.v1";
constexpr std::string_view user_disabled = "io.cumulo.user.disabled.v1";
constexpr std::string_view user_enabled = "io.cumulo.user.enabled.v1";

struct account_data {
  std::string id;
  std::optional<std::string> email;
  std::optional<bool> email_verified;
  std::optional<std::string> name;
  std::optional<std::string> locale;
  std::optional<std::string> timezone;
};
BOOST_DESCRIBE_STRUCT(account_data, (), (id, email, email_verified, name, locale, timezone))

account_data read_account(const bus::event& e) {
  auto data = json::read<account_data>(e.data, {.unknown_members = true});
  if (!data) throw std::runtime_error("event " + e.id + " cannot be read: " + data.error().detail);
  if (!is_id(data->id)) throw std::runtime_error("event " + e.id + " names no account");
  return std::move(*data);
}

awaitable<void> consume(const bus::event& e, sql::transaction& tx) {
  account_data account = read_account(e);
  if (e.type == user_erased) {
    co_await recipient_repository::erase(tx, account.id, e.time);
    co_return;
  }
  if (e.type == user_disabled || e.type == user_enabled) {
    co_await recipient_repository::remember_access(tx, account.id, e.type == user_disabled, e.time);
    co_return;
  }
  const recipient_state state{account.id,
                              std::move(account.email),
                              account.email_verified,
                              std::move(account.name),
                              std::move(account.locale),
                              std::move(account.timezone),
                              e.time};
  co_await recipient_repository::remember(tx, state);
  const profile who = co_await preference_repository::load(tx, state.account_id);
  if (!who.erased) co_await digest_repository::reschedule(tx, who, e.time);  // in the zone where they live now
}

}  // namespace

bus::subscription account_events(sql::database& store) {
  return {.consumer = "notification-service",
          .types = {std::string{user_registered}, std::string{user_updated}, std::string{user_erased},
                    std::string{user_disabled}, std::string{user_enabled}},
          .database = &store,
          .handle = consume};
}

}  // namespace cumulo::notifications
