#include "task-service/api/task_api.hpp"

#include <deque>

#include "platform/json/read.hpp"
#include "task-service/api/caller.hpp"
#include "task-service/api/encode.hpp"
#include "task-service/api/list_query.hpp"
#include "task-service/domain/rules.hpp"

namespace cumulo::tasks {

namespace {

/// Every fault of a change, those of its rules too, before the task is looked at.
result<task_changes> read_changes(std::string_view body, const author& who) {
  auto rules = [&](const task_changes& wanted) -> std::vector<fault> {
    task any;
    const result<change_summary> tried = apply_changes(any, wanted, who);
    return tried.has_error() ? tried.error().faults : std::vector<fault>{};
  };
  return json::read_checked<task_changes>(body, rules);
}

void keep_outbox(std::deque<bus::outbox_row>& rows, std::vector<sql::command>& beside, bus::event e) {
  beside.push_back(rows.emplace_back(std::move(e)).command());
}

void put_in_trash(task& t, instant now) {
  t.trashed_at = now;
  t.updated_at = std::max(now, t.updated_at);
  ++t.version;
}

}  // namespace

awaitable<result<>> task_api::list(const http::request& r, http::response& answer) {
  const result<list_query> query = read_list_query(r, timezone_of(r));
  if (query.has_error()) co_return query.error();

  list_writer out{answer};
  auto write = [&](const task_view& t) {
    write_task(out.next(), t);
    return out.keep();
  };
  const std::string_view caller = r.caller().account_id;
  auto in_turn = [&](function_ref<awaitable<void>()> read) { return n_.turns.run(caller, read); };
  const result<std::optional<list_position>> listed =
      co_await list_tasks(n_.store, caller, query->filter, query->page, write, in_turn);
  if (listed.has_error()) co_return listed.error();
  const std::optional<list_position>& last = *listed;
  out.finish(r, last ? std::optional{cursor_of(query->page, *last)} : std::nullopt);
  co_return result<>{};
}

awaitable<result<>> task_api::create(const http::request& r, http::response& answer) {
  const author who = author_of(r, n_.time.now());
  result<task> made = task{};
  auto rules = [&](const task_changes& wanted) {
    made = make_task(wanted, who);
    return made.has_error() ? made.error().faults : std::vector<fault>{};
  };
  const result<task_changes> wanted = json::read_checked<task_changes>(r.body(), rules);
  if (wanted.has_error()) co_return wanted.error();
  task& t = *made;

  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    answer.status(201);
    answer.header("Location", "/api/v1/tasks/" + t.id);
    tell_version(answer, t.version);
    write_task(answer.body(), t);

    const bus::outbox_row created{task_event("created", t, answer.body(), occasion_of(r, who.now))};
    std::vector<sql::command> beside{created.command()};
    std::optional<bus::outbox_row> completed;
    if (t.completed_at) {
      completed.emplace(task_event("completed", t, answer.body(), occasion_of(r, who.now)));
      beside.push_back(completed->command());
    }
    if (record != nullptr) {
      record->seal(answer);
      beside.push_back(record->command());
    }
    co_return co_await n_.tasks.add_task(r.caller().account_id, t, beside);
  };
  const result<> outcome = co_await n_.repeats.run(r, answer, work);
  if (outcome.has_value()) n_.events.notify();
  if (outcome.has_value() && t.due_soon_at) n_.scheduler.expect(*t.due_soon_at);
  co_return outcome;
}

awaitable<result<>> task_api::get(const http::request& r, http::response& answer) {
  const std::string_view id = r.path_parameter("id");
  if (!is_id(id)) co_return no_such("task");
  auto write = [&](const task_view& t) {
    if (!answer.etag(r, etag_of(t.version))) write_task(answer.body(), t);
  };
  const bool found = co_await n_.tasks.find_task(r.caller().account_id, id, write);
  if (!found) co_return no_such("task");
  co_return result<>{};
}

