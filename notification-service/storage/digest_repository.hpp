#pragma once
// When the next digest of each account is due, and the open tasks that it tells of. Methods throw sql::database_error;
// the static ones run within somebody's transaction.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "notification-service/domain/preferences.hpp"
#include "notification-service/storage/preference_repository.hpp"
#include "platform/core/function_ref.hpp"

namespace cumulo::notifications {

/// An account whose digest's time has come.
struct due_digest {
  std::string account_id;
  instant at{};
  local_day day{};
};

/// A task of the agenda as it lies in the database.
struct agenda_item {
  std::string_view task_id, project_id, title, due;
  instant due_at;
};

/// A task as an event tells of it.
struct agenda_task {
  std::string id;
  std::optional<std::string> project_id{};
  std::string title;
  std::optional<std::string> due{};
  instant due_at{};
};

class digest_repository {
 public:
  explicit digest_repository(sql::database& store) : store_(store) {}

  /// The longest overdue first.
  awaitable<std::vector<due_digest>> list_due(instant now, int limit);
  /// Takes this digest and sets the next one: true for one of all who try, however often.
  static awaitable<bool> claim(sql::transaction& tx, const due_digest& what, std::optional<digest_time> next);
  /// Has the next digest come as the profile now wants it; never a second one on the day of the last.
  static awaitable<void> reschedule(sql::transaction& tx, const profile& who, instant now);

  /// Those that this account sees and that are due before `until`, by deadline, at most 1,000.
  static awaitable<void> read_agenda(sql::transaction& tx, const std::string& account_id, instant until,
                                     function_ref<void(const agenda_item&)> sink);
  /// The task is open and due: so it is on the agenda of these accounts and of no others.
  static awaitable<void> put_task(sql::transaction& tx, const agenda_task& task,
                                  const std::vector<std::string>& audience);
  static awaitable<void> remove_task(sql::transaction& tx, const std::string& task_id);
  /// Its tasks, on the agenda of these accounts: what lies by account is not looked for by project.
  static awaitable<void> hide_project(sql::transaction& tx, const std::string& project_id, bool hidden,
                                      const std::vector<std::string>& audience);
  static awaitable<void> remove_project(sql::transaction& tx, const std::string& project_id,
                                        const std::vector<std::string>& audience);

 private:
  sql::database& store_;
};

}  // namespace cumulo::notifications
