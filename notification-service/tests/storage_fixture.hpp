#pragma once
#include <gmock/gmock.h>

#include "notification-service/storage/migrations.hpp"
#include "notification-service/storage/notification_repository.hpp"
#include "notification-service/storage/recipient_repository.hpp"
#include "platform/bus/bus.hpp"
#include "platform/core/id.hpp"
#include "platform/testing/engines.hpp"

namespace cumulo::notifications {

/// A database of the engine under test with this service's schema.
class storage_test : public test::each_engine {
 protected:
  storage_test() {
    std::vector<embedded_file> all;
    for (const std::span<const embedded_file> part : {bus::bus_migrations(), migrations()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    open(all);
  }

  /// Runs `work() -> awaitable<T>` on an I/O thread and waits for it.
  template <class Work>
  auto run(Work work) {
    return test::run(threads, std::move(work));
  }

  std::int64_t count(const sql::statement& what) {
    return run([&]() -> awaitable<std::int64_t> {
      std::int64_t found = -1;
      auto take = [&](const sql::row& r) { found = r.integer(0); };
      co_await database->query(what, {}, take);
      co_return found;
    });
  }
};

}  // namespace cumulo::notifications
