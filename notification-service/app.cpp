#include "notification-service/app.hpp"

#include "notification-service/api/announcements.hpp"
#include "notification-service/api/deliveries.hpp"
#include "notification-service/api/inbox.hpp"
#include "notification-service/api/notify.hpp"
#include "notification-service/api/preferences.hpp"
#include "notification-service/api/stream.hpp"
#include "notification-service/api/webhooks.hpp"
#include "notification-service/delivery/delivery_engine.hpp"
#include "notification-service/delivery/webhook_sender.hpp"
#include "notification-service/events/announcer.hpp"
#include "notification-service/events/consumed.hpp"
#include "notification-service/events/digester.hpp"
#include "notification-service/events/link_events.hpp"
#include "notification-service/events/told.hpp"
#include "notification-service/routes.hpp"
#include "notification-service/settings.hpp"
#include "notification-service/storage/migrations.hpp"
#include "platform/observe/log.hpp"
#include "platform/outbound/client.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::chrono::hours sweep_every{1};
constexpr std::chrono::minutes sweep_stream_every{5};
constexpr std::chrono::seconds digests_every{15};
constexpr std::chrono::seconds announcements_every{2};
constexpr std::chrono::seconds erase_every{5};
constexpr int sweep_batch = 500;
constexpr std::chrono::seconds finish_deliveries{5};
constexpr std::chrono::seconds end_deliveries{5};

std::string migrated(const std::string& url) {
  const int applied = sql::migrate(url, service::with_platform_migrations(migrations()));
  if (applied > 0) log::info("schema brought up to date", {{"database", app::database_file}, {"migrations", applied}});
  return url;
}

using sender_list = std::vector<std::unique_ptr<sender>>;

/// What this installation sends through.
sender_list make_senders(const config& options, outbound::client& calls, webhook_repository& webhooks,
                         webhook_caller& caller, unsubscribe_links& links) {
  sender_list senders;
  if (auto email = email_settings_of(options)) {
    auto link = [&links](const outgoing& what) { return links.unsubscribe_url(what.recipient_id, what.kind); };
    senders.push_back(std::make_unique<email_sender>(calls, std::move(*email), link));
  }
  senders.push_back(std::make_unique<webhook_sender>(webhooks, caller));
  return senders;
}

/// What it can deliver through: the inbox and what is sent. All others answer `disabled`.
std::vector<std::unique_ptr<channel>> offered_channels(const sender_list& senders) {
  std::vector<std::unique_ptr<channel>> offered;
  offered.push_back(std::make_unique<inbox_channel>());
  for (const auto& each : senders) offered.push_back(std::make_unique<queued_channel>(each->name()));
  return offered;
}

/// Deletes in batches, so that no write waits long behind it.
awaitable<void> sweep(notification_repository& notifications, webhook_repository& webhooks,
                      service::idempotency& repeats, instant oldest, const std::function<bool()>& stopping) {
  const auto is_more = [&](std::uint64_t gone) { return gone == std::uint64_t{sweep_batch} && !stopping(); };
  std::uint64_t gone = 0;
  do {
    gone = co_await notifications.delete_read_before(oldest, sweep_batch);
  } while (is_more(gone));
  do {
    gone = co_await notifications.delete_dispatches_before(oldest, sweep_batch);
  } while (is_more(gone));
  do {
    gone = co_await webhooks.delete_attempts_before(oldest, sweep_batch);
  } while (is_more(gone));
  co_await repeats.sweep(stopping);
}

}  // namespace

