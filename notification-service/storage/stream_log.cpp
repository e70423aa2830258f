#include "notification-service/storage/stream_log.hpp"

#include <array>
#include <charconv>

namespace cumulo::notifications {

namespace {

constexpr sql::statement insert_row{
    "stream.append", "INSERT INTO stream_events (account_id, type, data, created_at) VALUES (?1, ?2, ?3, ?4)"};

// SQLite's index of accounts is made of blocks of 1,024 positions, which `blocks` counts up: rows that are appended lie
// beside each other, and a look into a thousand blocks takes some milliseconds. The loops give rows in their order;
// asked to order them, SQLite would look into every block for each page.
constexpr sql::statement erase_account{
    "stream.erase",
    "DELETE FROM stream_events WHERE position IN (WITH RECURSIVE blocks (n) AS ("
    "SELECT MIN(position) / 1024 FROM stream_events "
    "UNION ALL SELECT n + 1 FROM blocks WHERE n < (SELECT MAX(position) / 1024 FROM stream_events)) "
    "SELECT e.position FROM blocks CROSS JOIN stream_events e WHERE e.position / 1024 = n AND e.account_id = ?1 LIMIT "
    "?2)",
    "DELETE FROM stream_events WHERE (xact, position) IN "
    "(SELECT xact, position FROM stream_events WHERE account_id = ?1 LIMIT ?2)"};

constexpr sql::statement read_extent{
    "stream.extent",
    "SELECT 0, COALESCE((SELECT MAX(position) FROM stream_events), 0), 0, "
    "COALESCE((SELECT MAX(position) FROM stream_events), 0), xact, position FROM stream_edge WHERE name = 'taken'",
    "SELECT COALESCE(s.xact, 0), COALESCE(s.position, 0), COALESCE(w.xact, 0), COALESCE(w.position, 0), e.xact, "
    "e.position FROM stream_edge e "
    "LEFT JOIN LATERAL (SELECT xact, position FROM stream_events "
    "WHERE xact < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT) "
    "ORDER BY xact DESC, position DESC LIMIT 1) s ON TRUE "
    "LEFT JOIN LATERAL (SELECT xact, position FROM stream_events ORDER BY xact DESC, position DESC LIMIT 1) w ON TRUE "
    "WHERE e.name = 'taken'"};

constexpr sql::statement read_rows{"stream.read",
                                   "SELECT 0, position, account_id, type, data, created_at FROM stream_events "
                                   "WHERE position > ?2 AND ?1 >= 0 ORDER BY position LIMIT ?3",
                                   "SELECT xact, position, account_id, type, data, created_at FROM stream_events "
                                   "WHERE (xact, position) > (?1, ?2) "
                                   "AND xact < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT) "
                                   "ORDER BY xact, position LIMIT ?3"};

constexpr sql::statement read_account{
    "stream.read_of",
    "WITH RECURSIVE blocks (n) AS (VALUES (MAX(?3, COALESCE((SELECT MIN(position) FROM stream_events), 0)) / 1024) "
    "UNION ALL SELECT n + 1 FROM blocks WHERE n < ?5 / 1024) "
    "SELECT 0, e.position, e.account_id, e.type, e.data, e.created_at FROM blocks CROSS JOIN stream_events e "
    "WHERE e.position / 1024 = n AND e.account_id = ?1 AND e.position > ?3 AND e.position <= ?5 "
    "AND ?2 >= 0 AND ?4 >= 0 LIMIT ?6",
    "SELECT xact, position, account_id, type, data, created_at FROM stream_events "
    "WHERE account_id = ?1 AND (xact, position) > (?2, ?3) AND (xact, position) <= (?4, ?5) "
    "ORDER BY xact, position LIMIT ?6"};

constexpr sql::statement read_oldest{
    "stream.oldest", "SELECT 0, position, created_at FROM stream_events ORDER BY position LIMIT ?1",
    "SELECT xact, position, created_at FROM stream_events "
    "WHERE xact < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS TEXT) AS BIGINT) "
    "ORDER BY xact, position LIMIT ?1"};

constexpr sql::statement read_nth_newest{
    "stream.nth_newest", "SELECT created_at FROM stream_events ORDER BY position DESC LIMIT 1 OFFSET ?1",
    "SELECT created_at FROM stream_events ORDER BY xact DESC, position DESC LIMIT 1 OFFSET ?1"};

constexpr sql::statement delete_rows{"stream.delete", "DELETE FROM stream_events WHERE position <= ?2 AND ?1 >= 0",
                                     "DELETE FROM stream_events WHERE (xact, position) <= (?1, ?2)"};

constexpr sql::statement move_edge{"stream.move_edge",
                                   "UPDATE stream_edge SET xact = ?1, position = ?2 WHERE name = 'taken' AND "
                                   "(xact < ?1 OR (xact = ?1 AND position < ?2))"};

constexpr sql::statement delete_foreign{
    "stream.delete_foreign", "DELETE FROM stream_events WHERE 1 = 0",
    "DELETE FROM stream_events "
    "WHERE xact >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)"};

constexpr sql::statement reset_foreign_edge{
    "stream.reset_foreign_edge", "UPDATE stream_edge SET xact = 0 WHERE 1 = 0",
    "UPDATE stream_edge SET xact = 0, position = 0 "
    "WHERE xact >= CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS TEXT) AS BIGINT)"};

stream_entry entry_of(const sql::row& r) {
  return {.at = {r.integer(0), r.integer(1)},
          .account_id = std::string{r.text(2)},
          .type = std::string{r.text(3)},
          .data = std::string{r.text(4)},
          .created_at = from_millis(r.integer(5))};
}

/// A line break outside of a JSON string is only layout, inside it is not allowed; on the wire it would end the field.
std::string on_one_line(std::string json) {
  std::ranges::replace_if(json, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return json;
}

}  // namespace

std::string to_text(stream_position p) { return std::to_string(p.xact) + "-" + std::to_string(p.number); }

std::optional<stream_position> parse_stream_position(std::string_view text) {
  stream_position p;
  const char* end = text.data() + text.size();
  const auto [dash, bad] = std::from_chars(text.data(), end, p.xact);
  if (bad != std::errc{} || dash == end || *dash != '-') return std::nullopt;
  const auto [stop, bad_number] = std::from_chars(dash + 1, end, p.number);
  if (bad_number != std::errc{} || stop != end || to_text(p) != text) return std::nullopt;
  if (p.xact < 0 || p.number < 0) return std::nullopt;
  return p;
}

stream_row::stream_row(std::string account_id, std::string type, std::string data, instant at)
    : account_id_(std::move(account_id)), type_(std::move(type)), data_(on_one_line(std::move(data))) {
  values_ = {account_id_, type_, data_, to_millis(at)};
}

sql::command stream_row::command() const { return {&insert_row, values_}; }

awaitable<void> stream_log::append(sql::transaction& tx, std::string account_id, std::string type, std::string data,
                                   instant at) {
  const stream_row row{std::move(account_id), std::move(type), std::move(data), at};
  const sql::command one = row.command();
  co_await tx.execute(*one.what, one.values);
}

awaitable<std::uint64_t> stream_log::erase(sql::transaction& tx, const std::string& account_id, std::uint64_t most) {
  const std::array values{sql::param{account_id}, sql::param{most}};
  co_return co_await tx.execute(erase_account, values);
}

awaitable<stream_extent> stream_log::extent() {
  stream_extent found;
  auto take = [&](const sql::row& r) {
    found = {{r.integer(0), r.integer(1)}, {r.integer(2), r.integer(3)}, {r.integer(4), r.integer(5)}};
  };
  co_await store_.query(read_extent, {}, take);
  found.settled = std::max(found.settled, found.taken);
  found.written = std::max(found.written, found.settled);
  co_return found;
}

awaitable<std::vector<stream_entry>> stream_log::read_after(stream_position after, int limit) {
  std::vector<stream_entry> found;
  auto take = [&](const sql::row& r) { found.push_back(entry_of(r)); };
  const std::array values{sql::param{after.xact}, sql::param{after.number}, sql::param{limit}};
  co_await store_.query(read_rows, values, take);
  co_return found;
}

awaitable<std::vector<stream_entry>> stream_log::read_of(const std::string& account_id, stream_position after,
                                                         stream_position up_to, int limit) {
  std::vector<stream_entry> found;
  auto take = [&](const sql::row& r) { found.push_back(entry_of(r)); };
  const std::array values{sql::param{account_id}, sql::param{after.xact},   sql::param{after.number},
                          sql::param{up_to.xact}, sql::param{up_to.number}, sql::param{limit}};
  co_await store_.query(read_account, values, take);
  co_return found;
}

awaitable<std::uint64_t> stream_log::delete_before(instant limit, int batch) {
  // By position, not by time, so that what is taken away is one piece at the beginning.
  std::optional<stream_position> last;
  bool ended = false;
  auto take = [&](const sql::row& r) {
    ended = ended || from_millis(r.integer(2)) >= limit;
    if (!ended) last = stream_position{r.integer(0), r.integer(1)};
  };
  const std::array how_many{sql::param{batch}};
  co_await store_.query(read_oldest, how_many, take);
  if (!last) co_return 0;
  const std::array values{sql::param{last->xact}, sql::param{last->number}};
  const std::array commands{sql::command{&move_edge, values}, sql::command{&delete_rows, values}};
  std::array<std::uint64_t, 2> changed{};
  co_await store_.write(commands, changed);
  co_return changed[1];
}

awaitable<std::optional<instant>> stream_log::time_of_row_before(std::int64_t newer) {
  std::optional<instant> found;
  auto take = [&](const sql::row& r) { found = from_millis(r.integer(0)); };
  const std::array values{sql::param{newer}};
  co_await store_.query_slow(read_nth_newest, values, take);
  co_return found;
}

awaitable<void> stream_log::drop_foreign_rows() {
  if (store_.kind() == sql::engine::sqlite) co_return;
  const std::array commands{sql::command{&delete_foreign, {}}, sql::command{&reset_foreign_edge, {}}};
  co_await store_.write(commands);
}

}  // namespace cumulo::notifications
