#include "notification-service/events/change.hpp"
#include "notification-service/events/consumed.hpp"
#include "notification-service/storage/stream_log.hpp"

namespace cumulo::notifications {

namespace {

awaitable<void> consume(const bus::event& e, sql::transaction& tx) {
  const auto what = change_of(e);
  if (!what) co_return;
  for (const std::string& account : what->audience) {
    co_await stream_log::append(tx, account, what->type, what->told, e.time);
  }
}

}  // namespace

bus::subscription streamed_events(sql::database& store) {
  return {.consumer = "notification-service.stream",
          .types = {"io.cumulo.task.*", "io.cumulo.project.*"},
          .database = &store,
          .handle = consume};
}

}  // namespace cumulo::notifications
