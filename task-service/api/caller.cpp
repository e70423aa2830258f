#include "task-service/api/caller.hpp"

#include "task-service/domain/due.hpp"

namespace cumulo::tasks {

std::string_view timezone_of(const http::request& r) {
  const std::string& claimed = r.caller().timezone;
  return is_timezone(claimed) ? std::string_view{claimed} : std::string_view{"UTC"};
}

author author_of(const http::request& r, instant now) { return {r.caller().account_id, timezone_of(r), now}; }

}  // namespace cumulo::tasks
