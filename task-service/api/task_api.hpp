#pragma once
// /tasks
#include "platform/bus/bus.hpp"
#include "platform/core/clock.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"
#include "task-service/api/slow_turns.hpp"
#include "task-service/reminder_scheduler.hpp"
#include "task-service/storage/task_repository.hpp"

namespace cumulo::tasks {

class task_api {
 public:
  /// All outlive it.
  struct needs {
    sql::database& store;
    task_repository& tasks;
    slow_turns& turns;
    service::idempotency& repeats;
    bus::relay& events;
    const clock& time;
    reminder_scheduler& scheduler;
  };
  explicit task_api(const needs& n) : n_(n) {}

  [[nodiscard]] awaitable<result<>> list(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> create(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> get(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> change(const http::request& r, http::response& answer);  ///< PUT and PATCH
  [[nodiscard]] awaitable<result<>> remove(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> restore(const http::request& r, http::response& answer);

 private:
  needs n_;
};

}  // namespace cumulo::tasks
