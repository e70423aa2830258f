#include "task-service/events/consumed.hpp"

#include <boost/describe/class.hpp>

#include "platform/core/id.hpp"
#include "platform/json/read.hpp"
#include "task-service/domain/due.hpp"
#include "task-service/storage/reminder_repository.hpp"
#include "task-service/storage/trash_repository.hpp"

namespace cumulo::tasks {

namespace {

constexpr std::string_view user_erased = "io.cumulo.user.erased.v1";

struct account_data {
  std::string id;
  std::optional<std::string> timezone;
};
BOOST_DESCRIBE_STRUCT(account_data, (), (id, timezone))

}  // namespace

bus::subscription account_events(sql::database& store, const clock& time, std::function<void()> zone_moved) {
  auto consume = [kind = store.kind(), &time, moved = std::move(zone_moved)](const bus::event& e,
                                                                             sql::transaction& tx) -> awaitable<void> {
    const auto data = json::read<account_data>(e.data, {.unknown_members = true});
    if (!data || !is_id(data->id)) throw std::runtime_error("event " + e.id + " names no account");
    if (e.type == user_erased) {
      co_await erase_account(kind, tx, data->id);
    } else if (data->timezone && is_timezone(*data->timezone)) {
      co_await remember_zone(tx, data->id, *data->timezone, e.time, time.now());
      moved();
    }
  };
  return {.consumer = "task-service",
          .types = {"io.cumulo.user.registered.v1", "io.cumulo.user.updated.v1", std::string{user_erased}},
          .database = &store,
          .handle = std::move(consume)};
}

}  // namespace cumulo::tasks
