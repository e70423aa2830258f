#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <boost/json/parse.hpp>
#include <random>
#include <thread>

#include "platform/auth/trust_state.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/observe/log.hpp"
#include "platform/outbound/fetch.hpp"

namespace cumulo::auth {

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds connect_timeout{2s};
constexpr std::chrono::milliseconds total_timeout{5s};
constexpr std::size_t max_body = 8UL << 20U;
constexpr auto first_retry = 200ms;
constexpr auto slowest_retry = std::chrono::milliseconds{5s};
constexpr auto between_unknown_keys =
    std::chrono::milliseconds{5s};  // so that made-up key ids cannot drive the user-service

struct fetched {
  std::string body;
  std::string tag;        ///< its ETag
  bool unchanged{false};  ///< 304
  std::string failure;    ///< empty if it worked
};

std::optional<std::vector<std::string>> read_revocations(std::string_view body) {
  boost::system::error_code ec;
  const auto document = boost::json::parse(body, ec);
  if (ec || !document.is_object()) return std::nullopt;
  const auto* list = document.get_object().if_contains("revoked");
  if (list == nullptr || !list->is_array()) return std::nullopt;
  std::vector<std::string> ids;
  ids.reserve(list->get_array().size());
  for (const auto& id : list->get_array()) {
    if (!id.is_string()) return std::nullopt;
    ids.emplace_back(id.get_string());
  }
  return ids;
}

std::string beside(const std::string& url) { return url.substr(0, url.rfind('/') + 1) + "revocations"; }

// One of the two things fetched: when it is due, and how it went.
struct source {
  std::string what;  ///< "keys", "revocations"
  std::string url;
  std::chrono::milliseconds every{};
  steady::time_point due{};
  int failures{0};
  std::optional<steady::time_point> last_good{};
  std::string failure = "not fetched yet";
  std::string tag{};  ///< ETag of what we have
  prometheus::Gauge* fetched_at{nullptr};
};

void mark_fetched(const source& what) {
  if (what.fetched_at != nullptr) what.fetched_at->SetToCurrentTime();
}

}  // namespace

struct trust_fetcher::impl {
  trust_store& store;
  trust_store::state& target;
  source keys, revocations;
  std::thread worker{};
  std::atomic<bool> stopping{false};
  mutable std::mutex status_lock{};  // guards what status() reads of the sources
  std::minstd_rand random{std::random_device{}()};
  outbound::fetcher calls{};

  fetched get(const std::string& url, const std::string& tag) {
    fetched out;
    std::map<std::string, std::string> condition;
    if (!tag.empty()) condition.emplace("If-None-Match", tag);
    try {
      auto got = calls.fetch(
          "GET", url, condition, {},
          {.timeout = total_timeout, .connect_timeout = connect_timeout, .largest_body = max_body, .stop = &stopping});
      out.body = std::move(got.body);
      out.tag = std::move(got.headers["etag"]);
      out.unchanged = got.status == 304 && !tag.empty();
      if (got.status != 200 && !out.unchanged) out.failure = "answered " + std::to_string(got.status);
    } catch (const std::runtime_error& e) {
      out.failure = e.what();
    }
    return out;
  }

  // Between 75 % and 125 %, so that replicas do not ask in step.
  std::chrono::milliseconds jittered(std::chrono::milliseconds t) {
    return std::chrono::milliseconds{t.count() * std::uniform_int_distribution<int>{75, 125}(random) / 100};
  }

  void fetch(source& from, function_ref<bool(std::string_view)> apply) {
    auto got = get(from.url, from.tag);
    if (stopping) return;
    if (got.failure.empty() && !got.unchanged) {
      if (apply(got.body)) {
        from.tag = std::move(got.tag);
      } else {
        got.failure = "the answer is not what it should be";
      }
    }

    const std::scoped_lock guard{status_lock};
    const bool was_well = from.failure.empty();
    from.failure = std::move(got.failure);
    if (from.failure.empty()) {
      if (!was_well) log::info("trust: fetched", {{"what", from.what}, {"url", from.url}});
      from.failures = 0;
      from.last_good = steady::now();
      mark_fetched(from);
      from.due = *from.last_good + jittered(from.every);
      return;
    }
    if (was_well || from.failures == 0) {
      log::warn("trust: cannot fetch; what was fetched before stays in use",
                {{"what", from.what}, {"url", from.url}, {"why", from.failure}});
    }
    const auto pause = std::min(first_retry * (1 << std::min(from.failures, 5)), std::min(slowest_retry, from.every));
    ++from.failures;
    from.due = steady::now() + jittered(pause);
  }

