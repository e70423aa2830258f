#pragma once
// Fills in a request: the connection does it for each one read, tests do it to call a handler without a socket.
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/http/message.hpp"

namespace cumulo::http {

/// All views must outlive the request.
class request_builder {
 public:
  explicit request_builder(request& target) : r_(target) {}
  /// Back to the state of a new request; keeps the memory of its containers.
  void clear() {
    r_.caller_.reset();
    r_.path_parameters_.clear();
    r_.query_parameters_.clear();
    r_.query_parsed_ = false;
    r_.meter_ = nullptr;
    r_.target_ = r_.path_ = r_.query_ = r_.route_ = r_.body_ = r_.traceparent_ = {};
  }
  void method(verb v) { r_.method_ = v; }
  void target(std::string_view whole, std::string_view path, std::string_view query) {
    r_.target_ = whole;
    r_.path_ = path;
    r_.query_ = query;
  }
  void route(std::string_view path_template) { r_.route_ = path_template; }
  void body(std::string_view bytes) { r_.body_ = bytes; }
  void fields(const header_fields& all) { r_.fields_ = &all; }
  void request_id(std::string_view id) { r_.request_id_ = id; }
  void traceparent(std::string_view value) { r_.traceparent_ = value; }
  void client(std::string_view address, bool secure) {
    r_.client_address_ = address;
    r_.secure_ = secure;
  }
  void caller(std::shared_ptr<const auth::principal> who) { r_.caller_ = std::move(who); }
  void meter(rate_meter& of) { r_.meter_ = &of; }
  /// Raw values as the router found them; the caller decodes those that hold a %.
  [[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>>& path_parameters() {
    return r_.path_parameters_;
  }

 private:
  request& r_;
};

}  // namespace cumulo::http
