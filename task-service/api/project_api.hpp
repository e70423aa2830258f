#pragma once
// /projects and /labels
#include "platform/bus/bus.hpp"
#include "platform/core/clock.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"
#include "task-service/api/slow_turns.hpp"
#include "task-service/storage/project_repository.hpp"

namespace cumulo::tasks {

class project_api {
 public:
  /// All outlive it.
  struct needs {
    project_repository& projects;
    slow_turns& turns;
    service::idempotency& repeats;
    bus::relay& events;
    const clock& time;
  };
  explicit project_api(const needs& n) : n_(n) {}

  [[nodiscard]] awaitable<result<>> list(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> create(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> get(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> change(const http::request& r, http::response& answer);  ///< PUT and PATCH
  [[nodiscard]] awaitable<result<>> remove(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> restore(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> list_labels(const http::request& r, http::response& answer);

 private:
  needs n_;
};

}  // namespace cumulo::tasks
