#pragma once
// Inboxes and what was sent, in one database of either engine. What changes in an inbox is put on its owner's live
// stream in the same transaction (but not what retention takes away). All methods run on an I/O thread, throw
// sql::database_error, and when they return what they changed is durable.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "notification-service/domain/channel.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

/// An item of an inbox as it lies in the database: views that are valid inside the call that hands it out.
struct inbox_item {
  std::string_view id;
  std::string_view title;
  std::optional<std::string_view> body;
  std::optional<std::string_view> link;
  std::optional<std::string_view> data;  ///< the text of a JSON object
  instant created_at;
  std::optional<instant> read_at;
};
using item_sink = function_ref<void(const inbox_item&)>;

/// Which part of an inbox, newest first.
struct inbox_query {
  std::string account_id;
  std::optional<bool> unread{};         ///< only unread ones, or only read ones
  std::optional<std::string> before{};  ///< id of the last item of the page before
  int limit{50};
};

/// Which items are to become read: those named, those up to one, or (with neither) all.
struct read_selection {
  std::optional<std::vector<std::string>> ids{};
  std::optional<std::string> up_to{};  ///< this one and everything older
};
struct read_outcome {
  std::uint64_t marked{};
  std::int64_t unread{};
};

/// What became of one channel of a notification.
struct delivery_record {
  channel_name channel{};
  delivery_status status{};
  std::int64_t attempts{};
  std::optional<std::string> last_error{};
  instant updated_at{};
};

/// What its sender may know of a notification.
struct dispatch_record {
  std::string recipient_id;
  std::string title;
  instant created_at{};
  std::optional<instant> send_at{};
  std::vector<delivery_record> deliveries;
};

class notification_repository {
 public:
  explicit notification_repository(sql::database& store) : store_(store) {}

  /// Stores everything that the acceptances hold, with `also` (the outbox row, the idempotency record) in one
  /// transaction.
  awaitable<void> accept(std::span<const acceptance> all, std::span<const sql::command> also);
  /// The same within the transaction that consumes the event which is its cause, with the outbox row of
  /// notification_created. The id follows from that cause (message_id), so a repeat changes nothing: false then.
  static awaitable<bool> accept(sql::transaction& tx, const acceptance& what);

  /// Hands out at most `limit` items; returns how many.
  awaitable<std::uint64_t> list_inbox(const inbox_query& what, item_sink sink);
  awaitable<std::int64_t> count_unread(const std::string& account_id);
  /// False if the account has no such item.
  awaitable<bool> find_in_inbox(const std::string& account_id, const std::string& id, item_sink sink);

  /// Hands out the item as it is afterwards, inside the transaction; one that is read already keeps its time. What
  /// `seal` returns is written with the change. Both may be called again if the transaction has to be repeated. False
  /// if the account has no such item; then nothing is sealed.
  awaitable<bool> mark_read(const std::string& account_id, const std::string& id, instant now, item_sink sink,
                            function_ref<std::optional<sql::command>()> seal);
  /// Ids that the account does not have are passed over. `seal` as above, with the outcome.
  awaitable<void> mark_many_read(const std::string& account_id, const read_selection& which, instant now,
                                 function_ref<std::optional<sql::command>(const read_outcome&)> seal);

  /// False if the account has no such item. The sender still sees what became of it.
  awaitable<bool> remove_from_inbox(const std::string& account_id, const std::string& id, instant now);
  /// The same if the item's read time is still `seen`; otherwise false.
  awaitable<bool> remove_from_inbox_if(const std::string& account_id, const std::string& id,
                                       std::optional<instant> seen, instant now);

  /// Calls back what has not gone out: what is scheduled, or waits for another attempt. What `seal` returns is written
  /// with it, and is told whether there was anything. Nothing if that sender sent no such notification.
  awaitable<std::optional<dispatch_record>> cancel(
      const std::string& sender_id, const std::string& id, instant now,
      function_ref<std::optional<sql::command>(const dispatch_record&)> seal);

  /// Nothing if that sender sent no such notification.
  awaitable<std::optional<dispatch_record>> find_dispatch(const std::string& sender_id, const std::string& id);

  /// Deletes at most `batch` items that were read before `limit`; returns how many went.
  awaitable<std::uint64_t> delete_read_before(instant limit, int batch);
  /// Deletes at most `batch` dispatches older than `limit` that no channel has still to deliver; returns how many went.
  awaitable<std::uint64_t> delete_dispatches_before(instant limit, int batch);

 private:
  awaitable<std::uint64_t> write_one(const sql::statement& what, std::span<const sql::param> values);

  awaitable<bool> remove(const sql::statement& condition, const sql::statement& removal, const std::string& account_id,
                         const std::string& id, std::optional<instant> seen, instant now);

  sql::database& store_;
};

}  // namespace cumulo::notifications
