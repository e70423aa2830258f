#include "platform/http/client.hpp"

#include <curl/curl.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string_view>

#include "platform/http/url.hpp"

namespace cumulo::http {
namespace {

std::size_t take_body(char* data, std::size_t size, std::size_t count, void* target) {
  static_cast<answer*>(target)->body.append(data, size * count);
  return size * count;
}

std::size_t take_field(char* data, std::size_t size, std::size_t count, void* target) {
  auto& into = *static_cast<answer*>(target);
  const std::string_view line{data, size * count};
  if (line.substr(0, 5) == "HTTP/") into.headers.clear();  // after a 100 Continue or a redirect
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name{line.substr(0, colon)};
  for (auto& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  auto value = line.substr(colon + 1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
  auto& stored = into.headers[name];
  if (!stored.empty()) stored += ", ";
  stored += trim(value);
  return line.size();
}

struct curl_free {
  void operator()(CURL* c) const { curl_easy_cleanup(c); }
  void operator()(curl_slist* l) const { curl_slist_free_all(l); }
};

}  // namespace

answer fetch(const std::string& method, const std::string& url, const std::map<std::string, std::string>& headers,
             const std::string& body, std::chrono::milliseconds timeout) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, curl_free> c{curl_easy_init()};
  if (!c) throw std::runtime_error("libcurl cannot start");
  answer out;
  std::unique_ptr<curl_slist, curl_free> fields;
  const auto add_field = [&](const std::string& text) {
    auto* longer = curl_slist_append(fields.get(), text.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    if (fields == nullptr) fields.reset(longer);  // otherwise it is the same list, grown at its end
  };
  add_field("Expect:");  // no waiting for 100 Continue
  for (const auto& [name, value] : headers) add_field(value.empty() ? name + ";" : name + ": " + value);
  curl_easy_setopt(c.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(c.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(c.get(), CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(c.get(), CURLOPT_WRITEDATA, &out);
  curl_easy_setopt(c.get(), CURLOPT_HEADERFUNCTION, take_field);
  curl_easy_setopt(c.get(), CURLOPT_HEADERDATA, &out);
  curl_easy_setopt(c.get(), CURLOPT_HTTPHEADER, fields.get());
  if (method == "HEAD") {
    curl_easy_setopt(c.get(), CURLOPT_NOBODY, 1L);
  } else {
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      curl_easy_setopt(c.get(), CURLOPT_POSTFIELDS, body.c_str());
      curl_easy_setopt(c.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    }
    curl_easy_setopt(c.get(), CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  if (const auto code = curl_easy_perform(c.get()); code != CURLE_OK) {
    throw std::runtime_error(method + " " + url + ": " + curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &status);
  out.status = static_cast<int>(status);
  return out;
}

}  // namespace cumulo::http
