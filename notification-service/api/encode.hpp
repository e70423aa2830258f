#pragma once
// Notifications → JSON text, straight from what the repository hands out.
#include <string>
#include <string_view>

#include "notification-service/storage/dead_letters.hpp"
#include "notification-service/storage/notification_repository.hpp"

namespace cumulo::notifications {

void write_accepted(std::string& out, const acceptance& what);
/// As items of a batch's answer: with the status that each would have had by itself.
void write_accepted_item(std::string& out, const acceptance& what);
void write_refused(std::string& out, const error& why);
void write_dispatch(std::string& out, std::string_view id, const dispatch_record& sent);
void write_dead_letter(std::string& out, const dead_letter& letter);
void write_read_outcome(std::string& out, const read_outcome& outcome);

/// The item's version: it changes only by being read.
[[nodiscard]] std::string etag_of(const inbox_item& item);

}  // namespace cumulo::notifications
