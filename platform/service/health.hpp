#pragma once
#include <atomic>
#include <functional>
#include <vector>

#include "platform/http/router.hpp"
#include "platform/service/component.hpp"

namespace cumulo::service {

/// GET /healthz (the process is alive) and GET /readyz (it can serve: 503 while a required dependency is not ok, or
/// while the process is starting or stopping). Read by every I/O thread.
class health_board {
 public:
  /// `check` lists the dependencies' states; cheap, any I/O thread.
  explicit health_board(std::function<std::vector<dependency>()> check) : check_(std::move(check)) {}
  void set_serving(bool yes) { serving_ = yes; }
  [[nodiscard]] std::vector<http::route> routes();

 private:
  std::function<std::vector<dependency>()> check_;
  std::atomic<bool> serving_{false};
};

}  // namespace cumulo::service
