#pragma once
// What live streams tell: a log of one row per person and change, written in the transaction of the change and read by
// every process that has streams open. Bounded in time and number (retention); who is further behind than it reaches
// has to load afresh.
//
// Order. On SQLite positions appear in the order of commit. On PostgreSQL they are given before the commit; a row is
// therefore handed out only when every transaction that began to write before it has ended (`xact` below the oldest
// one that runs on the server). Nothing appears behind a position that was handed out. The price: a long write
// transaction anywhere on that PostgreSQL server holds the streams up while it lasts.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

/// A place in the log; opaque to clients.
struct stream_position {
  std::int64_t xact{0};  ///< the writing transaction; 0 on SQLite
  std::int64_t number{0};
  auto operator<=>(const stream_position&) const = default;
};
/// "731-42".
[[nodiscard]] std::string to_text(stream_position p);
/// Nothing if `to_text` does not make such text.
[[nodiscard]] std::optional<stream_position> parse_stream_position(std::string_view text);

struct stream_entry {
  stream_position at;
  std::string account_id;
  std::string type;  ///< "task.created"
  std::string data;  ///< a JSON object on one line
  instant created_at{};
};

/// How far the log reaches.
struct stream_extent {
  stream_position settled;  ///< the last row that may be handed out
  stream_position written;  ///< the last row that can be seen
  stream_position taken;    ///< the last row that retention has taken away
};

/// A row of the log ready to be written beside a change (database::write). Owns its values; keep it alive until the
/// write returns.
class stream_row {
 public:
  /// `data` is a JSON object.
  stream_row(std::string account_id, std::string type, std::string data, instant at);
  stream_row(const stream_row&) = delete;
  stream_row& operator=(const stream_row&) = delete;
  [[nodiscard]] sql::command command() const;

 private:
  std::string account_id_, type_, data_;
  std::vector<sql::param> values_;
};

class stream_log {
 public:
  explicit stream_log(sql::database& store) : store_(store) {}

  /// Puts something on a person's stream, within the transaction of the change. `data` is a JSON object.
  static awaitable<void> append(sql::transaction& tx, std::string account_id, std::string type, std::string data,
                                instant at);
  /// Takes at most `most` rows of an account away, within the transaction that erases the account. How many.
  static awaitable<std::uint64_t> erase(sql::transaction& tx, const std::string& account_id, std::uint64_t most);

  [[nodiscard]] awaitable<stream_extent> extent();
  /// At most `limit` rows after `after`, of everybody, that may be handed out.
  [[nodiscard]] awaitable<std::vector<stream_entry>> read_after(stream_position after, int limit);
  /// At most `limit` rows of one account in (after, up_to]. Precondition: `up_to` has been handed out.
  [[nodiscard]] awaitable<std::vector<stream_entry>> read_of(const std::string& account_id, stream_position after,
                                                             stream_position up_to, int limit);

  /// Takes away at most `batch` of the oldest rows, as long as they are older than `limit`; returns how many went.
  [[nodiscard]] awaitable<std::uint64_t> delete_before(instant limit, int batch);
  /// The time of the row that has `newer` rows after it; nothing if there are not that many.
  [[nodiscard]] awaitable<std::optional<instant>> time_of_row_before(std::int64_t newer);
  /// After a dump was loaded into another PostgreSQL server: takes away rows whose positions lie in that server's
  /// future. Nothing to do on SQLite.
  [[nodiscard]] awaitable<void> drop_foreign_rows();

 private:
  sql::database& store_;
};

}  // namespace cumulo::notifications
