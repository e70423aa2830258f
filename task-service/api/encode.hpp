#pragma once
// Tasks and projects as JSON text, straight into the answer.
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/message.hpp"
#include "task-service/domain/project.hpp"
#include "task-service/domain/reminder.hpp"
#include "task-service/domain/task.hpp"
#include "task-service/storage/project_repository.hpp"
#include "task-service/storage/trash_repository.hpp"

namespace cumulo::tasks {

void write_task(std::string& out, const task_view& t);
void write_task(std::string& out, const task& t);
/// As of `now`, which decides whether a moment was missed.
void write_reminder(std::string& out, const reminder& r, instant now);
void write_project(std::string& out, const project& p);
void write_trash_item(std::string& out, const trash_item& item, std::chrono::milliseconds retention);
void write_label(std::string& out, const label_count& label);

/// The ETag of one task or project, without quotes.
[[nodiscard]] std::string etag_of(std::int64_t version);
/// Says which version the answer to a write is.
void tell_version(http::response& answer, std::int64_t version);

/// A list's answer ends before the item that would take it beyond this, so that no page holds much memory, whatever
/// `limit` says; its first item is in it in any case.
inline constexpr std::size_t largest_page = 1024 * 1024;

/// Items are written one after the other between the constructor and finish().
class list_writer {
 public:
  explicit list_writer(http::response& answer);
  /// Where the next item is appended.
  [[nodiscard]] std::string& next();
  /// After an item: does it still fit? If not, it is taken back and the list should end.
  [[nodiscard]] bool keep();
  /// Ends the list, tells of the next page, and sets the ETag (or makes it a 304).
  void finish(const http::request& r, const std::optional<std::string>& next_cursor);

 private:
  http::response& answer_;
  bool empty_{true};
  std::size_t kept_{0};  // of the body, up to the last item that fitted
};

}  // namespace cumulo::tasks
