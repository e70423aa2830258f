#pragma once
// The caller of a request as the domain and the events know them. Views into the request.
#include "platform/core/clock.hpp"
#include "platform/core/id.hpp"
#include "platform/core/result.hpp"
#include "platform/http/message.hpp"
#include "task-service/domain/task.hpp"
#include "task-service/events/published.hpp"

namespace cumulo::tasks {

/// The zone of their profile, or UTC if it is none that this system knows.
[[nodiscard]] std::string_view timezone_of(const http::request& r);
[[nodiscard]] author author_of(const http::request& r, instant now);
[[nodiscard]] inline occasion occasion_of(const http::request& r, instant now) {
  return {r.caller().account_id, r.traceparent(), now};
}

[[nodiscard]] inline error no_such(std::string_view what) {
  return {errc::not_found, "There is no such " + std::string{what} + "."};
}
[[nodiscard]] inline error stale() {
  return {errc::precondition_failed, "It was changed since the version that If-Match names."};
}

}  // namespace cumulo::tasks
