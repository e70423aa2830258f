#include "notification-service/storage/webhook_repository.hpp"

#include <array>

#include "notification-service/storage/acceptance_rows.hpp"
#include "notification-service/storage/notification_repository.hpp"
#include "notification-service/storage/notification_statements.hpp"
#include "notification-service/storage/webhook_statements.hpp"
#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

std::optional<std::int64_t> maybe_millis(const std::optional<instant>& t) {
  if (!t) return std::nullopt;
  return to_millis(*t);
}

std::optional<instant> maybe_instant(const sql::row& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return from_millis(row.integer(column));
}

template <class Enum>
Enum known(std::optional<Enum> parsed) {
  if (!parsed) throw std::runtime_error("the database holds an unknown name of a webhook");
  return *parsed;
}

std::vector<std::string> patterns_of(std::string_view stored) {
  auto read = json::read<std::vector<std::string>>(stored);
  if (!read) throw std::runtime_error("the database holds events of a webhook that cannot be read");
  return std::move(*read);
}

webhook webhook_of(const sql::row& row) {
  webhook w{.id = std::string{row.text(0)},
            .account_id = std::string{row.text(1)},
            .name = row.optional_text(2),
            .url = std::string{row.text(3)},
            .format = known(parse_webhook_format(row.text(4))),
            .events = patterns_of(row.text(5)),
            .secret = std::string{row.text(6)},
            .old_secret = row.optional_text(7),
            .old_secret_until = maybe_instant(row, 8),
            .paused_at = maybe_instant(row, 9),
            .paused_because = {},
            .failing_since = maybe_instant(row, 11),
            .failures = row.integer(12),
            .last_success_at = maybe_instant(row, 13),
            .created_at = from_millis(row.integer(14)),
            .updated_at = from_millis(row.integer(15)),
            .version = row.integer(16)};
  if (!row.is_null(10)) w.paused_because = known(parse_pause_reason(row.text(10)));
  return w;
}

webhook_attempt attempt_of(const sql::row& row) {
  return {.id = std::string{row.text(1)},
          .webhook_id = std::string{row.text(0)},
          .message_id = std::string{row.text(2)},
          .type = std::string{row.text(3)},
          .attempt = row.integer(4),
          .at = from_millis(row.integer(5)),
          .request_headers = std::string{row.text(6)},
          .request_body = std::string{row.text(7)},
          .status = row.optional_integer(8),
          .response_headers = std::string{row.text(9)},
          .response_body = std::string{row.text(10)},
          .took = std::chrono::milliseconds{row.integer(11)},
          .error = row.optional_text(12)};
}

std::array<sql::param, 13> values_of(const webhook_attempt& a) {
  return {sql::param{a.webhook_id},
          sql::param{a.id},
          sql::param{a.message_id},
          sql::param{a.type},
          sql::param{a.attempt},
          sql::param{to_millis(a.at)},
          sql::param{a.request_headers},
          sql::param{a.request_body},
          sql::param{a.status},
          sql::param{a.response_headers},
          sql::param{a.response_body},
          sql::param{a.took.count()},
          sql::param{a.error}};
}

std::optional<std::string_view> reason_text(const webhook& w) {
  if (!w.paused_because) return std::nullopt;
  return to_text(*w.paused_because);
}

error no_such_webhook() { return {errc::not_found, "There is no such webhook."}; }

awaitable<std::optional<webhook>> find_for_change(sql::transaction& tx, const std::string& account_id,
                                                  const std::string& id) {
  const std::array values{sql::param{account_id}, sql::param{id}};
  std::optional<webhook> found;
  auto take = [&](const sql::row& row) { found = webhook_of(row); };
  co_await tx.execute(statements::find_webhook_for_change, values, take);
  co_return found;
}

awaitable<void> store(sql::transaction& tx, const webhook& w) {
  const std::string events = json::to_text(w.events);
  const std::optional<std::string_view> because = reason_text(w);
  const std::array values{sql::param{w.id},
                          sql::param{w.name},
                          sql::param{w.url},
                          sql::param{to_text(w.format)},
                          sql::param{events},
                          sql::param{w.secret},
                          sql::param{w.old_secret},
                          sql::param{maybe_millis(w.old_secret_until)},
                          sql::param{maybe_millis(w.paused_at)},
                          sql::param{because},
                          sql::param{maybe_millis(w.failing_since)},
                          sql::param{w.failures},
                          sql::param{to_millis(w.updated_at)},
                          sql::param{w.version}};
  co_await tx.execute(statements::update_webhook, values);
}

}  // namespace

