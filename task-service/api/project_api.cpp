#include "task-service/api/project_api.hpp"

#include "platform/json/read.hpp"
#include "task-service/api/caller.hpp"
#include "task-service/api/encode.hpp"
#include "task-service/api/list_query.hpp"

namespace cumulo::tasks {

namespace {

result<project_changes> read_changes(std::string_view body, const author& who) {
  auto rules = [&](const project_changes& wanted) -> std::vector<fault> {
    project any;
    const result<change_summary> tried = apply_changes(any, wanted, who);
    return tried.has_error() ? tried.error().faults : std::vector<fault>{};
  };
  return json::read_checked<project_changes>(body, rules);
}

void touch(project& p, instant now) {
  p.updated_at = std::max(now, p.updated_at);
  ++p.version;
}

}  // namespace

awaitable<result<>> project_api::list(const http::request& r, http::response& answer) {
  http::query_reader parameters{r};
  const std::optional<bool> archived = parameters.boolean("archived");
  const plain_page page = read_plain_page(parameters, "projects", 3);
  std::optional<project_position> after;
  if (page.after) {
    const std::vector<std::string>& field = *page.after;
    after = project_position{number_field(parameters, field[0]), field[1], field[2]};
  }
  if (const result<> fine = parameters.finish(); fine.has_error()) co_return fine;

  list_writer out{answer};
  int room = page.limit;
  const std::string_view caller = r.caller().account_id;
  if (!after && !archived.value_or(false)) {
    const std::optional<project> inbox = co_await n_.projects.find_project(caller, inbox_of(caller));
    write_project(out.next(), *inbox);
    (void)out.keep();
    --room;
  }
  auto write = [&](const project& p) {
    write_project(out.next(), p);
    return out.keep();
  };
  const std::optional<project_position> last =
      co_await n_.projects.list_projects(caller, archived, std::move(after), room, write);
  std::optional<std::string> cursor;
  if (last) cursor = http::make_cursor("projects", {std::to_string(last->position), last->name_key, last->id});
  out.finish(r, cursor);
  co_return result<>{};
}

awaitable<result<>> project_api::create(const http::request& r, http::response& answer) {
  const author who = author_of(r, n_.time.now());
  result<project> made = project{};
  auto rules = [&](const project_creation& wanted) {
    made = make_project(wanted, who);
    return made.has_error() ? made.error().faults : std::vector<fault>{};
  };
  const result<project_creation> wanted = json::read_checked<project_creation>(r.body(), rules);
  if (wanted.has_error()) co_return wanted.error();
  project& p = *made;
  if (p.position < 0) p.position = co_await n_.projects.next_position(who.account_id);

  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    answer.status(201);
    answer.header("Location", "/api/v1/projects/" + p.id);
    tell_version(answer, p.version);
    write_project(answer.body(), p);
    const bus::outbox_row created{project_event("created", p, answer.body(), occasion_of(r, who.now))};
    std::vector<sql::command> beside{created.command()};
    if (record != nullptr) {
      record->seal(answer);
      beside.push_back(record->command());
    }
    co_await n_.projects.add_project(p, beside);
    co_return result<>{};
  };
  const result<> outcome = co_await n_.repeats.run(r, answer, work);
  if (outcome.has_value()) n_.events.notify();
  co_return outcome;
}

awaitable<result<>> project_api::get(const http::request& r, http::response& answer) {
  const std::string_view id = r.path_parameter("id");
  if (!is_id(id)) co_return no_such("project");
  const std::optional<project> found = co_await n_.projects.find_project(r.caller().account_id, id);
  if (!found) co_return no_such("project");
  if (!answer.etag(r, etag_of(found->version))) write_project(answer.body(), *found);
  co_return result<>{};
}

