#include "platform/outbound/client.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/registry.h>

#include <atomic>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <unordered_map>

#include "platform/observe/metrics.hpp"
#include "platform/observe/trace.hpp"
#include "platform/outbound/transfer.hpp"

namespace cumulo::outbound {

namespace {

constexpr long longest_sleep_ms = 1'000;

struct multi_end {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
using transfer_ptr = std::unique_ptr<transfer>;

std::string outcome_label(const exchange& outcome, bool is_mail) {
  if (outcome.failed) return std::string{to_text(*outcome.failed)};
  if (is_mail) return "sent";
  return std::to_string(outcome.status / 100) + "xx";
}

/// Null-safe: without a registry nothing is counted.
class instruments {
 public:
  explicit instruments(prometheus::Registry* registry) {
    if (registry == nullptr) return;
    calls_ = &prometheus::BuildCounter()
                  .Name("cumulo_outbound_calls_total")
                  .Help("Calls to the world outside, by what they were for and how they ended.")
                  .Register(*registry);
    seconds_ = &prometheus::BuildHistogram()
                    .Name("cumulo_outbound_seconds")
                    .Help("Time of a call to the world outside, waiting for its turn included.")
                    .Register(*registry);
    refused_ = &prometheus::BuildCounter()
                    .Name("cumulo_outbound_refused_addresses_total")
                    .Help("Calls that were kept from an address inside, or one that is not public.")
                    .Register(*registry)
                    .Add({});
    auto& present = prometheus::BuildGauge()
                        .Name("cumulo_outbound_calls")
                        .Help("Calls to the world outside at present.")
                        .Register(*registry);
    waiting_ = &present.Add({{"state", "waiting"}});
    active_ = &present.Add({{"state", "active"}});
  }

  void count(const transfer& t, const exchange& outcome) {
    if (calls_ == nullptr) return;
    const std::string purpose{t.purpose()};
    calls_->Add({{"purpose", purpose}, {"outcome", outcome_label(outcome, t.is_mail())}}).Increment();
    seconds_->Add({{"purpose", purpose}}, observe::duration_buckets())
        .Observe(std::chrono::duration<double>(outcome.took).count());
    if (t.address_refused()) refused_->Increment();
  }

  void show(std::size_t waiting, std::size_t active) {
    if (waiting_ == nullptr) return;
    waiting_->Set(static_cast<double>(waiting));
    active_->Set(static_cast<double>(active));
  }

 private:
  prometheus::Family<prometheus::Counter>* calls_{nullptr};
  prometheus::Family<prometheus::Histogram>* seconds_{nullptr};
  prometheus::Counter* refused_{nullptr};
  prometheus::Gauge* waiting_{nullptr};
  prometheus::Gauge* active_{nullptr};
};

}  // namespace

std::string_view to_text(failure kind) {
  switch (kind) {
    case failure::refused_address: return "refused_address";
    case failure::unresolvable: return "unresolvable";
    case failure::unreachable: return "unreachable";
    case failure::tls: return "tls";
    case failure::timeout: return "timeout";
    case failure::too_large: return "too_large";
    case failure::protocol: return "protocol";
    case failure::stopped: return "stopped";
    case failure::busy: return "busy";
    case failure::invalid: return "invalid";
  }
  return {};
}

std::optional<std::string> fault_of_url(const std::string& url, const address_policy& policy) {
  const parsed_url parsed = parse_url(url, "http", "https");
  if (!parsed) return "An address of the web: http or https, a host, and no credentials.";
  std::string host = part_of(parsed.get(), CURLUPART_HOST);
  if (host.front() == '[') host = host.substr(1, host.size() - 2);
  const auto numeric = parse_ip(host);
  if (!numeric) return std::nullopt;
  const auto port = static_cast<std::uint16_t>(std::stoi(part_of(parsed.get(), CURLUPART_PORT)));
  if (const auto why = policy.why_refused(*numeric, port)) return "The address is refused: " + std::string{*why} + ".";
  return std::nullopt;
}

struct client::impl {
  impl(client_settings given, prometheus::Registry* registry) : settings(std::move(given)), seen(registry) {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    multi.reset(ready == CURLE_OK ? curl_multi_init() : nullptr);
    if (!multi) throw std::runtime_error("libcurl cannot be initialised");
    curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(settings.http_calls + settings.smtp_calls));
    worker = std::thread{[this] { run(); }};
  }

  const client_settings settings;
  instruments seen;
  std::unique_ptr<CURLM, multi_end> multi;
  std::mutex lock;
  std::deque<transfer_ptr> incoming;        // under lock
  bool stopping{false};                     // under lock
  std::atomic<std::size_t> waiting_all{0};  // incoming and waiting
  // From here on the worker's alone.
  std::deque<transfer_ptr> waiting;
  std::unordered_map<CURL*, transfer_ptr> active;
  std::map<std::string, std::size_t> of_origin;
  std::size_t active_mails{0};
  std::thread worker;

  void take(transfer_ptr t) {
    if (t->origin().empty()) return end(*t, t->conclude(failure::invalid, "This cannot be sent."));
    if (waiting_all.fetch_add(1) >= settings.waiting) {
      --waiting_all;
      return end(*t, t->conclude(failure::busy, "Too many calls wait already."));
    }
    std::unique_lock guard{lock};
    if (!stopping) {
      incoming.push_back(std::move(t));
      guard.unlock();
      curl_multi_wakeup(multi.get());
      return;
    }
    guard.unlock();
    --waiting_all;
    end(*t, t->conclude(failure::stopped, "The program is stopping."));
  }

