#include "task-service/app.hpp"

#include "platform/observe/log.hpp"
#include "task-service/api/project_api.hpp"
#include "task-service/api/reminder_api.hpp"
#include "task-service/api/task_api.hpp"
#include "task-service/api/trash_api.hpp"
#include "task-service/events/consumed.hpp"
#include "task-service/events/published.hpp"
#include "task-service/routes.hpp"
#include "task-service/storage/search.hpp"

namespace cumulo::tasks {

/// Defined by cumulo_embed().
std::span<const embedded_file> migrations();

namespace {

constexpr std::chrono::hours sweep_every{1};
constexpr std::chrono::seconds erase_every{5};
constexpr std::chrono::seconds index_every{5};  // on SQLite: each time costs FTS5 a segment, whatever it holds
constexpr std::chrono::seconds merge_every{1};  // on PostgreSQL: a search reads all that is not merged yet
constexpr int index_batch = 512;

due_soon_rule due_soon_rule_of(const config& options) {
  const std::optional<std::chrono::minutes> time_of_day = parse_time_of_day(options.text("due-soon-time"));
  if (!time_of_day) throw std::runtime_error("due-soon-time is no time of day like 09:00");
  return {options.duration("due-soon-lead"), *time_of_day};
}

sql::pool_settings pool_settings_of(const config& options) {
  sql::pool_settings settings = service::pool_settings(options);
  settings.predicates = search_predicates();
  return settings;
}

std::string migrated(const std::string& url) {
  const int applied = sql::migrate(url, service::with_platform_migrations(migrations()));
  if (applied > 0) log::info("schema brought up to date", {{"database", app::database_file}, {"migrations", applied}});
  return url;
}

}  // namespace

struct app::parts {
  explicit parts(service::runtime& process)
      : store(sql::open(migrated(service::database_url(process.options, database_file)), process.threads,
                        pool_settings_of(process.options), &process.metrics)),
        retention(process.options.duration("trash-retention")),
        tasks(*store, process.time, due_soon_rule_of(process.options)),
        reminders(*store),
        queue(*store),
        projects(*store),
        trash(*store),
        repeats(*store, process.time),
        events(*store, process.events, process.threads, {.name = "task-service"}, &process.metrics),
        scheduler(queue, events, process.threads, process.time, {.poll = process.options.duration("reminder-poll")},
                  process.metrics),
        task_calls({*store, tasks, turns, repeats, events, process.time, scheduler}),
        reminder_calls({reminders, repeats, scheduler, process.time}),
        project_calls({projects, turns, repeats, events, process.time}),
        trash_calls({trash, events, process.time, retention}) {}

  std::unique_ptr<sql::database> store;
  std::chrono::milliseconds retention;
  task_repository tasks;
  reminder_repository reminders;
  reminder_queue queue;
  project_repository projects;
  trash_repository trash;
  service::idempotency repeats;
  bus::relay events;
  reminder_scheduler scheduler;
  slow_turns turns;
  task_api task_calls;
  reminder_api reminder_calls;
  project_api project_calls;
  trash_api trash_calls;
};

app::app(service::runtime& process) : process_(process), parts_(std::make_unique<parts>(process)) {}

app::~app() = default;

std::vector<http::route> app::routes() {
  return tasks::routes(parts_->task_calls, parts_->reminder_calls, parts_->project_calls, parts_->trash_calls);
}

void app::subscribe(bus::broker& events) {
  events.subscribe(account_events(*parts_->store, process_.time, [this] { parts_->scheduler.look(); }));
}

void app::start() {
  parts_->events.start();
  parts_->scheduler.start();

  auto sweep = [this]() -> awaitable<void> {
    const instant now = process_.time.now();
    auto announce = [now](const erased_item& gone) { return erased_event(gone, {{}, {}, now}); };
    const std::uint64_t purged =
        co_await parts_->trash.purge_trash(now - parts_->retention, announce, process_.stopping);
    if (purged != 0) {
      log::info("trash purged", {{"items", purged}});
      parts_->events.notify();
    }
    co_await parts_->repeats.sweep(process_.stopping);
  };
  process_.every("task.sweep", sweep_every, sweep);
  auto erase = [this]() -> awaitable<void> { return parts_->trash.erase_rest(process_.stopping); };
  process_.every("task.erasure", erase_every, erase);

  auto index = [this]() -> awaitable<void> {
    bool more = true;
    while (more && !process_.stopping()) more = co_await index_new_documents(*parts_->store, index_batch);
  };
  process_.every("task.index", parts_->store->kind() == sql::engine::sqlite ? index_every : merge_every, index);
}

void app::stop() {
  parts_->scheduler.stop();
  parts_->events.stop();
  parts_->store->close();
}

std::vector<service::dependency> app::check() const {
  return {{std::string{"database "} + std::string{database_file}, parts_->store->check()}};
}

std::span<const option> app::options() {
  static const std::vector<option> table{
      {"trash-retention", option_type::duration, "30d", "After this time in the trash, tasks and projects are erased."},
      {"due-soon-lead", option_type::duration, "1h",
       "How long before its due time a task is told to be due soon. Applies to due times set from then on."},
      {"due-soon-time", option_type::text, "09:00",
       "The local time at which that is told of a task that is due on a date."},
      {"reminder-poll", option_type::duration, "5s",
       "How long at most until a change of the machine's clock, or a reminder left by a replica that died, is "
       "noticed."},
  };
  return table;
}

}  // namespace cumulo::tasks
