#include "notification-service/events/told.hpp"

#include <boost/describe/class.hpp>

#include <algorithm>

#include "notification-service/storage/digest_repository.hpp"
#include "notification-service/storage/recipient_repository.hpp"
#include "notification-service/storage/webhook_repository.hpp"
#include "platform/core/id.hpp"
#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

struct task_data {
  std::string id;
  std::optional<std::string> project_id;
  std::string title;
  std::string status;
  std::optional<std::string> due;
};
BOOST_DESCRIBE_STRUCT(task_data, (), (id, project_id, title, status, due))

struct task_event_data {
  task_data task;
  std::optional<std::string> actor_id;
  std::optional<std::vector<std::string>> changed;
  std::optional<std::vector<std::string>> audience;
  std::optional<std::int64_t> due_at;
};
BOOST_DESCRIBE_STRUCT(task_event_data, (), (task, actor_id, changed, audience, due_at))

struct reminder_data {
  std::string account_id;
  task_data task;
  std::optional<std::int64_t> due_at;
};
BOOST_DESCRIBE_STRUCT(reminder_data, (), (account_id, task, due_at))

struct project_data {
  std::string id;
};
BOOST_DESCRIBE_STRUCT(project_data, (), (id))
struct project_event_data {
  project_data project;
  std::vector<std::string> audience;
};
BOOST_DESCRIBE_STRUCT(project_event_data, (), (project, audience))
struct erased_data {
  std::string id;
  std::optional<std::vector<std::string>> audience;
};
BOOST_DESCRIBE_STRUCT(erased_data, (), (id, audience))

struct security_data {
  std::string id;
  std::int64_t at{};
  std::optional<std::string> address;
  std::optional<std::string> user_agent;
  std::optional<std::string> name;
  std::optional<bool> reset;
};
BOOST_DESCRIBE_STRUCT(security_data, (), (id, at, address, user_agent, name, reset))

template <class T>
T read(const bus::event& e) {
  auto data = json::read<T>(e.data, {.unknown_members = true});
  if (!data) throw std::runtime_error("event " + e.id + " cannot be read: " + data.error().detail);
  return std::move(*data);
}

std::optional<instant> maybe_instant(const std::optional<std::int64_t>& millis) {
  if (!millis) return std::nullopt;
  return from_millis(*millis);
}

task_facts facts_of(const task_data& task, const std::optional<std::int64_t>& due_at) {
  return {task.id, task.title, task.due.value_or(""), maybe_instant(due_at)};
}

/// For programs that show or sort notifications.
std::string data_of(const task_data& task) {
  std::string out = R"({"task_id":)";
  json::write_string(out, task.id);
  if (task.project_id) {
    out += R"(,"project_id":)";
    json::write_string(out, *task.project_id);
  }
  out += '}';
  return out;
}

news news_of(kind about, const bus::event& e, const task_data& task) {
  return {
      .about = about, .project_id = task.project_id.value_or(""), .cause = e.id, .at = e.time, .data = data_of(task)};
}

struct change_row {
  std::string_view type;
  task_change what;
};
constexpr std::array changes{change_row{"io.cumulo.task.created.v1", task_change::created},
                             change_row{"io.cumulo.task.updated.v1", task_change::updated},
                             change_row{"io.cumulo.task.completed.v1", task_change::completed},
                             change_row{"io.cumulo.task.trashed.v1", task_change::trashed},
                             change_row{"io.cumulo.task.restored.v1", task_change::restored}};

struct security_row {
  std::string_view type;
  security_event what;
};
constexpr std::array security_events{
    security_row{"io.cumulo.user.signed_in.v1", security_event::signed_in},
    security_row{"io.cumulo.user.password_changed.v1", security_event::password_changed},
    security_row{"io.cumulo.user.token_created.v1", security_event::token_created}};

constexpr std::string_view reminder_due = "io.cumulo.reminder.due.v1";
constexpr std::string_view task_due_soon = "io.cumulo.task.due_soon.v1";
constexpr std::string_view task_erased = "io.cumulo.task.erased.v1";
constexpr std::string_view project_trashed = "io.cumulo.project.trashed.v1";
constexpr std::string_view project_restored = "io.cumulo.project.restored.v1";
constexpr std::string_view project_erased = "io.cumulo.project.erased.v1";

std::vector<std::string> audience_of(const std::optional<std::vector<std::string>>& told) {
  return told.value_or(std::vector<std::string>{});
}

bool is_done(const task_data& task) { return task.status == "done" || task.status == "cancelled"; }

bool contains(const std::optional<std::vector<std::string>>& words, std::string_view word) {
  return words && std::ranges::find(*words, word) != words->end();
}

