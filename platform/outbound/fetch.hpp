#pragma once
// Blocking requests to addresses that the administrator has named: the user-service's keys, a health check. No address
// policy applies.
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <string>

namespace cumulo::outbound {

struct answer {
  int status{};
  std::map<std::string, std::string, std::less<>> headers;  ///< lower-case names
  std::string body;
};

struct fetch_limits {
  std::chrono::milliseconds timeout{std::chrono::seconds{10}};
  std::chrono::milliseconds connect_timeout{std::chrono::seconds{10}};
  std::size_t largest_body = 64UL << 20U;
  const std::atomic<bool>* stop{nullptr};  ///< true ends a request under way, within a second
};

/// Keeps its connection between requests. One thread.
class fetcher {
 public:
  fetcher();
  ~fetcher();
  /// Throws std::runtime_error, with libcurl's reason, when there is no answer.
  [[nodiscard]] answer fetch(const std::string& method, const std::string& url,
                             const std::map<std::string, std::string>& headers = {}, const std::string& body = {},
                             const fetch_limits& limits = {});

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// One request over a connection of its own. Throws as fetcher::fetch does.
[[nodiscard]] answer fetch(const std::string& method, const std::string& url,
                           const std::map<std::string, std::string>& headers = {}, const std::string& body = {},
                           const fetch_limits& limits = {});

}  // namespace cumulo::outbound
