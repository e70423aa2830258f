#pragma once
// One call as libcurl sees it. Internal to platform/outbound; made on any thread, then the client's thread alone has
// it.
#include <curl/curl.h>

#include <functional>
#include <memory>
#include <string>
#include <variant>

#include "platform/outbound/client.hpp"

namespace cumulo::outbound {

struct easy_end {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct list_end {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct url_end {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using easy_handle = std::unique_ptr<CURL, easy_end>;
using text_list = std::unique_ptr<curl_slist, list_end>;
using parsed_url = std::unique_ptr<CURLU, url_end>;

/// The URL as libcurl will use it, numeric hosts in their plain form; null if it is none, has no host, another scheme
/// than the two, or credentials.
[[nodiscard]] parsed_url parse_url(const std::string& url, std::string_view scheme, std::string_view other_scheme);
[[nodiscard]] std::string part_of(CURLU* url, CURLUPart part);

class transfer {
 public:
  using steady = std::chrono::steady_clock;

  transfer(std::variant<http_call, smtp_call> call, const client_settings& settings,
           std::function<void(exchange)> done);
  transfer(const transfer&) = delete;
  transfer& operator=(const transfer&) = delete;

  [[nodiscard]] bool is_mail() const { return std::holds_alternative<smtp_call>(call_); }
  [[nodiscard]] std::string_view purpose() const;
  [[nodiscard]] steady::time_point deadline() const { return deadline_; }
  /// "host:port", for the limit per host. Empty if the call is invalid: then only `finish` may follow.
  [[nodiscard]] const std::string& origin() const { return origin_; }

  /// Makes the handle ready; null if libcurl refuses an option (then finish with failure::invalid).
  [[nodiscard]] CURL* prepare();
  [[nodiscard]] bool address_refused() const { return refused_ > 0; }

  /// What became of it, from libcurl's answer.
  [[nodiscard]] exchange conclude(CURLcode code);
  [[nodiscard]] exchange conclude(failure kind, std::string detail);
  /// Hands the outcome to whoever waits. Once.
  void finish(exchange outcome);

 private:
  [[nodiscard]] bool prepare_http(const http_call& call);
  [[nodiscard]] bool prepare_mail(const smtp_call& call);
  [[nodiscard]] bool add(text_list& to, const std::string& line);
  template <class T>
  void set(CURLoption option, T value) {
    if (option_code_ == CURLE_OK) option_code_ = curl_easy_setopt(handle_.get(), option, value);
  }

  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  static std::size_t take_body(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t take_header(char* data, std::size_t, std::size_t size, void* self);
  static std::size_t give_message(char* to, std::size_t one, std::size_t room, void* self);

  std::variant<http_call, smtp_call> call_;
  const client_settings& settings_;
  std::function<void(exchange)> done_;
  steady::time_point began_{steady::now()};
  steady::time_point deadline_;
  parsed_url url_;
  std::string origin_;
  // The handle goes first: it points to the rest.
  text_list headers_, recipients_, hosts_;
  exchange outcome_;
  std::size_t given_{0};  // bytes of the message
  int refused_{0};
  int opened_{0};
  std::string refusal_;
  bool too_large_{false};
  CURLcode option_code_{CURLE_OK};
  easy_handle handle_;
};

}  // namespace cumulo::outbound
