#include "notification-service/app.hpp"

#include "notification-service/api/inbox.hpp"
#include "notification-service/api/notify.hpp"
#include "notification-service/events/consumed.hpp"
#include "notification-service/routes.hpp"
#include "notification-service/storage/migrations.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::chrono::hours sweep_every{1};
constexpr int sweep_batch = 500;

std::string migrated(const std::string& url) {
  const int applied = sql::migrate(url, service::with_platform_migrations(migrations()));
  if (applied > 0) log::info("schema brought up to date", {{"database", app::database_file}, {"migrations", applied}});
  return url;
}

/// What this installation can deliver through. All others answer `disabled`.
std::vector<std::unique_ptr<channel>> offered_channels() {
  std::vector<std::unique_ptr<channel>> offered;
  offered.push_back(std::make_unique<inbox_channel>());
  return offered;
}

/// Deletes in batches, so that no write waits long behind it.
awaitable<void> sweep(notification_repository& notifications, service::idempotency& repeats, instant oldest) {
  std::uint64_t gone = 0;
  do {
    gone = co_await notifications.delete_read_before(oldest, sweep_batch);
  } while (gone == std::uint64_t{sweep_batch});
  do {
    gone = co_await notifications.delete_dispatches_before(oldest, sweep_batch);
  } while (gone == std::uint64_t{sweep_batch});
  co_await repeats.sweep();
}

}  // namespace

struct app::parts {
  explicit parts(service::runtime& process)
      : store(sql::open(migrated(service::database_url(process.options, database_file)), process.threads,
                        service::pool_settings(process.options), &process.metrics)),
        channels(offered_channels()),
        notifications(*store),
        recipients(*store),
        repeats(*store, process.time),
        events(*store, process.events, process.threads, {.name = "notification-service"}, &process.metrics),
        notify({notifications, recipients, channels, repeats, events, process.time, process.events != nullptr}),
        inbox(notifications, repeats, process.time) {}

  std::unique_ptr<sql::database> store;
  channel_set channels;
  notification_repository notifications;
  recipient_repository recipients;
  service::idempotency repeats;
  bus::relay events;
  notify_api notify;
  inbox_api inbox;
};

app::app(service::runtime& process) : process_(process), parts_(std::make_unique<parts>(process)) {}

app::~app() = default;

std::vector<http::route> app::routes() { return notifications::routes(parts_->notify, parts_->inbox); }

void app::subscribe(bus::broker& events) { events.subscribe(account_events(*parts_->store)); }

void app::start() {
  parts_->events.start();
  const std::chrono::milliseconds retention = process_.options.duration("notification-retention");
  auto job = [this, retention]() -> awaitable<void> {
    return sweep(parts_->notifications, parts_->repeats, process_.time.now() - retention);
  };
  process_.every("notification.sweep", sweep_every, job);
}

void app::stop() {
  parts_->events.stop();
  parts_->store->close();
}

std::vector<service::dependency> app::check() const { return {{"notification-database", parts_->store->check()}}; }

std::span<const option> app::options() {
  static const std::vector<option> table{
      {"notification-retention", option_type::duration, "90d",
       "How long a notification that has been read is kept, and what is known of a delivery."},
  };
  return table;
}

}  // namespace cumulo::notifications
