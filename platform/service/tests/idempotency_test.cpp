#include "platform/service/idempotency.hpp"

#include "platform/service/component.hpp"
#include "platform/testing/engines.hpp"

namespace cumulo::service {
namespace {

using namespace std::chrono_literals;

class idempotency_records : public cumulo::test::each_engine {
 protected:
  std::int64_t count() {
    static constexpr sql::statement all{"test.count", "SELECT count(*) FROM idempotency"};
    std::int64_t found = -1;
    cumulo::test::run(threads, [&]() -> awaitable<void> {
      auto take = [&](const sql::row& r) { found = r.integer(0); };
      co_await database->query(all, {}, take);
    });
    return found;
  }
};
CUMULO_ON_EACH_ENGINE(idempotency_records);

// In one statement, an hour's records of a busy service took longer than a statement may: then none were ever deleted.
TEST_P(idempotency_records, are_swept_in_pieces) {
  static constexpr sql::statement fill{
      "test.fill",
      "INSERT INTO idempotency (caller, key_hash, request_hash, status, encrypted, answer, created_at) "
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2600) "
      "SELECT 'a' || ((i * 7919) % 40009), 'k', 'h', 201, 0, 'x', CAST(?1 AS BIGINT) + i FROM n"};
  open(with_platform_migrations({}));
  cumulo::test::run(threads, [&]() -> awaitable<void> {
    const std::array values{sql::param{to_millis(time.now() - 25h)}};
    const std::array commands{sql::command{&fill, values}};
    co_await database->write(commands);
  });
  idempotency repeats{*database, time};
  const auto sweep = [&](const std::function<bool()>& stopping) {
    cumulo::test::run(threads, [&]() -> awaitable<void> { co_await repeats.sweep(stopping); });
  };
  int asked = 0;
  sweep([&asked] { return asked++ == 3; });
  EXPECT_EQ(count(), 2600 - 3 * 500) << "a stop is heard between two pieces";
  sweep([] { return false; });
  EXPECT_EQ(count(), 0);
}

}  // namespace
}  // namespace cumulo::service
