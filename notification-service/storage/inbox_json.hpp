#pragma once
// An inbox's items as JSON, the same in GET /notifications and on the live stream.
#include <string>

#include "notification-service/storage/notification_repository.hpp"

namespace cumulo::notifications {

void write_item(std::string& out, const inbox_item& item);

/// What the recipient's live stream tells of each change of the inbox.
[[nodiscard]] std::string created_on_stream(const message& m);
[[nodiscard]] std::string read_on_stream(const read_selection& which, instant now, std::int64_t unread);
[[nodiscard]] std::string deleted_on_stream(std::string_view id);

}  // namespace cumulo::notifications
