#pragma once
#include <chrono>
#include <map>
#include <string>

namespace cumulo::http {

struct answer {
  int status{};
  std::map<std::string, std::string, std::less<>> headers;  ///< lower-case names
  std::string body;
};

/// One blocking request over libcurl, for the command line (`healthcheck`) and tests. Throws std::runtime_error when
/// there is no answer.
[[nodiscard]] answer fetch(const std::string& method, const std::string& url,
                           const std::map<std::string, std::string>& headers = {}, const std::string& body = {},
                           std::chrono::milliseconds timeout = std::chrono::seconds{10});

}  // namespace cumulo::http
