#include "notification-service/api/deliveries.hpp"

#include "notification-service/api/encode.hpp"
#include "notification-service/api/types.hpp"
#include "platform/core/id.hpp"
#include "platform/http/query.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::string_view cursor_kind = "deliveries";

result<dead_letter_query> query_of(const http::request& r) {
  http::query_reader reader{r};
  dead_letter_query query;
  query.limit = reader.limit();
  if (const auto status = reader.text("status")) {
    const auto named = parse_status(*status);
    if (named == delivery_status::failed || named == delivery_status::pending) {
      query.status = *named;
    } else {
      reader.fail("status", "invalid_choice", "The status is failed or pending.");
    }
  }
  if (const auto channel = reader.text("channel")) {
    query.channel = parse_channel(*channel);
    if (!query.channel) reader.fail("channel", "unknown_channel", "The channels are inbox, email, webhook and push.");
  }
  if (const auto cursor = reader.text("cursor", 1'000)) {
    const auto fields = http::read_cursor(*cursor, cursor_kind, 3);
    if (fields && is_id((*fields)[0])) {
      query.before_id = (*fields)[0];
      query.before_channel = (*fields)[1];
      query.before_target = (*fields)[2];
    } else {
      reader.fail("cursor", "invalid_cursor", "This is not a cursor of this list.");
    }
  }
  if (auto valid = reader.finish(); !valid) return valid.error();
  return query;
}

std::vector<fault> faults_in(const replay_request& body) {
  if (!body.channel || parse_channel(*body.channel)) return {};
  return {{"/channel", "unknown_channel", "The channels are inbox, email, webhook and push."}};
}

}  // namespace

awaitable<result<>> deliveries_api::list(const http::request& r, http::response& answer) {
  auto query = query_of(r);
  if (!query) co_return query.error();
  const auto page = static_cast<std::size_t>(query->limit);
  query->limit += 1;  // one more than asked for tells whether there is a next page
  std::vector<dead_letter> found = co_await letters_.list(*query);
  const bool more = found.size() > page;
  if (more) found.resize(page);

  std::string& out = answer.body();
  out += R"({"items":[)";
  for (const dead_letter& each : found) {
    if (out.back() != '[') out += ',';
    write_dead_letter(out, each);
  }
  out += R"(],"next_cursor":)";
  if (more) {
    const dead_letter& last = found.back();
    const std::string cursor =
        http::make_cursor(cursor_kind, {last.notification_id, std::string{to_text(last.channel)}, last.target});
    out.append("\"").append(cursor).append("\"");
    http::link_next(r, answer, cursor);
  } else {
    out += "null";
  }
  out += '}';
  answer.etag_of_body(r);
  co_return result<>{};
}

awaitable<result<>> deliveries_api::replay(const http::request& r, http::response& answer,
                                           const dead_letters::selection& which) {
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    auto seal = [&](std::uint64_t replayed) -> std::optional<sql::command> {
      answer.clear();
      answer.body().append(R"({"replayed":)").append(std::to_string(replayed)).append("}");
      if (record == nullptr || (which.notification_id && replayed == 0)) return std::nullopt;
      record->seal(answer);
      return record->command();
    };
    const std::uint64_t replayed = co_await letters_.replay(which, time_.now(), seal);
    if (which.notification_id && replayed == 0) {
      co_return error{errc::not_found, "There is no failed delivery that could be replayed."};
    }
    co_return result<>{};
  };
  auto done = co_await repeats_.run(r, answer, work);
  engine_.wake();
  co_return done;
}

awaitable<result<>> deliveries_api::replay_one(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("notification")};
  const auto channel = parse_channel(r.path_parameter("channel"));
  if (!is_id(id) || !channel) co_return error{errc::not_found, "There is no such delivery."};
  const dead_letters::selection which{id, channel};
  co_return co_await replay(r, answer, which);
}

awaitable<result<>> deliveries_api::replay_many(const http::request& r, http::response& answer) {
  dead_letters::selection which;
  if (!r.body().empty()) {
    const auto body = json::read_checked<replay_request>(r.body(), faults_in);
    if (!body) co_return body.error();
    if (body->channel) which.channel = parse_channel(*body->channel);
  }
  co_return co_await replay(r, answer, which);
}

}  // namespace cumulo::notifications