awaitable<void> keep_agenda(sql::transaction& tx, const task_event_data& data, task_change what) {
  const task_data& task = data.task;
  if (is_done(task) || !data.due_at || what == task_change::trashed) {
    co_await digest_repository::remove_task(tx, task.id);
    co_return;
  }
  const agenda_task kept{task.id, task.project_id, task.title, task.due, from_millis(*data.due_at)};
  const std::vector<std::string> audience = audience_of(data.audience);
  co_await digest_repository::put_task(tx, kept, audience);
}

awaitable<void> task_changed(sql::transaction& tx, const bus::event& e, task_change what, const teller& who_tells) {
  const task_event_data data = read<task_event_data>(e);
  co_await keep_agenda(tx, data, what);
  // Of a task that becomes done there is an event of its own.
  if (what == task_change::updated && data.task.status == "done" && contains(data.changed, "status")) co_return;

  news told = news_of(kind::task_changed, e, data.task);
  told.actor_id = data.actor_id.value_or("");
  const std::vector<std::string> audience = audience_of(data.audience);
  const bool for_others = std::ranges::any_of(audience, [&](const std::string& a) { return a != told.actor_id; });
  if (!for_others) co_return;  // the most frequent case by far
  std::string actor;
  if (!told.actor_id.empty()) actor = co_await recipient_repository::name_of(tx, told.actor_id);
  const task_facts task = facts_of(data.task, data.due_at);
  const std::vector<std::string> changed = data.changed.value_or(std::vector<std::string>{});
  auto words = [&](const reader& who) { return task_change_text(who, what, task, changed, actor); };
  for (const std::string& each : audience) co_await who_tells.tell(tx, told, each, words);
}

awaitable<void> due_soon(sql::transaction& tx, const bus::event& e, const teller& who_tells) {
  const task_event_data data = read<task_event_data>(e);
  const task_facts task = facts_of(data.task, data.due_at);
  auto words = [&](const reader& who) { return due_soon_text(who, task); };
  const news told = news_of(kind::due_soon, e, data.task);
  const std::vector<std::string> audience = audience_of(data.audience);
  for (const std::string& each : audience) co_await who_tells.tell(tx, told, each, words);
}

awaitable<void> reminder(sql::transaction& tx, const bus::event& e, const teller& who_tells) {
  const reminder_data data = read<reminder_data>(e);
  const task_facts task = facts_of(data.task, data.due_at);
  auto words = [&](const reader& who) { return reminder_text(who, task); };
  const news told = news_of(kind::reminder, e, data.task);
  co_await who_tells.tell(tx, told, data.account_id, words);
}

awaitable<void> security(sql::transaction& tx, const bus::event& e, security_event what, const teller& who_tells) {
  const security_data data = read<security_data>(e);
  security_facts facts{from_millis(data.at), data.address.value_or(""), data.user_agent.value_or(""),
                       data.name.value_or("")};
  if (data.reset.value_or(false)) {  // whoever had access until then may have added them
    facts.paused_webhooks =
        static_cast<std::int64_t>(co_await webhook_repository::pause_all(tx, data.id, who_tells.now()));
  }
  auto words = [&](const reader& who) { return security_text(who, what, facts); };
  const news told{.about = kind::security, .cause = e.id, .at = e.time};
  co_await who_tells.tell(tx, told, data.id, words);
}

awaitable<void> consume(const bus::event& e, sql::transaction& tx, const teller& who_tells) {
  for (const change_row& each : changes) {
    if (each.type == e.type) co_return co_await task_changed(tx, e, each.what, who_tells);
  }
  for (const security_row& each : security_events) {
    if (each.type == e.type) co_return co_await security(tx, e, each.what, who_tells);
  }
  if (e.type == reminder_due) co_return co_await reminder(tx, e, who_tells);
  if (e.type == task_due_soon) co_return co_await due_soon(tx, e, who_tells);
  if (e.type == project_trashed || e.type == project_restored) {
    const project_event_data data = read<project_event_data>(e);
    co_return co_await digest_repository::hide_project(tx, data.project.id, e.type == project_trashed, data.audience);
  }
  const erased_data data = read<erased_data>(e);
  if (e.type == task_erased) co_return co_await digest_repository::remove_task(tx, data.id);
  if (!data.audience) throw std::runtime_error("event " + e.id + " does not say who may see the project");
  co_await digest_repository::remove_project(tx, data.id, *data.audience);
}

}  // namespace

bus::subscription told_events(sql::database& store, const teller& who_tells) {
  std::vector<std::string> types;
  for (const change_row& each : changes) types.emplace_back(each.type);
  for (const security_row& each : security_events) types.emplace_back(each.type);
  for (const std::string_view each :
       {reminder_due, task_due_soon, task_erased, project_trashed, project_restored, project_erased}) {
    types.emplace_back(each);
  }
  return {.consumer = "notification-rules",
          .types = std::move(types),
          .database = &store,
          .handle = [&who_tells](const bus::event& e, sql::transaction& tx) { return consume(e, tx, who_tells); }};
}

}  // namespace cumulo::notifications