awaitable<bool> webhook_repository::add_webhook(const webhook& made, std::span<const sql::command> also) {
  const std::string events = json::to_text(made.events);
  const std::optional<std::string_view> because = reason_text(made);
  const std::array who{sql::param{made.account_id}};
  const std::array values{sql::param{made.id},
                          sql::param{made.account_id},
                          sql::param{made.name},
                          sql::param{made.url},
                          sql::param{to_text(made.format)},
                          sql::param{events},
                          sql::param{made.secret},
                          sql::param{to_millis(made.created_at)},
                          sql::param{maybe_millis(made.paused_at)},
                          sql::param{because}};
  // Serializable: of those made at once, no two count the same.
  auto body = [&](sql::transaction& tx) -> awaitable<bool> {
    std::int64_t count = 0;
    auto take = [&](const sql::row& row) { count = row.integer(0); };
    co_await tx.execute(statements::count_webhooks, who, take);
    if (count >= most_webhooks) co_return false;
    co_await tx.execute(statements::insert_webhook, values);
    co_await tx.execute_all(also);
    co_return true;
  };
  co_return co_await store_.transact(body);
}

awaitable<std::optional<webhook>> webhook_repository::find_webhook(const std::string& account_id,
                                                                   const std::string& id) {
  const std::array values{sql::param{account_id}, sql::param{id}};
  std::optional<webhook> found;
  auto take = [&](const sql::row& row) { found = webhook_of(row); };
  co_await store_.query(statements::find_webhook, values, take);
  co_return found;
}

awaitable<std::vector<webhook>> webhook_repository::list_webhooks(const std::string& account_id,
                                                                  const std::string& after, int limit) {
  const std::array values{sql::param{account_id}, sql::param{after}, sql::param{limit}};
  std::vector<webhook> found;
  auto take = [&](const sql::row& row) { found.push_back(webhook_of(row)); };
  co_await store_.query(statements::list_webhooks, values, take);
  co_return found;
}

awaitable<result<webhook>> webhook_repository::change_webhook(const std::string& account_id, const std::string& id,
                                                              decision decide, beside also) {
  auto body = [&](sql::transaction& tx) -> awaitable<result<webhook>> {
    auto found = co_await find_for_change(tx, account_id, id);
    if (!found) co_return no_such_webhook();
    const std::int64_t before = found->version;
    if (const auto decided = decide(*found); !decided) co_return decided.error();
    if (found->version != before) co_await store(tx, *found);
    if (const auto more = also()) co_await tx.execute(*more->what, more->values);
    co_return std::move(*found);
  };
  co_return co_await store_.transact(body);
}

awaitable<result<>> webhook_repository::remove_webhook(const std::string& account_id, const std::string& id,
                                                       decision decide) {
  auto body = [&](sql::transaction& tx) -> awaitable<result<>> {
    auto found = co_await find_for_change(tx, account_id, id);
    if (!found) co_return no_such_webhook();
    if (const auto decided = decide(*found); !decided) co_return decided.error();
    const std::array values{sql::param{id}};
    co_await tx.execute(statements::delete_webhook, values);
    co_return result<>{};
  };
  co_return co_await store_.transact(body);
}

awaitable<std::optional<webhook>> webhook_repository::find_endpoint(const std::string& id) {
  const std::array values{sql::param{id}};
  std::optional<webhook> found;
  auto take = [&](const sql::row& row) { found = webhook_of(row); };
  co_await store_.query(statements::find_endpoint, values, take);
  co_return found;
}

awaitable<bool> webhook_repository::exist(sql::transaction& tx) {
  auto ignore = [](const sql::row&) {};
  const std::uint64_t found = co_await tx.execute(statements::find_any, std::span<const sql::param>{}, ignore);
  co_return found != 0;
}

awaitable<std::vector<std::string>> webhook_repository::find_wanting(const std::string& account_id,
                                                                     const std::string& type) {
  const std::array values{sql::param{account_id}};
  std::vector<std::string> found;
  auto take = [&](const sql::row& row) {
    if (is_wanted(patterns_of(row.text(5)), type)) found.emplace_back(row.text(0));
  };
  co_await store_.query(statements::list_active, values, take);
  co_return found;
}

awaitable<std::vector<std::string>> webhook_repository::find_wanting(sql::transaction& tx,
                                                                     const std::string& account_id,
                                                                     const std::string& type) {
  const std::array values{sql::param{account_id}};
  std::vector<std::string> found;
  auto take = [&](const sql::row& row) {
    if (is_wanted(patterns_of(row.text(5)), type)) found.emplace_back(row.text(0));
  };
  co_await tx.execute(statements::list_active, values, take);
  co_return found;
}

