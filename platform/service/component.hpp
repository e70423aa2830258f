#pragma once
// What a service is to the program it runs in. A program of one component is a microservice; standalone mounts three.
#include <prometheus/registry.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/auth/token.hpp"
#include "platform/bus/bus.hpp"
#include "platform/core/clock.hpp"
#include "platform/core/config.hpp"
#include "platform/core/io_threads.hpp"
#include "platform/http/router.hpp"
#include "platform/outbound/client.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::service {

/// What the process shares among its components. Outlives them.
struct runtime {
  io_threads& threads;
  prometheus::Registry& metrics;
  const clock& time;
  const config& options;
  auth::trust_store& trust;  ///< the user-service fills it in its own process; elsewhere a fetcher does
  bus::broker* events;       ///< null when no bus is configured: events wait in the outbox
  std::string data_folder;   ///< created, writable

  /// A job that runs on an I/O thread every `interval` (± 10 %; the first time within minutes), never twice at once;
  /// what it throws is logged, and it runs again. Ended before the component is stopped. Called in start().
  std::function<void(std::string name, std::chrono::milliseconds interval, std::function<awaitable<void>()> job)> every;
  /// Has the process been told to stop? A job that works in pieces asks between them, and leaves the rest. Any thread.
  std::function<bool()> stopping;
};

/// One dependency's state in /readyz.
struct dependency {
  std::string name;
  sql::health state;
  bool required{true};  ///< if not ok, /readyz is 503
};

class component {
 public:
  virtual ~component() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;  ///< "task-service"
  [[nodiscard]] virtual std::vector<http::route> routes() = 0;
  /// Says which events it wants. Called once, before any component is started; without a bus none will come.
  virtual void subscribe(bus::broker& /*events*/) {}
  virtual void start() = 0;  ///< background work; the I/O threads run
  virtual void stop() = 0;   ///< ends background work and closes the database; requests have ended
  [[nodiscard]] virtual std::vector<dependency> check() const = 0;
};

/// `command ARGUMENTS…` on the command line beside serve: "user create", "backup". Returns the exit code.
struct command_line {
  std::string_view name;       ///< "user create"
  std::string_view arguments;  ///< "EMAIL [--admin]", for --help
  std::string_view meaning;
  std::function<int(const config&, std::span<const std::string> arguments)> run;
};

/// A program: what main.cpp fills in.
struct program {
  std::string_view name;            ///< "task-service"
  std::string_view default_listen;  ///< "0.0.0.0:8081"
  std::string_view default_management_listen;
  std::vector<option> options;  ///< beside the platform's own (platform_options())
  std::function<std::vector<std::unique_ptr<component>>(runtime&)> make;
  std::vector<command_line> commands{};
  bool holds_keys{false};                 ///< the user-service is in this process: no JWKS is fetched
  bool in_process_bus{false};             ///< default of --bus-url is "inproc:"
  std::function<http::handler()> page{};  ///< what answers paths outside the API
  /// "openapi.json" is served at /openapi.json, "docs.html" at /docs, its "docs.css" at /docs.css.
  std::span<const embedded_file> documents{};
  /// Called when requests are being answered: tells the person at the terminal what to do next.
  std::function<void(const config&, std::uint16_t port)> ready{};
};

/// Listen, management-listen, data-dir, database-url, bus-url, jwks-url, log-…, io-threads, limits, …
[[nodiscard]] std::span<const option> platform_options();

/// The whole life of a process: command line, configuration, logs, start, signals, graceful stop (30 s). Returns the
/// exit code: 0, or 2 for bad usage, or 1 with a sentence for the operator.
int run(const program& what, int argc, char** argv);

/// "database-url" if given; otherwise "sqlite:<data folder>/<file>.db".
[[nodiscard]] std::string database_url(const config& c, std::string_view file);
/// Pool settings from the configuration.
[[nodiscard]] sql::pool_settings pool_settings(const config& c);
/// What outgoing calls may do, from the configuration. Throws std::invalid_argument for a range that is none.
[[nodiscard]] outbound::client_settings outbound_settings(const config& c);
/// The platform's migrations (numbers below 100: outbox, idempotency) followed by the component's (from V101).
[[nodiscard]] std::vector<embedded_file> with_platform_migrations(std::span<const embedded_file> own);

}  // namespace cumulo::service
