#include "platform/service/component.hpp"
#include "platform/service/process.hpp"

namespace cumulo::service {

namespace {

using enum option_type;

const std::vector<option>& table() {
  static const std::vector<option> options{
      {"listen", text, "127.0.0.1:8000", "Public address, host:port."},
      {"management-listen", text, "127.0.0.1:9464",
       "Address of /metrics, /healthz and /readyz; never reachable through the gateway. Empty: none."},
      {"data-dir", text, "./data", "Folder of the SQLite files; made if missing."},
      {"database-url", text, "",
       "sqlite:/path/file.db or postgres://user:password@host/name. Empty: SQLite in data-dir."},
      {"bus-url", text, "",
       "Where events go: inproc: within one process; nats://[user:password@]host:port[,…] (tls:// for TLS) between "
       "processes; empty: they wait in the outbox."},
      {"bus-credentials-file", text, "", "The .creds file of a NATS account, beside or instead of a password."},
      {"bus-ca-file", text, "", "Certificates that verify the tls:// servers of the bus. Empty: the system's."},
      {"bus-stream", text, "CUMULO", "Name of the JetStream stream that holds the events; made if missing."},
      {"bus-replicas", number, "1", "Copies of the stream in a NATS cluster: 3 survive the loss of a server.", {}, 1},
      {"bus-retention", duration, "14d", "How long the stream keeps events; shorter than 30 days."},
      {"bus-max-bytes", size, "0", "Size at which the stream takes no more, and the outboxes hold it. 0: none."},
      {"bus-monitoring-url", list, "",
       "http://host:8222 of every NATS server: where it says its version and whether it writes through before it "
       "acknowledges."},
      {"bus-sync-always", boolean, "false",
       "The operator's word that every NATS server has sync_interval: always, where no monitoring URL can be asked."},
      {"jwks-url", text, default_jwks_url, "Where the user-service publishes its keys."},
      {"revocations-url", text, "", "Where it publishes ended credentials. Empty: beside the keys."},
      {"token-issuer", text, "cumulo", "The iss claim of access tokens."},
      {"token-audience", text, "cumulo", "The aud claim of access tokens."},
      {"io-threads", number, "0", "Threads that serve requests. 0: cores - 1, at least 1."},
      {"log-level", text, "info", "Least severe lines that are logged.", {"trace", "debug", "info", "warn", "error"}},
      {"log-format", text, "json", "json for machines, text for people.", {"json", "text"}},
      {"log-file", text, "", "Where log lines go. Empty: standard error."},
      {"access-log", boolean, "true", "One line for each request."},
      {"otlp-endpoint", text, "",
       "OpenTelemetry collector that spans go to, http://host:4318 (OTLP over HTTP). Empty: none are recorded."},
      {"trace-one-in", number, "10",
       "Of so many traces that begin here, one is recorded (1: all; 0: none); those that come in are as their "
       "traceparent says."},
      {"max-connections",
       number,
       "20000",
       "Open connections; one more gets a 503, and when three quarters are open, so does an address that has a tenth.",
       {},
       1},
      {"max-in-flight", number, "4096", "Requests being handled by one thread; one more gets a 503.", {}, 1},
      {"max-body", size, "1MiB", "Largest request body; more gets a 413."},
      {"header-deadline", duration, "10s", "Time for a client to send a request's header."},
      {"body-deadline", duration, "30s", "Time for a client to send a request's body."},
      {"idle-timeout", duration, "75s", "How long a connection may be silent between requests."},
      {"cors-origins", list, "", "Origins whose pages may call the API, comma-separated. Empty: none."},
      {"trusted-proxies", list, "", "Networks (CIDR) whose X-Forwarded-For and -Proto are believed."},
      {"outbound-allow", list, "",
       "Networks (CIDR) that webhooks may reach beside public addresses, comma-separated. Empty: none."},
      {"outbound-ca-file", text, "", "Certificates (PEM) trusted by outgoing calls beside the system's. Empty: none."},
      {"rate-limits", boolean, "true", "Refuse callers who ask too often with a 429."},
      {"rate-read", number, "1200", "Reads a minute for one account, or one address where nobody is signed in.", {}, 1},
      {"rate-write",
       number,
       "600",
       "Writes a minute for one account, or one address where nobody is signed in.",
       {},
       1},
      {"rate-sign-in", number, "30", "Sign-ins, registrations and resets a minute for one address.", {}, 1},
      {"statement-timeout", duration, "5s", "Longest a database statement may take."},
      {"exclusive-connections", number, "8", "PostgreSQL connections for longer transactions and slow reads.", {}, 1},
      {"startup-wait", duration, "30s",
       "At start, how long to wait for the database before giving up, and for keys before serving without."},
      {"drain-delay", duration, "0s", "After a stop signal, how long /readyz says no before connections are refused."},
      {"shutdown-grace", duration, "25s", "How long requests under way may take to finish at a stop."},
  };
  return options;
}

}  // namespace

std::span<const option> platform_options() { return table(); }

std::string database_url(const config& c, std::string_view file) {
  if (const std::string& given = c.text("database-url"); !given.empty()) return given;
  return "sqlite:" + c.text("data-dir") + "/" + std::string{file} + ".db";
}

sql::pool_settings pool_settings(const config& c) {
  sql::pool_settings settings;
  settings.statement_timeout = c.duration("statement-timeout");
  settings.client_deadline = settings.statement_timeout + std::chrono::seconds{3};
  settings.exclusive_connections = static_cast<std::size_t>(c.number("exclusive-connections"));
  return settings;
}

outbound::client_settings outbound_settings(const config& c) {
  outbound::client_settings settings;
  settings.policy = outbound::allowing(c.list("outbound-allow"));
  settings.ca_file = c.text("outbound-ca-file");
  return settings;
}

}  // namespace cumulo::service