  void run() {
    const auto apply_keys = [&](std::string_view body) { return store.set_keys(body).has_value(); };
    const auto apply_revocations = [&](std::string_view body) {
      auto ids = read_revocations(body);
      if (ids) store.set_revoked(std::move(*ids));
      return ids.has_value();
    };
    steady::time_point unknown_key_served{};
    while (!stopping) {
      const auto now = steady::now();
      const bool asked = target.fresh_keys_wanted && now >= unknown_key_served + between_unknown_keys;
      if (asked && keys.failures == 0) {
        keys.due = now;
        unknown_key_served = now;
      }
      // Before the first keys: whoever can verify has been told what has ended.
      if (now >= revocations.due) fetch(revocations, apply_revocations);
      if (now >= keys.due) {
        // Lowered first: a key that is asked for while we fetch may be newer than what we get.
        target.fresh_keys_wanted = false;
        fetch(keys, apply_keys);
      }

      auto until = std::min(keys.due, revocations.due);
      std::unique_lock guard{target.lock};
      const auto quiet = unknown_key_served + between_unknown_keys;
      if (target.fresh_keys_wanted && keys.failures == 0) until = std::min(until, std::max(quiet, steady::now()));
      target.wanted.wait_until(guard, until, [&] {
        return stopping || (target.fresh_keys_wanted && keys.failures == 0 && steady::now() >= quiet);
      });
    }
  }
};

trust_fetcher::trust_fetcher(trust_store& target, trust_fetcher_settings settings) {
  if (settings.revocations_url.empty()) settings.revocations_url = beside(settings.jwks_url);
  impl_.reset(new impl{
      .store = target,
      .target = *target.state_,
      .keys = {.what = "keys", .url = std::move(settings.jwks_url), .every = settings.keys_every},
      .revocations = {.what = "revocations",
                      .url = std::move(settings.revocations_url),
                      .every = settings.revocations_every},
  });
  if (settings.metrics == nullptr) return;
  auto& fetched_at = prometheus::BuildGauge()
                         .Name("cumulo_trust_fetched_timestamp_seconds")
                         .Help("When the user-service's keys and revocations were fetched last.")
                         .Register(*settings.metrics);
  for (source* each : {&impl_->keys, &impl_->revocations}) {
    each->fetched_at = &fetched_at.Add({{"what", each->what}});
    mark_fetched(*each);
  }
}

trust_fetcher::~trust_fetcher() { stop(); }

void trust_fetcher::start() {
  impl_->worker = std::thread{[this] { impl_->run(); }};
}

void trust_fetcher::stop() {
  if (!impl_->worker.joinable()) return;
  {
    const std::scoped_lock guard{impl_->target.lock};
    impl_->stopping = true;
    impl_->target.wanted.notify_all();
  }
  impl_->worker.join();
}

trust_fetcher::status trust_fetcher::state() const {
  const std::scoped_lock guard{impl_->status_lock};
  status out{.fresh = true, .detail = {}};
  for (const source* s : {&impl_->keys, &impl_->revocations}) {
    if (!out.detail.empty()) out.detail += "; ";
    out.detail += s->what;
    if (s->last_good) {
      const auto age = std::chrono::duration_cast<std::chrono::seconds>(steady::now() - *s->last_good);
      out.detail += " fetched " + std::to_string(age.count()) + " s ago";
    }
    if (!s->failure.empty()) {
      out.fresh = false;
      out.detail += s->last_good ? ", since then: " + s->failure : ": " + s->failure;
    }
  }
  return out;
}

}  // namespace cumulo::auth
