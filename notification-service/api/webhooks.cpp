#include "notification-service/api/webhooks.hpp"

#include "notification-service/api/types.hpp"
#include "notification-service/api/webhook_json.hpp"
#include "notification-service/domain/authority.hpp"
#include "platform/core/id.hpp"
#include "platform/http/query.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::string_view webhook_cursor = "webhooks";
constexpr std::string_view delivery_cursor = "webhook-deliveries";
constexpr std::string_view after_all_ids = "g";
const std::vector<std::string> default_events{"notification.*"};

error no_such_webhook() { return {errc::not_found, "There is no such webhook."}; }
error no_such_delivery() { return {errc::not_found, "There is no such delivery."}; }
error stale() { return {errc::precondition_failed, "The webhook has changed since you saw it."}; }

struct page {
  int limit{};
  std::optional<std::string> after;
};

result<page> page_of(const http::request& r, std::string_view kind) {
  http::query_reader reader{r};
  page wanted{.limit = reader.limit(), .after = {}};
  if (const auto cursor = reader.text("cursor", 1'000)) {
    const auto fields = http::read_cursor(*cursor, kind, 1);
    if (fields && is_id(fields->front())) {
      wanted.after = fields->front();
    } else {
      reader.fail("cursor", "invalid_cursor", "This is not a cursor of this list.");
    }
  }
  if (auto fine = reader.finish(); !fine) return fine.error();
  return wanted;
}

/// {"items":[…],"next_cursor":…} of at most `limit` of the items; there is one more than that if there is a next page.
template <class Item, class Write>
void write_list(const http::request& r, http::response& answer, std::string_view kind, int limit,
                const std::vector<Item>& items, Write write) {
  const bool more = items.size() > static_cast<std::size_t>(limit);
  const std::size_t count = more ? static_cast<std::size_t>(limit) : items.size();
  std::string& out = answer.body();
  out += R"({"items":[)";
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    write(out, items[i]);
  }
  out += R"(],"next_cursor":)";
  if (more) {
    const std::string cursor = http::make_cursor(kind, {items[count - 1].id});
    out.append("\"").append(cursor).append("\"");
    http::link_next(r, answer, cursor);
  } else {
    out += "null";
  }
  out += '}';
  answer.etag_of_body(r);
}

attempt_reader reader_of(const http::request& r) {
  return {r.caller().account_id, r.caller().may(auth::scope_tasks_read)};
}

void answer_with(http::response& answer, const webhook& w, const std::optional<std::string>& secret = {}) {
  answer.header("ETag", "\"" + etag_of(w) + "\"");
  write_webhook_item(answer.body(), w, secret);
}

std::optional<sql::command> sealed(service::idempotency_record* record, const http::response& answer, bool secret) {
  if (record == nullptr) return std::nullopt;
  record->seal(answer, secret);
  return record->command();
}

}  // namespace

result<webhook_wish> webhook_api::wish_of(const http::request& r, bool is_new) const {
  const auto wish_from = [](const webhook_request_body& b) {
    return webhook_wish{b.name, b.url, b.format, b.events, b.enabled};
  };
  const auto rules = [&](const webhook_request_body& b) {
    auto found = faults_of(wish_from(b), is_new);
    if (b.url.has_value() && b.url->size() <= longest_webhook_url) {
      if (const auto why = outbound::fault_of_url(*b.url, use_.policy)) found.push_back({"/url", "invalid_url", *why});
    }
    return found;
  };
  const auto body = json::read_checked<webhook_request_body>(r.body(), rules);
  if (!body) return body.error();
  return wish_from(*body);
}

awaitable<result<webhook>> webhook_api::own(const http::request& r) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return no_such_webhook();
  auto found = co_await use_.webhooks.find_webhook(r.caller().account_id, id);
  if (!found) co_return no_such_webhook();
  co_return std::move(*found);
}

awaitable<result<>> webhook_api::list(const http::request& r, http::response& answer) {
  const auto wanted = page_of(r, webhook_cursor);
  if (!wanted) co_return wanted.error();
  const std::string after = wanted->after.value_or("");
  const auto found = co_await use_.webhooks.list_webhooks(r.caller().account_id, after, wanted->limit + 1);
  const auto write = [](std::string& out, const webhook& w) { write_webhook_item(out, w); };
  write_list(r, answer, webhook_cursor, wanted->limit, found, write);
  co_return result<>{};
}

awaitable<result<>> webhook_api::create(const http::request& r, http::response& answer) {
  const auto wish = wish_of(r, true);
  if (!wish) co_return wish.error();
  const instant now = use_.time.now();
  webhook made{.id = new_id(), .account_id = r.caller().account_id, .events = default_events, .created_at = now};
  apply(made, *wish, now);
  made.version = 1;
  if (const auto allowed = check_may_receive(r.caller(), made.events); !allowed) co_return allowed.error();

  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const std::string secret = new_webhook_secret();
    made.secret = use_.secrets.seal(secret, made.id);
    answer.status(201);
    answer.header("Location", "/api/v1/webhooks/" + made.id);
    answer_with(answer, made, secret);
    std::vector<sql::command> also;
    if (const auto more = sealed(record, answer, true)) also.push_back(*more);
    const bool added = co_await use_.webhooks.add_webhook(made, also);
    if (added) co_return result<>{};
    answer.clear();
    co_return error{errc::conflict, "An account has at most 20 webhooks. Delete one first."};
  };
  co_return co_await use_.repeats.run(r, answer, work);
}