struct app::parts {
  explicit parts(service::runtime& process)
      : store(sql::open(migrated(service::database_url(process.options, database_file)), process.threads,
                        service::pool_settings(process.options), &process.metrics)),
        calls(service::outbound_settings(process.options), &process.metrics),
        secrets(process.options.text("key-encryption-secret")),
        webhooks(*store),
        caller(calls, secrets, process.time, webhook_settings_of(process.options)),
        links(*store, process.options.text("public-url")),
        senders(make_senders(process.options, calls, webhooks, caller, links)),
        channels(offered_channels(senders)),
        notifications(*store),
        recipients(*store),
        repeats(*store, process.time),
        events(*store, process.events, process.threads, {.name = "notification-service"}, &process.metrics),
        queue(*store),
        engine(queue, process.threads, process.time, events, delivery_settings_of(process.options), &process.metrics),
        tells(channels, process.time, &process.metrics),
        digests(*store, tells),
        announcer(*store, tells),
        announcements(*store),
        settings(*store),
        told(*store),
        streams(told, process.threads, process.trust, process.time, stream_settings_of(process.options),
                process.metrics),
        notify({notifications, recipients, channels, repeats, events, engine, streams, process.time,
                process.events != nullptr}),
        inbox(notifications, repeats, streams, process.time),
        stream(streams),
        hooks({webhooks, caller, secrets, calls.policy(), repeats, process.time}),
        letters(*store),
        deliveries(letters, repeats, engine, process.time),
        choices(settings, links, channels, process.time),
        announce(announcements, repeats, process.time) {
    for (const auto& each : senders) engine.add(*each, limits_of(process.options, each->name()));
  }

  std::unique_ptr<sql::database> store;
  outbound::client calls;
  auth::secret_box secrets;
  webhook_repository webhooks;
  webhook_caller caller;
  unsubscribe_links links;
  sender_list senders;
  channel_set channels;
  notification_repository notifications;
  recipient_repository recipients;
  service::idempotency repeats;
  bus::relay events;
  delivery_queue queue;
  delivery_engine engine;
  teller tells;
  digester digests;
  notifications::announcer announcer;
  announcement_repository announcements;
  preference_repository settings;
  stream_log told;
  stream_hub streams;
  notify_api notify;
  inbox_api inbox;
  stream_api stream;
  webhook_api hooks;
  dead_letters letters;
  deliveries_api deliveries;
  preferences_api choices;
  announcements_api announce;
};

app::app(service::runtime& process) : process_(process), parts_(std::make_unique<parts>(process)) {}

app::~app() = default;

std::vector<http::route> app::routes() {
  return notifications::routes(parts_->notify, parts_->inbox, parts_->stream, parts_->hooks, parts_->deliveries,
                               parts_->choices, parts_->announce);
}

void app::subscribe(bus::broker& events) {
  events.subscribe(account_events(*parts_->store));
  events.subscribe(streamed_events(*parts_->store));
  events.subscribe(link_events(*parts_->store, parts_->channels));
  events.subscribe(hooked_events(*parts_->store));
  events.subscribe(told_events(*parts_->store, parts_->tells));
}

void app::start() {
  parts_->events.start();
  parts_->engine.start();
  parts_->streams.start();
  const std::chrono::milliseconds retention = process_.options.duration("notification-retention");
  auto job = [this, retention]() -> awaitable<void> {
    return sweep(parts_->notifications, parts_->webhooks, parts_->repeats, process_.time.now() - retention,
                 process_.stopping);
  };
  process_.every("notification.sweep", sweep_every, job);
  auto erase = [this]() -> awaitable<void> { return parts_->recipients.erase_rest(process_.stopping); };
  process_.every("notification.erasure", erase_every, erase);
  auto forget = [this]() -> awaitable<void> { return parts_->streams.sweep(process_.stopping); };
  process_.every("stream.sweep", sweep_stream_every, forget);
  auto send_digests = [this]() -> awaitable<void> { co_await parts_->digests.run(process_.stopping); };
  process_.every("notification.digests", digests_every, send_digests);
  auto announce = [this]() -> awaitable<void> { return parts_->announcer.run(process_.stopping); };
  process_.every("notification.announcements", announcements_every, announce);
}

void app::stop() {
  if (!parts_->engine.stop(finish_deliveries)) {
    parts_->calls.stop();  // what it cuts off is tried again, by another process or at the next start
    if (!parts_->engine.stop(end_deliveries)) log::error("deliveries did not end in time");
  }
  parts_->calls.stop();
  parts_->events.stop();
  parts_->streams.stop();
  parts_->store->close();
}

std::vector<service::dependency> app::check() const { return {{"notification-database", parts_->store->check()}}; }

std::span<const option> app::options() { return service_options(); }

}  // namespace cumulo::notifications
