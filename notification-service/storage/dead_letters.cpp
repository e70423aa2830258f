#include "notification-service/storage/dead_letters.hpp"

#include <array>
#include <stdexcept>

namespace cumulo::notifications {

namespace {

#define CUMULO_LETTERS(status)                                                                                      \
  "SELECT v.notification_id, v.channel, v.target, v.status, d.kind, d.recipient_id, v.attempts, v.last_error, "     \
  "v.due_at, v.updated_at FROM deliveries v JOIN dispatches d ON d.id = v.notification_id WHERE v.status = " status \
  " AND (v.notification_id, v.channel, v.target) < (?1, ?2, ?3) AND COALESCE(CAST(?4 AS TEXT), v.channel) = "       \
  "v.channel ORDER BY v.notification_id DESC, v.channel DESC, v.target DESC LIMIT ?5"

constexpr sql::statement list_failed{"dead_letter.list_failed", CUMULO_LETTERS("'failed'")};
constexpr sql::statement list_pending{"dead_letter.list_pending", CUMULO_LETTERS("'pending'")};
#undef CUMULO_LETTERS

constexpr sql::statement replay_failed{
    "dead_letter.replay",
    "UPDATE deliveries SET status = 'pending', attempts = 0, due_at = ?3, next_attempt_at = ?3, updated_at = ?3 "
    "WHERE status = 'failed' AND COALESCE(CAST(?1 AS TEXT), notification_id) = notification_id "
    "AND COALESCE(CAST(?2 AS TEXT), channel) = channel "
    "AND EXISTS (SELECT 1 FROM dispatches d WHERE d.id = notification_id AND d.payload IS NOT NULL)"};

}  // namespace

awaitable<std::vector<dead_letter>> dead_letters::list(const dead_letter_query& what) {
  std::optional<std::string_view> channel;
  if (what.channel) channel = to_text(*what.channel);
  const std::array values{sql::param{what.before_id}, sql::param{what.before_channel}, sql::param{what.before_target},
                          sql::param{channel}, sql::param{what.limit}};
  std::vector<dead_letter> found;
  auto take = [&](const sql::row& r) {
    const auto name = parse_channel(r.text(1));
    const auto status = parse_status(r.text(3));
    if (!name || !status) throw std::runtime_error("the database holds an unknown name");
    found.push_back({std::string{r.text(0)}, *name, std::string{r.text(2)}, *status, std::string{r.text(4)},
                     std::string{r.text(5)}, r.integer(6), r.optional_text(7), from_millis(r.integer(8)),
                     from_millis(r.integer(9))});
  };
  const sql::statement& text = what.status == delivery_status::pending ? list_pending : list_failed;
  co_await store_.query_slow(text, values, take);
  co_return found;
}

awaitable<std::uint64_t> dead_letters::replay(const selection& which, instant now,
                                              function_ref<std::optional<sql::command>(std::uint64_t)> seal) {
  auto body = [&](sql::transaction& tx) -> awaitable<std::uint64_t> {
    std::optional<std::string_view> channel;
    if (which.channel) channel = to_text(*which.channel);
    const std::array values{sql::param{which.notification_id}, sql::param{channel}, sql::param{to_millis(now)}};
    const std::uint64_t replayed = co_await tx.execute(replay_failed, values);
    if (const auto sealed = seal(replayed)) co_await tx.execute(*sealed->what, sealed->values);
    co_return replayed;
  };
  co_return co_await store_.transact(body);
}

}  // namespace cumulo::notifications
