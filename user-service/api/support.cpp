#include "user-service/api/support.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "platform/core/id.hpp"
#include "platform/observe/trace.hpp"

namespace cumulo::users::api {

change change_of(const http::request& r, const clock& time) {
  const auto& caller = r.maybe_caller();
  return {time.now(), std::string{r.traceparent()}, std::string{r.client_address()}, device_of(r),
          caller && caller->is_session ? caller->credential_id : std::string{}};
}

api::user to_wire(const account& who) {
  const auto status = who.disabled_at ? user_status::disabled
                      : who.erase_at  ? user_status::closing
                                      : user_status::active;
  return {.id = who.id,
          .email = who.email,
          .name = who.name,
          .timezone = who.timezone,
          .locale = who.locale,
          .role = who.role,
          .status = status,
          .email_verified = who.email_verified_at.has_value(),
          .created_at = who.created_at,
          .updated_at = who.updated_at,
          .version = who.version};
}

void check_length(std::string_view text, std::size_t most, std::string_view pointer, std::vector<fault>& faults) {
  if (text.size() > most) {
    faults.push_back({std::string{pointer}, "too_long", "At most " + std::to_string(most) + " bytes."});
  }
}

std::string device_of(const http::request& r) {
  std::string name{r.header("user-agent").substr(0, 200)};
  for (char& c : name) {
    if (c < ' ' || c > '~') c = '?';
  }
  return name;
}

storage::page page_of(http::query_reader& query, std::string_view kind) {
  storage::page which{.before = {}, .limit = query.limit() + 1};
  if (const auto cursor = query.text("cursor", 1'000)) {
    const auto fields = http::read_cursor(*cursor, kind, 1);
    if (fields && is_id(fields->front())) {
      which.before = fields->front();
    } else {
      query.fail("cursor", "bad_format", "This is not a cursor of this list.");
    }
  }
  return which;
}

result<std::string> id_of(const http::request& r, std::string_view what) {
  const auto id = r.path_parameter("id");
  if (!is_id(id)) return error{errc::not_found, "There is no such " + std::string{what} + "."};
  return std::string{id};
}

result<std::optional<std::int64_t>> expected_version(const http::request& r, const account& now) {
  if (r.header("if-match").empty()) return std::optional<std::int64_t>{};
  if (!http::if_match_allows(r, std::to_string(now.version))) {
    return error{errc::precondition_failed, "It was changed since you saw it."};
  }
  return std::optional{now.version};
}

awaitable<void> wait_until(std::chrono::steady_clock::time_point when) {
  using steady = std::chrono::steady_clock;
  const auto executor = co_await asio::this_coro::executor;
  asio::basic_waitable_timer<steady, asio::wait_traits<steady>, io_executor> timer{executor, when};
  const trace::carried active;
  co_await timer.async_wait(use_awaitable);
}

}  // namespace cumulo::users::api
