#include "task-service/api/reminder_api.hpp"

#include "platform/http/query.hpp"
#include "platform/json/read.hpp"
#include "task-service/api/caller.hpp"
#include "task-service/api/encode.hpp"

namespace cumulo::tasks {

namespace {

/// A pause that its time overtakes is a miss, without anybody's change.
std::string etag_of(const reminder& r, instant now) {
  const bool is_missed = state_of(r, now) == reminder_state::missed;
  return tasks::etag_of(r.version) + (is_missed ? "-missed" : "");
}

bool if_match_allows(const http::request& r, const reminder& found, instant now) {
  return http::if_match_allows(r, tasks::etag_of(found.version)) || http::if_match_allows(r, etag_of(found, now));
}

void tell_version(http::response& answer, const reminder& r, instant now) {
  answer.header("ETag", "\"" + etag_of(r, now) + "\"");
}

}  // namespace

awaitable<result<>> reminder_api::list(const http::request& r, http::response& answer) {
  const std::string_view task_id = r.path_parameter("id");
  if (!is_id(task_id)) co_return no_such("task");
  const http::query_reader parameters{r};
  if (const result<> fine = parameters.finish(); fine.has_error()) co_return fine;

  const auto all = co_await n_.reminders.list_reminders(r.caller().account_id, task_id);
  if (!all) co_return no_such("task");
  const instant now = n_.time.now();
  list_writer out{answer};
  for (const reminder& each : *all) write_reminder(out.next(), each, now);
  out.finish(r, std::nullopt);
  co_return result<>{};
}

awaitable<result<>> reminder_api::create(const http::request& r, http::response& answer) {
  const std::string_view task_id = r.path_parameter("id");
  if (!is_id(task_id)) co_return no_such("task");
  const author who = author_of(r, n_.time.now());
  result<reminder> made = reminder{};
  auto rules = [&](const reminder_creation& wanted) {
    made = make_reminder(wanted, task_id, who);
    return made.has_error() ? made.error().faults : std::vector<fault>{};
  };
  const result<reminder_creation> wanted = json::read_checked<reminder_creation>(r.body(), rules);
  if (wanted.has_error()) co_return wanted.error();

  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    auto finish = [&](const reminder& armed) -> std::vector<sql::command> {
      answer.clear();
      answer.status(201);
      answer.header("Location", "/api/v1/tasks/" + armed.task_id + "/reminders/" + armed.id);
      tell_version(answer, armed, who.now);
      write_reminder(answer.body(), armed, who.now);
      if (record == nullptr) return {};
      record->seal(answer);
      return {record->command()};
    };
    const result<reminder> added = co_await n_.reminders.add_reminder(*made, who.timezone, who.now, finish);
    if (added.has_error()) {
      answer.clear();
      co_return added.error();
    }
    if (added->next_at) n_.scheduler.expect(*added->next_at);
    co_return result<>{};
  };
  co_return co_await n_.repeats.run(r, answer, work);
}

awaitable<result<>> reminder_api::get(const http::request& r, http::response& answer) {
  const std::string_view task_id = r.path_parameter("id");
  const std::string_view id = r.path_parameter("reminder_id");
  if (!is_id(task_id) || !is_id(id)) co_return no_such("reminder");
  const std::optional<reminder> found = co_await n_.reminders.find_reminder(r.caller().account_id, task_id, id);
  if (!found) co_return no_such("reminder");
  const instant now = n_.time.now();
  if (!answer.etag(r, etag_of(*found, now))) write_reminder(answer.body(), *found, now);
  co_return result<>{};
}

awaitable<result<>> reminder_api::remove(const http::request& r, http::response& answer) {
  const std::string_view task_id = r.path_parameter("id");
  const std::string_view id = r.path_parameter("reminder_id");
  if (!is_id(task_id) || !is_id(id)) co_return no_such("reminder");
  const instant now = n_.time.now();
  auto decide = [&](reminder& found, const reminded_task&) -> result<std::vector<sql::command>> {
    if (!if_match_allows(r, found, now)) return stale();
    return std::vector<sql::command>{};
  };
  const result<> outcome = co_await n_.reminders.delete_reminder(r.caller().account_id, task_id, id, decide);
  if (outcome.has_error()) co_return outcome.error();
  answer.status(204);
  co_return result<>{};
}

awaitable<result<>> reminder_api::snooze(const http::request& r, http::response& answer) {
  const std::string_view task_id = r.path_parameter("id");
  const std::string_view id = r.path_parameter("reminder_id");
  if (!is_id(task_id) || !is_id(id)) co_return no_such("reminder");
  const instant now = n_.time.now();
  auto rules = [&](const reminder_snooze& wanted) {
    reminder any;
    const result<> tried = tasks::snooze(any, wanted, {}, now);
    return tried.has_error() ? tried.error().faults : std::vector<fault>{};
  };
  const result<reminder_snooze> wanted = json::read_checked<reminder_snooze>(r.body(), rules);
  if (wanted.has_error()) co_return wanted.error();

  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    auto decide = [&](reminder& found, const reminded_task& about) -> result<std::vector<sql::command>> {
      answer.clear();
      if (!if_match_allows(r, found, now)) return stale();
      const result<> put_off = tasks::snooze(found, *wanted, about, now);
      if (put_off.has_error()) return put_off.error();
      tell_version(answer, found, now);
      write_reminder(answer.body(), found, now);
      if (record == nullptr) return std::vector<sql::command>{};
      record->seal(answer);
      return std::vector<sql::command>{record->command()};
    };
    const result<reminder> changed = co_await n_.reminders.change_reminder(r.caller().account_id, task_id, id, decide);
    if (changed.has_error()) {
      answer.clear();
      co_return changed.error();
    }
    if (changed->next_at) n_.scheduler.expect(*changed->next_at);
    co_return result<>{};
  };
  co_return co_await n_.repeats.run(r, answer, work);
}

}  // namespace cumulo::tasks
