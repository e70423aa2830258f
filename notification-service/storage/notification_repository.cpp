#include "notification-service/storage/notification_repository.hpp"

#include <array>
#include <deque>

#include "notification-service/events/published.hpp"
#include "notification-service/storage/acceptance_rows.hpp"
#include "notification-service/storage/delivery_statements.hpp"
#include "notification-service/storage/inbox_json.hpp"
#include "notification-service/storage/notification_statements.hpp"
#include "notification-service/storage/stream_log.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

/// Greater than every id: the first page starts below it.
constexpr std::string_view after_all_ids = "g";

std::optional<std::string_view> maybe_view(const sql::row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.text(column);
}

std::optional<instant> maybe_instant(const sql::row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_millis(row.integer(column));
}

inbox_item item_of(const sql::row& row) {
  return {row.text(0),          row.text(1),        maybe_view(row, 2),
          maybe_view(row, 3),   maybe_view(row, 4), from_millis(row.integer(5)),
          maybe_instant(row, 6)};
}

template <class Enum, std::size_t size>
Enum parse_stored(const std::array<Enum, size>& all, std::string_view text) {
  for (const Enum each : all) {
    if (to_text(each) == text) return each;
  }
  throw std::runtime_error("the database holds an unknown name: " + std::string{text});
}

/// A row of find_dispatch.
void add_delivery(std::optional<dispatch_record>& to, const sql::row& row) {
  if (!to) {
    to = dispatch_record{.recipient_id = std::string{row.text(8)},
                         .title = std::string{row.text(0)},
                         .created_at = from_millis(row.integer(1)),
                         .send_at = maybe_instant(row, 7),
                         .deliveries = {}};
  }
  to->deliveries.push_back({parse_stored(channel_names, row.text(2)), parse_stored(delivery_statuses, row.text(3)),
                            row.integer(4), row.optional_text(5), from_millis(row.integer(6))});
}

}  // namespace

awaitable<std::uint64_t> notification_repository::write_one(const sql::statement& what,
                                                            std::span<const sql::param> values) {
  const std::array commands{sql::command{&what, values}};
  std::array<std::uint64_t, 1> changed{};
  co_await store_.write(commands, changed);
  co_return changed[0];
}

awaitable<void> notification_repository::accept(std::span<const acceptance> all, std::span<const sql::command> also) {
  std::deque<acceptance_rows> rows;  // commands point into them
  std::vector<sql::command> commands;
  for (const acceptance& each : all) {
    rows.emplace_back(each);
    commands.push_back({&statements::insert_dispatch, rows.back().dispatch()});
    rows.back().add_rest(commands);
  }
  commands.insert(commands.end(), also.begin(), also.end());
  co_await store_.write(commands);
}

awaitable<bool> notification_repository::accept(sql::transaction& tx, const acceptance& what) {
  const acceptance_rows rows{what};
  const std::uint64_t made = co_await tx.execute(statements::insert_dispatch_once, rows.dispatch());
  if (made == 0) co_return false;
  std::vector<sql::command> rest;
  rows.add_rest(rest);
  for (const sql::command& each : rest) co_await tx.execute(*each.what, each.values);
  const bus::outbox_row created{notification_created(what, "")};
  co_await tx.execute(created.statement(), created.values());
  co_return true;
}

awaitable<std::uint64_t> notification_repository::list_inbox(const inbox_query& what, item_sink sink) {
  const std::string_view before = what.before ? std::string_view{*what.before} : after_all_ids;
  const std::array values{sql::param{what.account_id}, sql::param{before}, sql::param{what.limit}};
  const sql::statement* text = &statements::list_inbox;
  if (what.unread) text = *what.unread ? &statements::list_unread : &statements::list_read;
  auto take = [&](const sql::row& row) { sink(item_of(row)); };
  co_return co_await store_.query(*text, values, take);
}

awaitable<std::int64_t> notification_repository::count_unread(const std::string& account_id) {
  const std::array values{sql::param{account_id}};
  std::int64_t count = 0;
  auto take = [&](const sql::row& row) { count = row.integer(0); };
  co_await store_.query(statements::count_unread, values, take);
  co_return count;
}

awaitable<bool> notification_repository::find_in_inbox(const std::string& account_id, const std::string& id,
                                                       item_sink sink) {
  const std::array values{sql::param{account_id}, sql::param{id}};
  auto take = [&](const sql::row& row) { sink(item_of(row)); };
  const std::uint64_t found = co_await store_.query(statements::find_item, values, take);
  co_return found > 0;
}

awaitable<bool> notification_repository::mark_read(const std::string& account_id, const std::string& id, instant now,
                                                   item_sink sink, function_ref<std::optional<sql::command>()> seal) {
  auto body = [&](sql::transaction& tx) -> awaitable<bool> {
    const std::array values{sql::param{account_id}, sql::param{id}, sql::param{to_millis(now)}};
    bool is_news = false;
    auto take = [&](const sql::row& row) {
      const inbox_item item = item_of(row);
      is_news = item.read_at == now;
      sink(item);
    };
    const std::uint64_t found = co_await tx.execute(statements::mark_read, values, take);
    if (found == 0) co_return false;
    if (is_news) {
      std::int64_t unread = 0;
      const std::array who{sql::param{account_id}};
      auto count = [&](const sql::row& row) { unread = row.integer(0); };
      co_await tx.execute(statements::count_unread, who, count);
      const read_selection this_one{std::vector<std::string>{id}, std::nullopt};
      const std::string told = read_on_stream(this_one, now, unread);
      co_await stream_log::append(tx, account_id, "notification.read", told, now);
    }
    if (const auto sealed = seal()) co_await tx.execute(*sealed->what, sealed->values);
    co_return true;
  };
  co_return co_await store_.transact(body);
}

