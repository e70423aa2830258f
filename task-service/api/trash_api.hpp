#pragma once
// /trash
#include <chrono>

#include "platform/bus/bus.hpp"
#include "platform/core/clock.hpp"
#include "platform/http/message.hpp"
#include "task-service/storage/trash_repository.hpp"

namespace cumulo::tasks {

class trash_api {
 public:
  /// All outlive it.
  struct needs {
    trash_repository& trash;
    bus::relay& events;
    const clock& time;
    std::chrono::milliseconds retention;  ///< after which the trash is purged
  };
  explicit trash_api(const needs& n) : n_(n) {}

  [[nodiscard]] awaitable<result<>> list(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> erase(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> empty(const http::request& r, http::response& answer);

 private:
  needs n_;
};

}  // namespace cumulo::tasks
