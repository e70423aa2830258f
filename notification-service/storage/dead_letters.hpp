#pragma once
// For administrators: deliveries that wait or were given up, and their replay. All methods run on an I/O thread and
// throw sql::database_error.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "notification-service/domain/channel.hpp"
#include "platform/core/function_ref.hpp"
#include "platform/sql/database.hpp"

namespace cumulo::notifications {

/// What an administrator sees of a delivery: not what it says.
struct dead_letter {
  std::string notification_id;
  channel_name channel{};
  std::string target;
  delivery_status status{};
  std::string kind;
  std::string recipient_id;
  std::int64_t attempts{};
  std::optional<std::string> last_error{};
  instant due_at{};
  instant updated_at{};
};

struct dead_letter_query {
  delivery_status status{delivery_status::failed};  ///< failed or pending
  std::optional<channel_name> channel{};
  std::string before_id{"g"};  ///< the last one of the page before; "g" is beyond every id
  std::string before_channel{};
  std::string before_target{};
  int limit{50};
};

class dead_letters {
 public:
  explicit dead_letters(sql::database& store) : store_(store) {}

  /// The newest notification first.
  awaitable<std::vector<dead_letter>> list(const dead_letter_query& what);

  /// Puts failed deliveries back into the queue, due now, with their attempts counted anew: those of one notification
  /// on one channel, or all of a channel, or all. Not what has lost its content (one-time links). What `seal` returns
  /// is written with it. Returns how many.
  struct selection {
    std::optional<std::string> notification_id{};
    std::optional<channel_name> channel{};
  };
  awaitable<std::uint64_t> replay(const selection& which, instant now,
                                  function_ref<std::optional<sql::command>(std::uint64_t)> seal);

 private:
  sql::database& store_;
};

}  // namespace cumulo::notifications