awaitable<result<>> webhook_api::get(const http::request& r, http::response& answer) {
  const auto found = co_await own(r);
  if (!found) co_return found.error();
  if (!answer.etag(r, etag_of(*found))) write_webhook_item(answer.body(), *found);
  co_return result<>{};
}

awaitable<result<>> webhook_api::change(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return no_such_webhook();
  const auto wish = wish_of(r, false);
  if (!wish) co_return wish.error();
  const instant now = use_.time.now();
  auto decide = [&](webhook& w) -> result<> {
    if (!http::if_match_allows(r, etag_of(w))) return stale();
    apply(w, *wish, now);
    return check_may_receive(r.caller(), w.events);
  };
  auto nothing = []() -> std::optional<sql::command> { return std::nullopt; };
  const auto changed = co_await use_.webhooks.change_webhook(r.caller().account_id, id, decide, nothing);
  if (!changed) co_return changed.error();
  answer_with(answer, *changed);
  co_return result<>{};
}

awaitable<result<>> webhook_api::remove(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return no_such_webhook();
  auto decide = [&](webhook& w) -> result<> {
    if (!http::if_match_allows(r, etag_of(w))) return stale();
    return {};
  };
  const auto removed = co_await use_.webhooks.remove_webhook(r.caller().account_id, id, decide);
  if (!removed) co_return removed.error();
  answer.status(204);
  co_return result<>{};
}

awaitable<result<>> webhook_api::rotate_secret(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return no_such_webhook();
  const instant now = use_.time.now();
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const std::string secret = new_webhook_secret();
    auto decide = [&](webhook& w) -> result<> {
      if (const auto allowed = check_may_receive(r.caller(), w.events); !allowed) return allowed;
      w.old_secret = w.secret;
      w.old_secret_until = now + old_secret_lasts;
      w.secret = use_.secrets.seal(secret, w.id);
      w.updated_at = std::max(now, w.updated_at);
      ++w.version;
      answer.clear();
      answer_with(answer, w, secret);
      return {};
    };
    auto also = [&] { return sealed(record, answer, true); };
    const auto changed = co_await use_.webhooks.change_webhook(r.caller().account_id, id, decide, also);
    if (!changed) co_return changed.error();
    co_return result<>{};
  };
  co_return co_await use_.repeats.run(r, answer, work);
}

awaitable<result<>> webhook_api::tell(const webhook_attempt& made, http::response& answer,
                                      service::idempotency_record* record) {
  write_attempt(answer.body(), made);
  std::vector<sql::command> also;
  if (const auto more = sealed(record, answer, false)) also.push_back(*more);
  co_await use_.webhooks.record_by_hand(made, also);
  co_return result<>{};
}

awaitable<result<>> webhook_api::test(const http::request& r, http::response& answer) {
  const auto found = co_await own(r);
  if (!found) co_return found.error();
  if (const auto allowed = check_may_receive(r.caller(), found->events); !allowed) co_return allowed.error();
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    webhook_message message{.id = new_id(),
                            .type = "webhook.test",
                            .at = use_.time.now(),
                            .title = "Test",
                            .body = "This is how a notification of Cumulo arrives here.",
                            .link = "/app/settings/integrations",
                            .data = R"({"webhook_id":")" + found->id + "\"}"};
    const auto came = co_await use_.caller.call(*found, message, 1);
    co_return co_await tell(came.logged, answer, record);
  };
  co_return co_await use_.repeats.run(r, answer, work);
}

awaitable<result<>> webhook_api::list_deliveries(const http::request& r, http::response& answer) {
  const auto wanted = page_of(r, delivery_cursor);
  if (!wanted) co_return wanted.error();
  const auto found = co_await own(r);
  if (!found) co_return found.error();
  const std::string before = wanted->after.value_or(std::string{after_all_ids});
  const auto log = co_await use_.webhooks.list_attempts(reader_of(r), found->id, before, wanted->limit + 1);
  write_list(r, answer, delivery_cursor, wanted->limit, log, write_attempt);
  co_return result<>{};
}

awaitable<result<>> webhook_api::replay(const http::request& r, http::response& answer) {
  const auto found = co_await own(r);
  if (!found) co_return found.error();
  const std::string delivery{r.path_parameter("delivery")};
  if (!is_id(delivery)) co_return no_such_delivery();
  const auto before = co_await use_.webhooks.find_attempt(reader_of(r), found->id, delivery);
  if (!before) co_return no_such_delivery();
  if (const auto allowed = check_may_receive(r.caller(), found->events); !allowed) co_return allowed.error();
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const auto came = co_await use_.caller.call_again(*found, *before);
    co_return co_await tell(came.logged, answer, record);
  };
  co_return co_await use_.repeats.run(r, answer, work);
}

}  // namespace cumulo::notifications
