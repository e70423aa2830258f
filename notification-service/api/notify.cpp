#include "notification-service/api/notify.hpp"

#include <algorithm>
#include <deque>

#include "notification-service/api/encode.hpp"
#include "notification-service/api/notify_request.hpp"
#include "notification-service/domain/authority.hpp"
#include "notification-service/domain/message_id.hpp"
#include "notification-service/events/published.hpp"
#include "platform/core/id.hpp"

namespace cumulo::notifications {

namespace {

constexpr std::size_t items_of_a_write = 10;  ///< of a batch, as the rate counts them

error unknown_recipient(std::string_view pointer) {
  return {errc::invalid,
          "There is no such recipient.",
          {{std::string{pointer}, "unknown_recipient", "There is no account with this value."}}};
}

}  // namespace

awaitable<result<std::string>> notify_api::find_other(const draft& asked) {
  if (asked.email) {
    const auto found = co_await use_.recipients.find_recipient_by_email(*asked.email);
    if (!found) co_return unknown_recipient("/email");
    co_return found->account_id;
  }
  const auto found = co_await use_.recipients.find_recipient(*asked.user_id);
  const bool may_exist = !use_.knows_accounts || may_be_new(*asked.user_id, use_.time.now());
  if (found ? found->erased : !may_exist) co_return unknown_recipient("/user_id");
  co_return *asked.user_id;
}

awaitable<result<std::string>> notify_api::find_addressee(const auth::principal& caller, const draft& asked) {
  bool is_caller_itself = asked.user_id == caller.account_id;
  if (asked.email) {
    // Looks up the caller's own address, never the one asked for: what follows cannot depend on whether that exists.
    const auto own = co_await use_.recipients.find_recipient(caller.account_id);
    is_caller_itself = own && own->email && email_key(*own->email) == email_key(*asked.email);
  }
  if (const auto allowed = check_may_notify(caller, is_caller_itself); !allowed) co_return allowed.error();
  if (is_caller_itself) co_return caller.account_id;
  co_return co_await find_other(asked);
}

awaitable<result<acceptance>> notify_api::prepare(const auth::principal& caller, const draft& asked) {
  const auto recipient_id = co_await find_addressee(caller, asked);
  if (!recipient_id) co_return recipient_id.error();
  const instant now = use_.time.now();
  message made{new_id(), caller.account_id, *recipient_id, asked.says, now};
  if (asked.send_at > now) {
    made.send_at = asked.send_at;
    made.id = message_id(*asked.send_at, made.id);  // so that it stands in the inbox where it comes to be
  }
  co_return use_.channels.accept(std::move(made), channels_of(asked));
}

awaitable<void> notify_api::store(const http::request& r, const http::response& answer,
                                  std::span<const acceptance> accepted, service::idempotency_record* record) {
  std::deque<bus::outbox_row> events;  // commands point into them
  std::vector<sql::command> also;
  for (const acceptance& each : accepted) {
    if (each.accepted.send_at) continue;  // there is an event when it goes out
    events.emplace_back(notification_created(each, r.traceparent()));
    also.push_back(events.back().command());
  }
  if (record != nullptr) {
    record->seal(answer);
    also.push_back(record->command());
  }
  if (accepted.empty() && also.empty()) co_return;
  co_await use_.notifications.accept(accepted, also);
  use_.events.notify();
  use_.deliveries.wake();
  use_.streams.notify();
}

awaitable<result<>> notify_api::notify(const http::request& r, http::response& answer) {
  const auto asked = read_draft(r.body(), use_.time.now());
  if (!asked) co_return asked.error();
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    const auto accepted = co_await prepare(r.caller(), *asked);
    if (!accepted) co_return accepted.error();
    answer.status(202);
    answer.header("Location", "/api/v1/notify/" + accepted->accepted.id);
    write_accepted(answer.body(), *accepted);
    co_await store(r, answer, {&*accepted, 1}, record);
    co_return result<>{};
  };
  co_return co_await use_.repeats.run(r, answer, work);
}

awaitable<result<>> notify_api::notify_batch(const http::request& r, http::response& answer) {
  const auto items = read_batch(r.body());
  if (!items) co_return items.error();
  const auto more = static_cast<std::uint32_t>((items->size() - 1) / items_of_a_write);
  if (const auto within = r.take_rate(more); !within) co_return within.error();
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    std::vector<acceptance> accepted;
    std::string& out = answer.body();
    out += R"({"items":[)";
    for (const std::string& item : *items) {
      if (out.back() != '[') out += ',';
      const auto asked = read_draft(item, use_.time.now());
      if (!asked) {
        write_refused(out, asked.error());
        continue;
      }
      auto one = co_await prepare(r.caller(), *asked);
      if (one) {
        write_accepted_item(out, *one);
        accepted.push_back(std::move(*one));
      } else {
        write_refused(out, one.error());
      }
    }
    out += "]}";
    answer.status(202);
    co_await store(r, answer, accepted, record);
    co_return result<>{};
  };
  co_return co_await use_.repeats.run(r, answer, work);
}

awaitable<result<>> notify_api::cancel(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return error{errc::not_found, "There is no such notification."};
  const std::string& caller = r.caller().account_id;
  const auto before = co_await use_.notifications.find_dispatch(caller, id);
  if (!before) co_return error{errc::not_found, "There is no such notification."};
  if (const auto allowed = check_may_notify(r.caller(), before->recipient_id == caller); !allowed) {
    co_return allowed.error();
  }
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    bool called_back = false;
    auto seal = [&](const dispatch_record& sent) -> std::optional<sql::command> {
      answer.clear();
      write_dispatch(answer.body(), id, sent);
      called_back = std::ranges::find(sent.deliveries, delivery_status::cancelled, &delivery_record::status) !=
                    sent.deliveries.end();
      if (record == nullptr || !called_back) return std::nullopt;
      record->seal(answer);
      return record->command();
    };
    const auto sent = co_await use_.notifications.cancel(caller, id, use_.time.now(), seal);
    if (!sent) co_return error{errc::not_found, "There is no such notification."};
    if (!called_back) co_return error{errc::conflict, "It has gone out already."};
    co_return result<>{};
  };
  co_return co_await use_.repeats.run(r, answer, work);
}

awaitable<result<>> notify_api::get_deliveries(const http::request& r, http::response& answer) {
  const std::string id{r.path_parameter("id")};
  if (!is_id(id)) co_return error{errc::not_found, "There is no such notification."};
  const auto sent = co_await use_.notifications.find_dispatch(r.caller().account_id, id);
  if (!sent) co_return error{errc::not_found, "There is no such notification."};
  write_dispatch(answer.body(), id, *sent);
  answer.etag_of_body(r);
  co_return result<>{};
}

}  // namespace cumulo::notifications