awaitable<result<>> project_api::change(const http::request& r, http::response& answer) {
  const std::string_view id = r.path_parameter("id");
  if (!is_id(id)) co_return no_such("project");
  const author who = author_of(r, n_.time.now());
  const result<project_changes> wanted = read_changes(r.body(), who);
  if (wanted.has_error()) co_return wanted.error();

  std::optional<bus::outbox_row> updated;
  auto decide = [&](project& p) -> result<project_decision> {
    updated.reset();
    if (p.trashed_at) return no_such("project");
    if (!http::if_match_allows(r, etag_of(p.version))) return stale();
    const result<change_summary> merged = apply_changes(p, *wanted, who);
    if (merged.has_error()) return merged.error();
    project_decision decision{*merged, {}};
    if (merged->members.empty()) return decision;
    std::string json;
    write_project(json, p);
    updated.emplace(project_event("updated", p, json, occasion_of(r, who.now), &*merged));
    decision.beside.push_back(updated->command());
    return decision;
  };
  const result<project> changed = co_await n_.projects.change_project(who.account_id, id, false, decide);
  if (changed.has_error()) co_return changed.error();
  if (updated) n_.events.notify();
  tell_version(answer, changed->version);
  write_project(answer.body(), *changed);
  co_return result<>{};
}

awaitable<result<>> project_api::remove(const http::request& r, http::response& answer) {
  const std::string_view id = r.path_parameter("id");
  if (!is_id(id)) co_return no_such("project");
  const instant now = n_.time.now();
  std::optional<bus::outbox_row> trashed;
  auto decide = [&](project& p) -> result<project_decision> {
    trashed.reset();
    if (p.trashed_at) return no_such("project");
    if (p.is_inbox) return error{errc::conflict, "The Inbox cannot be deleted."};
    if (!http::if_match_allows(r, etag_of(p.version))) return stale();
    p.trashed_at = now;
    touch(p, now);
    std::string json;
    write_project(json, p);
    trashed.emplace(project_event("trashed", p, json, occasion_of(r, now)));
    return project_decision{{{"trashed_at"}}, {trashed->command()}};
  };
  const result<project> changed = co_await n_.projects.change_project(r.caller().account_id, id, true, decide);
  if (changed.has_error()) co_return changed.error();
  n_.events.notify();
  answer.status(204);
  co_return result<>{};
}

awaitable<result<>> project_api::restore(const http::request& r, http::response& answer) {
  const std::string_view id = r.path_parameter("id");
  if (!is_id(id)) co_return no_such("project");
  const instant now = n_.time.now();

  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    std::optional<bus::outbox_row> restored;
    auto decide = [&](project& p) -> result<project_decision> {
      restored.reset();
      answer.clear();
      project_decision decision;
      if (p.trashed_at) {
        p.trashed_at.reset();
        touch(p, now);
        decision.changes.members.emplace_back("trashed_at");
      }
      tell_version(answer, p.version);
      write_project(answer.body(), p);
      if (!decision.changes.members.empty()) {
        restored.emplace(project_event("restored", p, answer.body(), occasion_of(r, now)));
        decision.beside.push_back(restored->command());
      }
      if (record != nullptr) {
        record->seal(answer);
        decision.beside.push_back(record->command());
      }
      return decision;
    };
    const result<project> changed = co_await n_.projects.change_project(r.caller().account_id, id, true, decide);
    if (changed.has_error()) {
      answer.clear();
      co_return changed.error();
    }
    co_return result<>{};
  };
  const result<> outcome = co_await n_.repeats.run(r, answer, work);
  if (outcome.has_value()) n_.events.notify();
  co_return outcome;
}

awaitable<result<>> project_api::list_labels(const http::request& r, http::response& answer) {
  http::query_reader parameters{r};
  const plain_page page = read_plain_page(parameters, "labels", 1);
  if (const result<> fine = parameters.finish(); fine.has_error()) co_return fine;
  const std::string after = page.after ? page.after->front() : "";

  list_writer out{answer};
  int taken = 0;
  std::string last;
  bool more = false;
  auto write = [&](const label_count& label) {
    more = taken == page.limit;
    if (more) return;
    ++taken;
    last = label.key;
    write_label(out.next(), label);
  };
  auto read = [&] { return n_.projects.list_labels(r.caller().account_id, after, page.limit + 1, write); };
  const result<> had_turn = co_await n_.turns.run(r.caller().account_id, read);
  if (had_turn.has_error()) co_return had_turn.error();
  std::optional<std::string> cursor;
  if (more) cursor = http::make_cursor("labels", {last});
  out.finish(r, cursor);
  co_return result<>{};
}

}  // namespace cumulo::tasks
