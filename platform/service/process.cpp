#include "platform/service/process.hpp"

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <thread>

#include "platform/core/failure.hpp"
#include "platform/http/server.hpp"
#include "platform/http/static_files.hpp"
#include "platform/observe/log.hpp"
#include "platform/observe/metrics.hpp"
#include "platform/service/health.hpp"
#include "platform/service/jobs.hpp"
#include "platform/service/make_broker.hpp"
#include "platform/service/parked_events.hpp"
#include "platform/service/trace_exporter.hpp"

namespace cumulo::service {

namespace {

/// SIGTERM and SIGINT arrive where `wait` is called and nowhere else; SIGPIPE is an error code of the write.
class stop_signals {
 public:
  stop_signals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  int wait() const {
    int received = 0;
    while (sigwait(&set_, &received) != 0) {
    }
    return received;
  }
  bool waiting() const {
    sigset_t pending{};
    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
  }

 private:
  sigset_t set_{};
};

void raise_open_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

void configure_log(const program& what, const config& c) {
  static const std::map<std::string, log::level, std::less<>> levels{{"trace", log::level::trace},
                                                                     {"debug", log::level::debug},
                                                                     {"info", log::level::info},
                                                                     {"warn", log::level::warn},
                                                                     {"error", log::level::error}};
  log::configure({.least = levels.at(c.text("log-level")),
                  .json = c.text("log-format") == "json",
                  .service = std::string{what.name},
                  .file = c.text("log-file")});
}

auth::rate per_minute(const config& c, std::string_view name) {
  return {static_cast<std::uint32_t>(c.number(name)), std::chrono::minutes{1}};
}

http::server_settings public_settings(const config& c) {
  http::server_settings s;
  s.listen = c.text("listen");
  s.max_body = c.size("max-body");
  s.max_connections = static_cast<std::size_t>(c.number("max-connections"));
  s.max_in_flight = static_cast<std::size_t>(c.number("max-in-flight"));
  s.header_deadline = c.duration("header-deadline");
  s.body_deadline = c.duration("body-deadline");
  s.idle_timeout = c.duration("idle-timeout");
  s.access_log = c.boolean("access-log");
  s.cors_origins = c.list("cors-origins");
  s.trusted_proxies = c.list("trusted-proxies");
  s.read_rate = per_minute(c, "rate-read");
  s.write_rate = per_minute(c, "rate-write");
  s.sign_in_rate = per_minute(c, "rate-sign-in");
  s.rate_limits = c.boolean("rate-limits");
  return s;
}

http::server_settings management_settings(const config& c) {
  http::server_settings s;
  s.listen = c.text("management-listen");
  s.max_connections = 64;
  s.access_log = false;
  s.traced = false;
  s.rate_limits = false;
  return s;
}

std::vector<http::route> document_routes(std::span<const embedded_file> documents) {
  static constexpr std::string_view policy = "default-src 'none'; style-src 'self'; frame-ancestors 'none'";
  std::vector<http::route> routes;
  const auto add = [&](std::string_view path, std::string_view name) {
    const auto found = std::ranges::find(documents, name, &embedded_file::name);
    if (found == documents.end()) return;
    routes.push_back({http::verb::get, path, http::serve_file(*found, policy), http::anyone, http::limit::read});
  };
  add("/openapi.json", "openapi.json");
  add("/docs", "docs.html");
  add("/docs.css", "docs.css");
  return routes;
}

http::route metrics_route(prometheus::Registry& registry) {
  auto expose = [&registry](const http::request&, http::response& answer) -> awaitable<result<>> {
    answer.content_type("text/plain; version=0.0.4; charset=utf-8");
    answer.body() = observe::exposition(registry);
    co_return result<>{};
  };
  return {http::verb::get, "/metrics", expose, http::anyone, http::limit::none};
}

/// It was told to stop before it could start.
class stopped_early final : public std::runtime_error {
 public:
  stopped_early() : std::runtime_error("told to stop while waiting for the database") {}
};

/// Components migrate their schemas when made, so they need their database: worth waiting for when the whole system
/// starts at once.
std::vector<std::unique_ptr<component>> make_components(const program& what, runtime& shared,
                                                        std::chrono::milliseconds patience,
                                                        const stop_signals* signals) {
  constexpr std::chrono::milliseconds pause{500};
  constexpr std::chrono::milliseconds look_every{20};
  const auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    try {
      return what.make(shared);
    } catch (const sql::database_error& e) {
      if (e.kind() != sql::failure::unavailable || std::chrono::steady_clock::now() >= give_up) throw;
      log::warn("waiting for the database", {{"error", e.what()}});
    }
    for (auto slept = look_every; slept <= pause; slept += look_every) {
      if (signals != nullptr && signals->waiting()) throw stopped_early{};
      std::this_thread::sleep_for(look_every);
    }
  }
}

/// What the components want to be told.
class wish_list final : public bus::broker {
 public:
  void subscribe(bus::subscription s) override { all.push_back(std::move(s)); }
  awaitable<void> publish(std::span<const bus::event>) override { co_return; }
  [[nodiscard]] sql::health check() const override { return {true, ""}; }
  std::vector<bus::subscription> all;
};

/// Everything a running process owns, in the order in which it is built up and, reversed, taken down.
class process {
 public:
  /// `signals`: null for commands, which a signal ends at once.
  process(const program& what, const config& options, const stop_signals* signals)
      : program_(what),
        options_(options),
        exporter_(make_trace_exporter(what.name, options, metrics_)),
        threads_(static_cast<std::size_t>(options.number("io-threads"))),
        jobs_(threads_),
        broker_(make_broker(what, options, threads_, metrics_)),
        verifier_(trust_, {.issuer = options.text("token-issuer"), .audience = options.text("token-audience")}),
        health_([this] { return dependencies(); }),
        shared_{threads_,
                metrics_,
                system_clock(),
                options,
                trust_,
                broker_.get(),
                options.text("data-dir"),
                [this](std::string name, std::chrono::milliseconds interval, std::function<awaitable<void>()> job) {
                  jobs_.every(std::move(name), interval, std::move(job));
                },
                [this] { return jobs_.stopping(); }} {
    std::filesystem::create_directories(shared_.data_folder);
    observe::add_process_metrics(metrics_);
    components_ = make_components(what, shared_, options.duration("startup-wait"), signals);
    // Not by those made in vain while the database was away: the bus would keep them.
    for (const auto& each : components_) {
      each->subscribe(wishes_);
    }
    for (const auto& each : wishes_.all) {
      if (broker_ != nullptr) broker_->subscribe(each);
    }
    if (!what.holds_keys) {
      fetcher_.emplace(trust_, auth::trust_fetcher_settings{.jwks_url = options.text("jwks-url"),
                                                            .revocations_url = options.text("revocations-url"),
                                                            .metrics = &metrics_});
    }
    add_routes();
  }

