#include "platform/outbound/fetch.hpp"

#include <stdexcept>
#include <string_view>

#include "platform/outbound/transfer.hpp"

namespace cumulo::outbound {

namespace {

struct incoming {
  answer got;
  std::size_t largest_body;
};

std::size_t take_body(char* data, std::size_t /*one*/, std::size_t size, void* target) {
  auto& into = *static_cast<incoming*>(target);
  if (into.got.body.size() + size > into.largest_body) return 0;
  into.got.body.append(data, size);
  return size;
}

std::size_t take_field(char* data, std::size_t /*one*/, std::size_t size, void* target) {
  auto& headers = static_cast<incoming*>(target)->got.headers;
  const std::string_view line{data, size};
  if (line.starts_with("HTTP/")) headers.clear();  // after a 100 Continue
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name{line.substr(0, colon)};
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  std::string_view value = line.substr(colon + 1);
  const auto first = value.find_first_not_of(" \t\r\n");
  value = first == std::string_view::npos ? std::string_view{}
                                          : value.substr(first, value.find_last_not_of(" \t\r\n") - first + 1);
  std::string& stored = headers[name];
  if (!stored.empty()) stored += ", ";
  stored += value;
  return size;
}

int is_stopping(void* flag, curl_off_t /*to_get*/, curl_off_t /*got*/, curl_off_t /*to_send*/, curl_off_t /*sent*/) {
  return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0;
}

}  // namespace

struct fetcher::state {
  easy_handle curl;
};

fetcher::fetcher() : state_(std::make_unique<state>()) {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  state_->curl.reset(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (!state_->curl) throw std::runtime_error("libcurl cannot be initialised");
}

fetcher::~fetcher() = default;

answer fetcher::fetch(const std::string& method, const std::string& url,
                      const std::map<std::string, std::string>& headers, const std::string& body,
                      const fetch_limits& limits) {
  CURL* const c = state_->curl.get();
  curl_easy_reset(c);
  incoming in{{}, limits.largest_body};
  text_list fields;
  const auto add_field = [&](const std::string& text) {
    curl_slist* const longer = curl_slist_append(fields.get(), text.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    if (!fields) fields.reset(longer);  // otherwise it is the same list, grown at its end
  };
  add_field("Expect:");  // no waiting for 100 Continue
  for (const auto& [name, value] : headers) add_field(value.empty() ? name + ";" : name + ": " + value);
  curl_easy_setopt(c, CURLOPT_URL, url.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect_timeout.count()));
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.timeout.count()));
  curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &in);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take_field);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &in);
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields.get());
  if (limits.stop != nullptr) {
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, is_stopping);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, limits.stop);
  }
  if (method == "HEAD") {
    curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
  } else {
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.c_str());
      curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    }
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
  if (const auto code = curl_easy_perform(c); code != CURLE_OK) throw std::runtime_error(curl_easy_strerror(code));
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  in.got.status = static_cast<int>(status);
  return std::move(in.got);
}

answer fetch(const std::string& method, const std::string& url, const std::map<std::string, std::string>& headers,
             const std::string& body, const fetch_limits& limits) {
  return fetcher{}.fetch(method, url, headers, body, limits);
}

}  // namespace cumulo::outbound
