#include "notification-service/api/announcements.hpp"

#include <boost/describe/class.hpp>

#include "platform/core/id.hpp"
#include "platform/http/query.hpp"
#include "platform/json/read.hpp"
#include "platform/json/write.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::string_view cursor_kind = "announcements";

struct announcement_body {
  std::string title;
  std::optional<std::string> body;
  std::optional<std::string> link;
};
BOOST_DESCRIBE_STRUCT(announcement_body, (), (title, body, link))

struct announcement_item {
  std::string id, title, body;
  std::optional<std::string> link;
  std::string status;
  std::int64_t told{};
  std::string created_by;
  instant created_at{}, updated_at{};
};
BOOST_DESCRIBE_STRUCT(announcement_item, (), (id, title, body, link, status, told, created_by, created_at, updated_at))

announcement_item to_wire(const announcement& a) {
  return {a.id,
          a.says.title,
          a.says.body.value_or(""),
          a.says.link,
          std::string{to_text(a.status)},
          a.told,
          a.created_by,
          a.created_at,
          a.updated_at};
}

content content_of(const announcement_body& b) { return {b.title, b.body, b.link, {}}; }

/// The rules of every message.
std::vector<fault> faults_of(const announcement_body& b, const std::string& caller_id) {
  return notifications::faults_of(draft{.user_id = caller_id, .says = content_of(b)});
}

error no_such_announcement() { return {errc::not_found, "There is no such announcement."}; }

}  // namespace

awaitable<result<>> announcements_api::announce(const http::request& r, http::response& answer) {
  const std::string caller_id = r.caller().account_id;
  const auto body = json::read_checked<announcement_body>(
      r.body(), [&](const announcement_body& b) { return faults_of(b, caller_id); });
  if (!body) co_return body.error();
  const instant now = time_.now();
  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const announcement made{
        .id = new_id(), .says = content_of(*body), .created_by = caller_id, .created_at = now, .updated_at = now};
    answer.status(202);
    answer.header("Location", "/api/v1/announcements/" + made.id);
    json::write(answer.body(), to_wire(made));
    std::vector<sql::command> also;
    if (record != nullptr) {
      record->seal(answer);
      also.push_back(record->command());
    }
    co_await announcements_.announce(made, also);
    co_return result<>{};
  };
  co_return co_await repeats_.run(r, answer, std::move(work));
}

awaitable<result<>> announcements_api::list(const http::request& r, http::response& answer) {
  http::query_reader query{r};
  const int page = query.limit();
  std::string before;
  if (const auto cursor = query.text("cursor")) {
    const auto fields = http::read_cursor(*cursor, cursor_kind, 1);
    if (fields && is_id(fields->front())) {
      before = fields->front();
    } else {
      query.fail("cursor", "invalid_cursor", "This is not a cursor of this list.");
    }
  }
  if (const auto fine = query.finish(); !fine) co_return fine.error();
  auto found = co_await announcements_.list(before, page + 1);
  const bool has_more = found.size() > static_cast<std::size_t>(page);
  if (has_more) found.pop_back();

  std::string& out = answer.body();
  out += R"({"items":[)";
  for (const announcement& each : found) {
    if (out.back() != '[') out += ',';
    json::write(out, to_wire(each));
  }
  out += R"(],"next_cursor":)";
  if (has_more) {
    const std::string cursor = http::make_cursor(cursor_kind, {found.back().id});
    out.append("\"").append(cursor).append("\"");
    http::link_next(r, answer, cursor);
  } else {
    out += "null";
  }
  out += '}';
  answer.etag_of_body(r);
  co_return result<>{};
}

awaitable<result<>> announcements_api::get(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return no_such_announcement();
  const auto found = co_await announcements_.find(id);
  if (!found) co_return no_such_announcement();
  json::write(answer.body(), to_wire(*found));
  answer.etag_of_body(r);
  co_return result<>{};
}

awaitable<result<>> announcements_api::cancel(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return no_such_announcement();
  const instant now = time_.now();
  service::idempotency::work work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    auto seal = [&](const announcement& a) -> std::optional<sql::command> {
      answer.clear();
      json::write(answer.body(), to_wire(a));
      if (record == nullptr) return std::nullopt;
      record->seal(answer);
      return record->command();
    };
    const auto cancelled = co_await announcements_.cancel(id, now, seal);
    if (!cancelled) co_return cancelled.error();
    co_return result<>{};
  };
  co_return co_await repeats_.run(r, answer, std::move(work));
}

}  // namespace cumulo::notifications
