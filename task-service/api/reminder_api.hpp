#pragma once
// /tasks/{id}/reminders
#include "platform/core/clock.hpp"
#include "platform/http/message.hpp"
#include "platform/service/idempotency.hpp"
#include "task-service/reminder_scheduler.hpp"
#include "task-service/storage/reminder_repository.hpp"

namespace cumulo::tasks {

class reminder_api {
 public:
  /// All outlive it.
  struct needs {
    reminder_repository& reminders;
    service::idempotency& repeats;
    reminder_scheduler& scheduler;
    const clock& time;
  };
  explicit reminder_api(const needs& n) : n_(n) {}

  [[nodiscard]] awaitable<result<>> list(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> create(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> get(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> remove(const http::request& r, http::response& answer);
  [[nodiscard]] awaitable<result<>> snooze(const http::request& r, http::response& answer);

 private:
  needs n_;
};

}  // namespace cumulo::tasks