awaitable<bool> webhook_repository::record(const report& what, const pause_rule& rule,
                                           function_ref<acceptance(const webhook&)> notice) {
  const webhook_attempt& a = what.attempt;
  if (!a.error) {
    co_await record_by_hand(a, {});
    co_return false;
  }
  auto body = [&](sql::transaction& tx) -> awaitable<bool> {
    const auto values = values_of(a);
    const std::array trim{sql::param{a.webhook_id}, sql::param{most_logged_attempts}};
    const std::array now{sql::param{a.webhook_id}, sql::param{to_millis(a.at)}};
    if (co_await tx.execute(statements::insert_attempt, values) == 0) co_return false;
    co_await tx.execute(statements::trim_attempts, trim);
    if (!what.counts) co_return false;
    bool pause = what.gone;
    auto judge = [&](const sql::row& row) {
      const bool is_dead = a.at - from_millis(row.integer(0)) >= rule.after && row.integer(1) >= rule.failures;
      pause = row.is_null(2) && (what.gone || is_dead);
    };
    co_await tx.execute(statements::note_failure, now, judge);
    if (!pause) co_return false;
    const std::array paused{sql::param{a.webhook_id}, sql::param{to_millis(a.at)},
                            sql::param{to_text(what.gone ? pause_reason::gone : pause_reason::failing)}};
    co_await tx.execute(statements::pause_webhook, paused);
    const std::array id{sql::param{a.webhook_id}};
    std::optional<webhook> found;
    auto take = [&](const sql::row& row) { found = webhook_of(row); };
    co_await tx.execute(statements::find_endpoint, id, take);
    const acceptance told = notice(*found);
    co_await notification_repository::accept(tx, told);
    co_return true;
  };
  co_return co_await store_.transact(body);
}

awaitable<void> webhook_repository::record_by_hand(const webhook_attempt& a, std::span<const sql::command> also) {
  const auto values = values_of(a);
  const std::array trim{sql::param{a.webhook_id}, sql::param{most_logged_attempts}};
  const std::array now{sql::param{a.webhook_id}, sql::param{to_millis(a.at)}};
  std::vector<sql::command> commands{{&statements::insert_attempt, values}, {&statements::trim_attempts, trim}};
  if (!a.error) commands.push_back({&statements::note_success, now});
  commands.insert(commands.end(), also.begin(), also.end());
  co_await store_.write(commands);
}

awaitable<std::vector<webhook_attempt>> webhook_repository::list_attempts(const attempt_reader& who,
                                                                          const std::string& webhook_id,
                                                                          const std::string& before, int limit) {
  const std::array values{sql::param{who.account_id}, sql::param{webhook_id}, sql::param{before}, sql::param{limit},
                          sql::param{who.reads_tasks ? 1 : 0}};
  std::vector<webhook_attempt> found;
  auto take = [&](const sql::row& row) { found.push_back(attempt_of(row)); };
  co_await store_.query(statements::list_attempts, values, take);
  co_return found;
}

awaitable<std::optional<webhook_attempt>> webhook_repository::find_attempt(const attempt_reader& who,
                                                                           const std::string& webhook_id,
                                                                           const std::string& id) {
  const std::array values{sql::param{who.account_id}, sql::param{webhook_id}, sql::param{id},
                          sql::param{who.reads_tasks ? 1 : 0}};
  std::optional<webhook_attempt> found;
  auto take = [&](const sql::row& row) { found = attempt_of(row); };
  co_await store_.query(statements::find_attempt, values, take);
  co_return found;
}

awaitable<std::uint64_t> webhook_repository::delete_attempts_before(instant limit, int batch) {
  const std::array values{sql::param{to_millis(limit)}, sql::param{batch}};
  const std::array commands{sql::command{&statements::delete_attempts_before, values}};
  std::array<std::uint64_t, 1> gone{};
  co_await store_.write(commands, gone);
  co_return gone[0];
}

awaitable<std::uint64_t> webhook_repository::pause_all(sql::transaction& tx, const std::string& account_id,
                                                       instant now) {
  const std::array values{sql::param{account_id}, sql::param{to_millis(now)}, sql::param{to_text(pause_reason::owner)}};
  co_return co_await tx.execute(statements::pause_all, values);
}

awaitable<void> webhook_repository::accept_event(sql::transaction& tx, const message& what,
                                                 const std::vector<std::string>& endpoints) {
  acceptance all{what};
  for (const std::string& each : endpoints) {
    all.deliveries.push_back({channel_name::webhook, delivery_status::pending, each});
  }
  const acceptance_rows rows{all};
  if (co_await tx.execute(statements::insert_dispatch_once, rows.dispatch()) == 0) co_return;
  std::vector<sql::command> rest;
  rows.add_rest(rest);
  for (const sql::command& each : rest) co_await tx.execute(*each.what, each.values);
}

}  // namespace cumulo::notifications