  /// Nothing runs on the I/O threads any more when the members that it uses go.
  ~process() { threads_.stop(); }

  void start(const stop_signals& signals) {
    threads_.start();
    observe::watch_event_loops(threads_, metrics_);
    if (fetcher_) fetcher_->start();
    for (const auto& each : components_) each->start();
    if (broker_) broker_->start();
    try {
      listen(signals);
    } catch (...) {
      stop_background();
      throw;
    }
    health_.set_serving(true);
    log::info("ready", {{"listen", options_.text("listen")}, {"port", public_server_->port()}});
    if (program_.ready) program_.ready(options_, public_server_->port());
  }

  /// True when every request under way was finished.
  bool stop() {
    health_.set_serving(false);
    std::this_thread::sleep_for(options_.duration("drain-delay"));
    const bool clean = public_server_->stop(options_.duration("shutdown-grace"));
    stop_background();
    if (management_server_) management_server_->stop(std::chrono::seconds{1});
    return clean;
  }

  void close_components() {
    for (const auto& each : components_) each->stop();
  }

  [[nodiscard]] const http::router& public_routes() const { return public_routes_; }
  [[nodiscard]] std::span<const bus::subscription> subscriptions() const { return wishes_.all; }
  /// For commands: the I/O threads run, nothing is served, no event is consumed or relayed.
  [[nodiscard]] io_threads& run_threads() {
    threads_.start();
    return threads_;
  }

 private:
  void listen(const stop_signals& signals) {
    public_server_.emplace(threads_, public_routes_, public_settings(options_), &verifier_, &metrics_);
    if (!options_.text("management-listen").empty()) {
      management_server_.emplace(threads_, management_routes_, management_settings(options_), nullptr, nullptr);
      management_server_->start();
    }
    wait_for_dependencies(signals);
    public_server_->start();
  }

