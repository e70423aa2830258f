#include "notification-service/api/inbox.hpp"

#include "notification-service/api/encode.hpp"
#include "notification-service/api/types.hpp"
#include "notification-service/storage/inbox_json.hpp"
#include "platform/core/id.hpp"
#include "platform/http/query.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::string_view cursor_kind = "notifications";
constexpr std::size_t most_ids = 500;

error no_such_notification() { return {errc::not_found, "There is no such notification."}; }

result<inbox_query> query_of(const http::request& r) {
  http::query_reader reader{r};
  inbox_query query{.account_id = r.caller().account_id};
  query.unread = reader.boolean("unread");
  query.limit = reader.limit();
  if (const auto cursor = reader.text("cursor")) {
    const auto fields = http::read_cursor(*cursor, cursor_kind, 1);
    if (fields && is_id(fields->front())) {
      query.before = fields->front();
    } else {
      reader.fail("cursor", "invalid_cursor", "This is not a cursor of this list.");
    }
  }
  if (auto valid = reader.finish(); !valid) return valid.error();
  return query;
}

std::vector<fault> faults_of(const read_request& body) {
  std::vector<fault> found;
  if (body.ids && body.up_to) found.push_back({"/up_to", "exclusive", "Give either ids or up_to, not both."});
  if (body.ids && body.ids->size() > most_ids) found.push_back({"/ids", "too_many", "At most 500 ids at once."});
  if (body.up_to && !is_id(*body.up_to)) found.push_back({"/up_to", "invalid_id", "An id is a UUID in lower case."});
  return found;
}

result<read_selection> selection_of(const http::request& r) {
  if (r.body().empty()) return read_selection{};
  auto body = json::read_checked<read_request>(r.body(), faults_of);
  if (!body) return body.error();
  return read_selection{std::move(body->ids), std::move(body->up_to)};
}

}  // namespace

awaitable<result<>> inbox_api::list(const http::request& r, http::response& answer) {
  auto query = query_of(r);
  if (!query) co_return query.error();
  const int page = query->limit;
  query->limit += 1;  // one more than asked for tells whether there is a next page

  std::string& out = answer.body();
  std::string last_id;
  int count = 0;
  auto take = [&](const inbox_item& item) {
    if (count++ >= page) return;
    if (count > 1) out += ',';
    write_item(out, item);
    last_id.assign(item.id);
  };
  out += R"({"items":[)";
  co_await notifications_.list_inbox(*query, take);
  const std::int64_t unread = co_await notifications_.count_unread(query->account_id);

  out += R"(],"next_cursor":)";
  if (count > page) {
    const std::string cursor = http::make_cursor(cursor_kind, {last_id});
    out.append("\"").append(cursor).append("\"");
    http::link_next(r, answer, cursor);
  } else {
    out += "null";
  }
  out.append(R"(,"unread_count":)").append(std::to_string(unread)).append("}");
  answer.etag_of_body(r);
  co_return result<>{};
}

awaitable<result<>> inbox_api::get(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return no_such_notification();
  std::string version;
  auto take = [&](const inbox_item& item) {
    write_item(answer.body(), item);
    version = etag_of(item);
  };
  const bool found = co_await notifications_.find_in_inbox(r.caller().account_id, id, take);
  if (!found) co_return no_such_notification();
  answer.etag(r, version);
  co_return result<>{};
}

awaitable<result<>> inbox_api::mark_read(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return no_such_notification();
  const instant now = time_.now();
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    auto take = [&](const inbox_item& item) {
      answer.clear();
      write_item(answer.body(), item);
      answer.header("ETag", "\"" + etag_of(item) + "\"");
    };
    auto seal = [&]() -> std::optional<sql::command> {
      if (record == nullptr) return std::nullopt;
      record->seal(answer);
      return record->command();
    };
    const bool found = co_await notifications_.mark_read(r.caller().account_id, id, now, take, seal);
    if (!found) co_return no_such_notification();
    streams_.notify();
    co_return result<>{};
  };
  co_return co_await repeats_.run(r, answer, work);
}

awaitable<result<>> inbox_api::mark_many_read(const http::request& r, http::response& answer) {
  const auto which = selection_of(r);
  if (!which) co_return which.error();
  const instant now = time_.now();
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    auto seal = [&](const read_outcome& outcome) -> std::optional<sql::command> {
      answer.clear();
      write_read_outcome(answer.body(), outcome);
      if (record == nullptr) return std::nullopt;
      record->seal(answer);
      return record->command();
    };
    co_await notifications_.mark_many_read(r.caller().account_id, *which, now, seal);
    streams_.notify();
    co_return result<>{};
  };
  co_return co_await repeats_.run(r, answer, work);
}

awaitable<result<>> inbox_api::remove(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  const std::string account_id = r.caller().account_id;
  if (!is_id(id)) co_return no_such_notification();
  bool removed = false;
  if (r.header("if-match").empty()) {
    removed = co_await notifications_.remove_from_inbox(account_id, id, time_.now());
  } else {
    std::string version;
    std::optional<instant> seen;
    auto take = [&](const inbox_item& item) {
      version = etag_of(item);
      seen = item.read_at;
    };
    const bool found = co_await notifications_.find_in_inbox(account_id, id, take);
    if (!found) co_return no_such_notification();
    if (!http::if_match_allows(r, version)) {
      co_return error{errc::precondition_failed, "The notification has changed since you saw it."};
    }
    removed = co_await notifications_.remove_from_inbox_if(account_id, id, seen, time_.now());
  }
  if (!removed) co_return no_such_notification();
  streams_.notify();
  answer.status(204);
  co_return result<>{};
}

}  // namespace cumulo::notifications
