#include "task-service/events/consumed.hpp"

#include <boost/describe/class.hpp>

#include "platform/core/id.hpp"
#include "platform/json/read.hpp"
#include "task-service/storage/trash_repository.hpp"

namespace cumulo::tasks {

namespace {

struct account_data {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(account_data, (), (id))

}  // namespace

bus::subscription account_events(sql::database& store) {
  auto consume = [kind = store.kind()](const bus::event& e, sql::transaction& tx) -> awaitable<void> {
    const auto data = json::read<account_data>(e.data, {.unknown_members = true});
    if (!data || !is_id(data->id)) throw std::runtime_error("event " + e.id + " names no account");
    co_await erase_account(kind, tx, data->id);
  };
  return {.consumer = "task-service",
          .types = {"io.cumulo.user.erased.v1"},
          .database = &store,
          .handle = std::move(consume)};
}

}  // namespace cumulo::tasks