awaitable<void> notification_repository::mark_many_read(
    const std::string& account_id, const read_selection& which, instant now,
    function_ref<std::optional<sql::command>(const read_outcome&)> seal) {
  const std::string ids = which.ids ? json::to_text(*which.ids) : std::string{};
  auto body = [&](sql::transaction& tx) -> awaitable<void> {
    read_outcome outcome;
    if (which.ids) {
      const std::array values{sql::param{account_id}, sql::param{ids}, sql::param{to_millis(now)}};
      outcome.marked = co_await tx.execute(statements::mark_these_read, values);
    } else if (which.up_to) {
      const std::array values{sql::param{account_id}, sql::param{*which.up_to}, sql::param{to_millis(now)}};
      outcome.marked = co_await tx.execute(statements::mark_read_up_to, values);
    } else {
      const std::array values{sql::param{account_id}, sql::param{to_millis(now)}};
      outcome.marked = co_await tx.execute(statements::mark_all_read, values);
    }
    const std::array who{sql::param{account_id}};
    auto take = [&](const sql::row& row) { outcome.unread = row.integer(0); };
    co_await tx.execute(statements::count_unread, who, take);
    if (outcome.marked > 0) {
      const std::string told = read_on_stream(which, now, outcome.unread);
      co_await stream_log::append(tx, account_id, "notification.read", told, now);
    }
    if (const auto sealed = seal(outcome)) co_await tx.execute(*sealed->what, sealed->values);
  };
  co_await store_.transact(body);
}

awaitable<bool> notification_repository::remove(const sql::statement& telling, const sql::statement& removal,
                                                const std::string& account_id, const std::string& id,
                                                std::optional<instant> seen, instant now) {
  std::optional<std::int64_t> seen_millis;
  if (seen) seen_millis = to_millis(*seen);
  const std::string data = deleted_on_stream(id);
  const std::array telling_values{sql::param{account_id}, sql::param{id}, sql::param{seen_millis}, sql::param{data},
                                  sql::param{to_millis(now)}};
  const std::span<const sql::param> values{telling_values};
  // The telling comes first, as its condition is that there is still something to remove.
  const std::array commands{sql::command{&telling, telling_values},
                            sql::command{&removal, values.first(&removal == &statements::remove_item ? 2 : 3)}};
  std::array<std::uint64_t, 2> changed{};
  co_await store_.write(commands, changed);
  co_return changed[1] > 0;
}

awaitable<bool> notification_repository::remove_from_inbox(const std::string& account_id, const std::string& id,
                                                           instant now) {
  co_return co_await remove(statements::tell_removal, statements::remove_item, account_id, id, std::nullopt, now);
}

awaitable<bool> notification_repository::remove_from_inbox_if(const std::string& account_id, const std::string& id,
                                                              std::optional<instant> seen, instant now) {
  co_return co_await remove(statements::tell_removal_if, statements::remove_item_if, account_id, id, seen, now);
}

awaitable<std::optional<dispatch_record>> notification_repository::find_dispatch(const std::string& sender_id,
                                                                                 const std::string& id) {
  const std::array values{sql::param{sender_id}, sql::param{id}};
  std::optional<dispatch_record> found;
  auto take = [&](const sql::row& row) { add_delivery(found, row); };
  co_await store_.query(statements::find_dispatch, values, take);
  co_return found;
}

awaitable<std::optional<dispatch_record>> notification_repository::cancel(
    const std::string& sender_id, const std::string& id, instant now,
    function_ref<std::optional<sql::command>(const dispatch_record&)> seal) {
  auto body = [&](sql::transaction& tx) -> awaitable<std::optional<dispatch_record>> {
    const std::array change{sql::param{sender_id}, sql::param{id}, sql::param{to_millis(now)}};
    co_await tx.execute(statements::cancel, change);
    const std::array whose{sql::param{id}};
    co_await tx.execute(statements::drop_payload, whose);
    const std::array values{sql::param{sender_id}, sql::param{id}};
    std::optional<dispatch_record> found;
    auto take = [&](const sql::row& row) { add_delivery(found, row); };
    co_await tx.execute(statements::find_dispatch, values, take);
    if (!found) co_return found;
    if (const auto sealed = seal(*found)) co_await tx.execute(*sealed->what, sealed->values);
    co_return found;
  };
  co_return co_await store_.transact(body);
}

awaitable<std::uint64_t> notification_repository::delete_read_before(instant limit, int batch) {
  const std::array values{sql::param{to_millis(limit)}, sql::param{batch}};
  co_return co_await write_one(statements::delete_read_before, values);
}

awaitable<std::uint64_t> notification_repository::delete_dispatches_before(instant limit, int batch) {
  const std::array values{sql::param{to_millis(limit)}, sql::param{batch}};
  co_return co_await write_one(statements::delete_dispatches_before, values);
}

}  // namespace cumulo::notifications
