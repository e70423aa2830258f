#pragma once
// Calls to the world outside: HTTP and SMTP over libcurl. The only place that includes it (with what is beside it).
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/async.hpp"
#include "platform/outbound/address_policy.hpp"

namespace prometheus {
class Registry;
}

namespace cumulo::outbound {

/// One HTTP request. Redirects are not followed, proxies of the environment are not used, credentials in the URL are
/// refused, and nothing is connected to that the client's address_policy refuses.
struct http_call {
  std::string method = "GET";
  std::string url;  ///< http or https
  std::string body{};
  std::vector<std::string> headers{};  ///< "Name: value", without line ends
  std::chrono::milliseconds timeout{std::chrono::seconds{15}};
  std::size_t largest_answer = 64 * 1024;  ///< of the body; more is failure::too_large, with what came until then
  std::string_view purpose = "other";      ///< label of the metrics; static storage, one of a few
};

/// One message to one server, which the administrator has chosen: the address policy does not apply.
struct smtp_call {
  std::string server;  ///< smtp://host:port, or smtps:// for TLS from the first byte
  std::string user{};  ///< empty: no sign-in
  std::string password{};
  bool require_tls{true};  ///< false: STARTTLS if offered, with any certificate; as good as none against an attacker
  std::string from;        ///< envelope addresses, without brackets
  std::vector<std::string> to;
  std::string message;  ///< RFC 5322, lines ended by CRLF
  std::chrono::milliseconds timeout{std::chrono::seconds{30}};
  std::string_view purpose = "email";
};

enum class failure {
  refused_address,  ///< every address of the host is one that the policy refuses
  unresolvable,     ///< the name has no address
  unreachable,      ///< no connection, or it broke off
  tls,              ///< no TLS, or a certificate that does not hold
  timeout,          ///< the call's deadline passed, waiting for its turn included
  too_large,        ///< the answer
  protocol,         ///< not an answer of the protocol; over SMTP also a refusal, with its reply code in `status`
  stopped,          ///< the client was stopped
  busy,             ///< too many calls wait already; not tried
  invalid,          ///< no URL, method or header that could be sent; not tried
};
[[nodiscard]] std::string_view to_text(failure kind);

struct exchange {
  int status{};           ///< of HTTP, or the last reply code of SMTP; 0 if there was none
  std::string headers{};  ///< as received, the status line first; of SMTP the server's replies. At most 16 KiB
  std::string body{};
  std::string remote_address{};
  std::chrono::milliseconds took{};
  std::optional<failure> failed{};
  std::string detail{};  ///< of a failure, for a person: one line, no secrets, no addresses of this network
};

/// Why no call could be made of this URL, as far as can be said without asking for the name: no http or https, no host,
/// credentials in it, or an address (in whatever notation) that the policy refuses.
[[nodiscard]] std::optional<std::string> fault_of_url(const std::string& url, const address_policy& policy);

struct client_settings {
  address_policy policy{};
  std::size_t waiting = 1024;   ///< calls that have no connection yet; more are failure::busy
  std::size_t http_calls = 96;  ///< at once
  std::size_t smtp_calls = 8;   ///< at once; apart, so that slow webhooks do not hold up the mail
  std::size_t per_host = 6;     ///< at once to one host and port
  std::string ca_file{};        ///< certificates (PEM) that are trusted beside the system's; empty: only those
  /// "host:port:address[,address]": answers given in place of the name service's. For tests.
  std::vector<std::string> hosts{};
};

/// One thread that drives all calls; connections are kept and used again. Metrics:
/// cumulo_outbound_calls_total{purpose,outcome} (outcome "2xx" … "5xx", "sent" or a failure),
/// cumulo_outbound_seconds{purpose}, cumulo_outbound_refused_addresses_total, cumulo_outbound_calls{state}.
class client {
 public:
  explicit client(client_settings settings, prometheus::Registry* metrics = nullptr);
  ~client();  ///< stops
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Awaited on an I/O thread; resumes there. Never throws for what the other side does. The deadline holds from now.
  [[nodiscard]] awaitable<exchange> send(http_call call);
  [[nodiscard]] awaitable<exchange> send(smtp_call call);

  /// Ends every call with failure::stopped, those that are still asked for as well. Waits for the thread. Any thread
  /// but one that a call is awaited on by its own loop's end; once is enough.
  void stop();

  [[nodiscard]] const address_policy& policy() const;

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace cumulo::outbound