awaitable<result<>> task_api::change(const http::request& r, http::response& answer) {
  const std::string_view id = r.path_parameter("id");
  if (!is_id(id)) co_return no_such("task");
  const author who = author_of(r, n_.time.now());
  const result<task_changes> wanted = read_changes(r.body(), who);
  if (wanted.has_error()) co_return wanted.error();

  std::deque<bus::outbox_row> outbox;
  auto decide = [&](stored_task& stored) -> result<task_decision> {
    outbox.clear();
    task& t = stored.current;
    if (!http::if_match_allows(r, etag_of(t.version))) return stale();
    const result<change_summary> merged = apply_changes(t, *wanted, who);
    if (merged.has_error()) return merged.error();

    task_decision decision{*merged, {}};
    if (merged->members.empty()) return decision;
    std::string json;
    write_task(json, t);
    const occasion when = occasion_of(r, who.now);
    keep_outbox(outbox, decision.beside, task_event("updated", t, json, when, &*merged));
    if (merged->became_done) keep_outbox(outbox, decision.beside, task_event("completed", t, json, when));
    return decision;
  };
  const result<task> changed = co_await n_.tasks.change_task(r.caller().account_id, id, decide);
  if (changed.has_error()) co_return changed.error();
  if (!outbox.empty()) n_.events.notify();
  if (wanted->due.has_value() || !wanted->timezone.is_absent() || !wanted->status.is_absent()) n_.scheduler.look();
  tell_version(answer, changed->version);
  write_task(answer.body(), *changed);
  co_return result<>{};
}

awaitable<result<>> task_api::remove(const http::request& r, http::response& answer) {
  const std::string_view id = r.path_parameter("id");
  if (!is_id(id)) co_return no_such("task");
  const instant now = n_.time.now();

  std::deque<bus::outbox_row> outbox;
  auto decide = [&](stored_task& stored) -> result<task_decision> {
    outbox.clear();
    task& t = stored.current;
    if (!http::if_match_allows(r, etag_of(t.version))) return stale();
    put_in_trash(t, now);
    task_decision decision{{{"trashed_at"}}, {}};
    std::string json;
    write_task(json, t);
    keep_outbox(outbox, decision.beside, task_event("trashed", t, json, occasion_of(r, now)));
    return decision;
  };
  const result<task> changed = co_await n_.tasks.change_task(r.caller().account_id, id, decide);
  if (changed.has_error()) co_return changed.error();
  n_.events.notify();
  answer.status(204);
  co_return result<>{};
}

awaitable<result<>> task_api::restore(const http::request& r, http::response& answer) {
  const std::string_view id = r.path_parameter("id");
  if (!is_id(id)) co_return no_such("task");
  const instant now = n_.time.now();

  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    std::deque<bus::outbox_row> outbox;
    auto decide = [&](stored_task& stored) -> result<task_decision> {
      outbox.clear();
      answer.clear();
      task& t = stored.current;
      task_decision decision;
      if (t.trashed_at) {
        t.trashed_at.reset();
        t.updated_at = std::max(now, t.updated_at);
        ++t.version;
        decision.changes.members.emplace_back("trashed_at");
        if (stored.project_in_trash) {
          t.project_id = inbox_of(r.caller().account_id);
          decision.changes.members.emplace_back("project_id");
        }
      }
      tell_version(answer, t.version);
      write_task(answer.body(), t);
      if (!decision.changes.members.empty()) {
        keep_outbox(outbox, decision.beside,
                    task_event("restored", t, answer.body(), occasion_of(r, now), &decision.changes));
      }
      if (record != nullptr) {
        record->seal(answer);
        decision.beside.push_back(record->command());
      }
      return decision;
    };
    const result<task> changed = co_await n_.tasks.change_any_task(r.caller().account_id, id, decide);
    if (changed.has_error()) {
      answer.clear();
      co_return changed.error();
    }
    co_return result<>{};
  };
  const result<> outcome = co_await n_.repeats.run(r, answer, work);
  if (outcome.has_value()) n_.events.notify();
  if (outcome.has_value()) n_.scheduler.look();
  co_return outcome;
}

}  // namespace cumulo::tasks
