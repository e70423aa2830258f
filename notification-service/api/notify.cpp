#include "notification-service/api/notify.hpp"

#include "notification-service/api/encode.hpp"
#include "notification-service/api/types.hpp"
#include "notification-service/domain/authority.hpp"
#include "notification-service/events/published.hpp"
#include "platform/core/id.hpp"

namespace cumulo::notifications {

namespace {

draft draft_of(notify_request body) {
  draft asked{std::move(body.user_id), std::move(body.email),
              content{std::move(body.title), std::move(body.body), std::move(body.link), {}}, std::move(body.channels)};
  if (body.data) asked.says.data = std::move(body.data->text);
  return asked;
}

/// Precondition: the names have been checked.
std::vector<channel_name> channels_of(const draft& asked) {
  if (!asked.channels) return {channel_name::inbox};
  std::vector<channel_name> names;
  for (const std::string& each : *asked.channels) names.push_back(*parse_channel(each));
  return names;
}

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

awaitable<result<>> notify_api::send(const http::request& r, http::response& answer, const draft& asked,
                                     service::idempotency_record* record) {
  const auto recipient_id = co_await find_addressee(r.caller(), asked);
  if (!recipient_id) co_return recipient_id.error();

  const acceptance accepted = use_.channels.accept(
      message{new_id(), r.caller().account_id, *recipient_id, asked.says, use_.time.now()}, channels_of(asked));
  answer.status(202);
  answer.header("Location", "/api/v1/notify/" + accepted.accepted.id);
  write_accepted(answer.body(), accepted);

  const bus::outbox_row created{notification_created(accepted, r.traceparent())};
  std::vector<sql::command> also{created.command()};
  if (record != nullptr) {
    record->seal(answer);
    also.push_back(record->command());
  }
  co_await use_.notifications.accept(accepted, also);
  use_.events.notify();
  if (accepted.has_pending()) use_.deliveries.wake();
  use_.streams.notify();
  co_return result<>{};
}

awaitable<result<>> notify_api::notify(const http::request& r, http::response& answer) {
  auto body =
      json::read_checked<notify_request>(r.body(), [](const notify_request& b) { return faults_of(draft_of(b)); });
  if (!body) co_return body.error();
  const draft asked = draft_of(std::move(*body));
  auto work = [&](service::idempotency_record* record) -> awaitable<result<>> {
    co_return co_await send(r, answer, asked, record);
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