  void end(transfer& t, exchange outcome) {
    seen.count(t, outcome);
    t.finish(std::move(outcome));
  }

  [[nodiscard]] bool has_room_for(const transfer& t) const {
    const std::size_t in_lane = t.is_mail() ? active_mails : active.size() - active_mails;
    if (in_lane >= (t.is_mail() ? settings.smtp_calls : settings.http_calls)) return false;
    const auto same = of_origin.find(t.origin());
    return same == of_origin.end() || same->second < settings.per_host;
  }

  void begin(transfer_ptr t) {
    CURL* const handle = t->prepare();
    if (handle == nullptr || curl_multi_add_handle(multi.get(), handle) != CURLM_OK) {
      return end(*t, t->conclude(failure::invalid, "This cannot be sent."));
    }
    ++of_origin[t->origin()];
    if (t->is_mail()) ++active_mails;
    active.emplace(handle, std::move(t));
  }

  transfer_ptr leave(CURL* handle) {
    curl_multi_remove_handle(multi.get(), handle);
    auto node = active.extract(handle);
    transfer_ptr t = std::move(node.mapped());
    if (t->is_mail()) --active_mails;
    const auto same = of_origin.find(t->origin());
    if (--same->second == 0) of_origin.erase(same);
    return t;
  }

  /// Starts what has room, in order of arrival; ends what has waited past its deadline.
  void advance_waiting() {
    const auto now = transfer::steady::now();
    std::deque<transfer_ptr> still;
    for (auto& t : waiting) {
      const bool late = t->deadline() <= now;
      if (!late && !has_room_for(*t)) {
        still.push_back(std::move(t));
        continue;
      }
      --waiting_all;
      if (late) {
        end(*t, t->conclude(failure::timeout, "The call did not get its turn in time."));
      } else {
        begin(std::move(t));
      }
    }
    waiting.swap(still);
  }

  void collect_finished() {
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      const transfer_ptr t = leave(message->easy_handle);
      end(*t, t->conclude(code));
    }
  }

  [[nodiscard]] int sleep_ms() const {
    auto until = transfer::steady::now() + std::chrono::milliseconds{longest_sleep_ms};
    for (const auto& t : waiting) until = std::min(until, t->deadline());
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - transfer::steady::now()).count();
    return static_cast<int>(std::max<std::int64_t>(0, left));
  }

  void run() {
    for (;;) {
      {
        const std::scoped_lock guard{lock};
        if (stopping) break;
        for (auto& t : incoming) waiting.push_back(std::move(t));
        incoming.clear();
      }
      int running = 0;
      curl_multi_perform(multi.get(), &running);
      collect_finished();
      advance_waiting();
      seen.show(waiting.size(), active.size());
      curl_multi_poll(multi.get(), nullptr, 0, sleep_ms(), nullptr);
    }
    end_all();
  }

  void end_all() {
    std::deque<transfer_ptr> rest;
    rest.swap(waiting);
    while (!active.empty()) rest.push_back(leave(active.begin()->first));
    {
      const std::scoped_lock guard{lock};
      for (auto& t : incoming) rest.push_back(std::move(t));
      incoming.clear();
    }
    for (const auto& t : rest) end(*t, t->conclude(failure::stopped, "The program is stopping."));
    seen.show(0, 0);
  }

  void stop() {
    {
      const std::scoped_lock guard{lock};
      stopping = true;
    }
    curl_multi_wakeup(multi.get());
    if (worker.joinable()) worker.join();
  }

  /// Hands the call to the worker and suspends until it is done.
  awaitable<exchange> send(std::variant<http_call, smtp_call> call) {
    auto initiate = [this](auto handler, std::variant<http_call, smtp_call> what) {
      // Shared, because std::function wants to copy; only one copy is ever called.
      struct pending {
        decltype(handler) resume;
        asio::executor_work_guard<io_executor> resume_on;
      };
      auto resume_on = asio::make_work_guard(asio::get_associated_executor(handler));
      auto held = std::make_shared<pending>(pending{std::move(handler), std::move(resume_on)});
      auto done = [held](exchange outcome) {
        const auto executor = held->resume_on.get_executor();
        asio::post(executor, [held, outcome = std::move(outcome)]() mutable {
          auto resume = std::move(held->resume);
          held->resume_on.reset();
          resume(std::move(outcome));
        });
      };
      take(std::make_unique<transfer>(std::move(what), settings, std::move(done)));
    };
    const trace::carried while_away;
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<io_executor>, void(exchange)>(
        std::move(initiate), use_awaitable, std::move(call));
  }
};

client::client(client_settings settings, prometheus::Registry* metrics)
    : impl_(std::make_unique<impl>(std::move(settings), metrics)) {}

client::~client() { stop(); }

void client::stop() { impl_->stop(); }

const address_policy& client::policy() const { return impl_->settings.policy; }

awaitable<exchange> client::send(http_call call) { return impl_->send(std::move(call)); }

awaitable<exchange> client::send(smtp_call call) { return impl_->send(std::move(call)); }

}  // namespace cumulo::outbound