  /// A replica that refuses connections is passed over by whoever balances; one that took them without keys would
  /// answer each caller 503. Whoever is left alone answers so all the same, after a while.
  void wait_for_dependencies(const stop_signals& signals) const {
    const auto lacks_nothing = [this] {
      return std::ranges::all_of(dependencies(), [](const dependency& d) { return d.state.ok || !d.required; });
    };
    const auto give_up = std::chrono::steady_clock::now() + options_.duration("startup-wait");
    while (!lacks_nothing() && !signals.waiting() && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
  }

  void stop_background() {
    jobs_.stop();
    if (broker_) broker_->stop();
    close_components();
    jobs_.stop();  // one that did not end in time has no database any more, and no part of it is to go under its feet
    if (fetcher_) fetcher_->stop();
  }

  void add_routes() {
    for (const auto& each : components_) public_routes_.add(each->routes());
    public_routes_.add(health_.routes());
    public_routes_.add(document_routes(program_.documents));
    if (program_.page) public_routes_.fallback(program_.page());
    management_routes_.add(health_.routes());
    management_routes_.add({metrics_route(metrics_)});
  }

  std::vector<dependency> dependencies() const {
    std::vector<dependency> all;
    for (const auto& each : components_) {
      auto more = each->check();
      std::ranges::move(more, std::back_inserter(all));
    }
    if (fetcher_) {
      const auto keys = fetcher_->state();
      // A service started alone, nobody having said where its keys come from, is well and says what it lacks.
      const bool expected = options_.text("jwks-url") != default_jwks_url;
      all.push_back({"keys", {keys.fresh, keys.detail}, expected && !trust_.has_keys()});
    }
    all.push_back(
        {"bus", broker_ ? broker_->check() : sql::health{true, "none configured: events wait in the outbox"}, false});
    if (broker_) all.push_back({"bus-durability", broker_->durability(), false});
    return all;
  }

  const program& program_;
  const config& options_;
  prometheus::Registry metrics_;
  std::unique_ptr<trace_exporter> exporter_;  ///< null where none is configured
  io_threads threads_;
  job_runner jobs_;
  auth::trust_store trust_;
  std::unique_ptr<bus::broker> broker_;
  wish_list wishes_;
  auth::token_verifier verifier_;
  health_board health_;
  runtime shared_;
  std::vector<std::unique_ptr<component>> components_;
  std::optional<auth::trust_fetcher> fetcher_;
  http::router public_routes_;
  http::router management_routes_;
  std::optional<http::server> public_server_;
  std::optional<http::server> management_server_;
};

/// Otherwise a thread whose work takes memory and frees it again gives it back to the system each time and takes it
/// anew: a create made a system call and several page faults for it.
void keep_freed_memory() {
  constexpr int mebibyte = 1024 * 1024;
  mallopt(M_TRIM_THRESHOLD, 4 * mebibyte);
  mallopt(M_MMAP_THRESHOLD, mebibyte);
  mallopt(M_TOP_PAD, mebibyte / 4);
}

}  // namespace

int serve(const program& what, const config& options) {
  const stop_signals signals;  // before any thread exists, so that all inherit the mask
  raise_open_file_limit();
  keep_freed_memory();
  configure_log(what, options);
  int code = 1;
  try {
    process running{what, options, &signals};
    running.start(signals);
    const int received = signals.wait();
    log::info("stopping", {{"signal", received}});
    const bool clean = running.stop();
    log::info("stopped", {{"clean", clean}});
    code = clean ? 0 : 1;
  } catch (const stopped_early& e) {
    log::info("stopped", {{"why", e.what()}});
    code = 0;
  } catch (const std::exception& e) {
    log::error("cannot run", {{"error", e.what()}});
  }
  log::flush();
  return code;
}

namespace {

/// Makes the components without serving, lets `look` at them, and closes them.
int make_and_close(const program& what, const config& options, function_ref<int(process&)> look) {
  configure_log(what, options);
  int code = 1;
  try {
    process made{what, options, nullptr};
    code = look(made);
    made.close_components();
  } catch (const std::exception& e) {
    log::error("cannot open the databases", {{"error", e.what()}});
  }
  log::flush();
  return code;
}

}  // namespace

int migrate(const program& what, const config& options) {
  return make_and_close(what, options, [](process&) {
    log::info("schemas are up to date");
    return 0;
  });
}

/// METHOD PATH WHO LIMIT, where WHO is "anyone", "caller" or a scope, with "+administrator" where only those may.
int print_routes(const program& what, const config& options) {
  return make_and_close(what, options, [](process& made) {
    constexpr std::array limits{"none", "read", "write", "sign_in"};
    const http::router& table = made.public_routes();
    for (const auto& [method, path] : table.routes()) {
      std::vector<std::pair<std::string_view, std::string_view>> parameters;
      const http::route& line = *table.find(method, path, parameters).found;
      const std::string_view who = !line.who.needs_caller   ? "anyone"
                                   : line.who.scope.empty() ? "caller"
                                                            : line.who.scope;
      std::cout << http::to_text(method) << ' ' << path << ' ' << who
                << (line.who.administrator ? "+administrator" : "") << ' '
                << limits.at(static_cast<std::size_t>(line.rate)) << '\n';
    }
    return 0;
  });
}

int list_parked_events(const program& what, const config& options, std::span<const std::string> arguments) {
  return make_and_close(what, options, [&](process& made) {
    return print_parked(made.subscriptions(), made.run_threads(), arguments, std::cout);
  });
}

int replay_parked_events(const program& what, const config& options, std::span<const std::string> arguments) {
  return make_and_close(what, options, [&](process& made) {
    return replay(made.subscriptions(), made.run_threads(), arguments, std::cout);
  });
}

}  // namespace cumulo::service
