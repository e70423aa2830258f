#include "task-service/domain/project.hpp"

#include <charconv>

#include "platform/core/id.hpp"
#include "task-service/domain/rules.hpp"

namespace cumulo::tasks {

namespace {

bool is_color(std::string_view text) {
  return text.size() == 7 && text.front() == '#' && std::ranges::all_of(text.substr(1), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

void merge(project& p, const project_changes& wanted, std::vector<fault>& faults) {
  if (wanted.name.is_null()) faults.push_back({"/name", "wrong_type", "It cannot be null."});
  if (wanted.name.has_value()) p.name = check_line(*wanted.name, "/name", longest_project_name, faults);

  if (wanted.description.is_null()) p.description.clear();
  if (wanted.description.has_value()) {
    check_description(*wanted.description, longest_description, faults);
    p.description = *wanted.description;
  }

  wanted.color.merge_into(p.color);
  if (wanted.color.has_value() && !is_color(*wanted.color)) {
    faults.push_back({"/color", "invalid_color", "A colour is written #rrggbb."});
  }

  if (wanted.archived.is_null()) faults.push_back({"/archived", "wrong_type", "It cannot be null."});
  wanted.archived.merge_into(p.archived);

  if (wanted.position.is_null()) p.position = 0;
  wanted.position.merge_into(p.position);
  if (wanted.position.has_value() && (*wanted.position < 0 || *wanted.position > largest_position)) {
    faults.push_back({"/position", "out_of_range", "0 to 1000000000."});
  }
}

instant time_of_id(std::string_view id) {
  std::int64_t millis = 0;
  const std::string digits = std::string{id.substr(0, 8)} + std::string{id.substr(9, 4)};
  std::from_chars(digits.data(), digits.data() + digits.size(), millis, 16);
  return from_millis(millis);
}

}  // namespace

result<project> make_project(const project_creation& wanted, const author& who) {
  project p{.id = new_id(),
            .space_id = std::string{who.account_id},
            .name = {},
            .description = {},
            .color = {},
            .position = -1,
            .created_at = who.now,
            .updated_at = who.now,
            .created_by = std::string{who.account_id},
            .trashed_at = {}};
  std::vector<fault> faults;
  if (wanted.name.is_absent()) faults.push_back({"/name", "required", "A project needs a name."});
  project_changes changes{wanted.name, wanted.description, wanted.color, {}, wanted.position};
  if (changes.position.is_null()) changes.position = {};
  merge(p, changes, faults);
  if (!faults.empty()) return invalid(std::move(faults));
  return p;
}

result<change_summary> apply_changes(project& p, const project_changes& wanted, const author& who) {
  project changed = p;
  std::vector<fault> faults;
  merge(changed, wanted, faults);
  if (!faults.empty()) return invalid(std::move(faults));
  if (p.is_inbox && changed.name != p.name) return error{errc::conflict, "The Inbox cannot be renamed."};
  if (p.is_inbox && changed.archived) return error{errc::conflict, "The Inbox cannot be archived."};

  change_summary summary;
  const auto note = [&](std::string_view name, bool differs) {
    if (differs) summary.members.push_back(name);
  };
  note("name", changed.name != p.name);
  note("description", changed.description != p.description);
  note("color", changed.color != p.color);
  note("archived", changed.archived != p.archived);
  note("position", changed.position != p.position);
  if (summary.members.empty()) return summary;

  changed.version = p.version + 1;
  changed.updated_at = std::max(who.now, p.updated_at);
  p = std::move(changed);
  return summary;
}

project unwritten_inbox(std::string_view account_id) {
  const instant made = time_of_id(account_id);
  return {.id = inbox_of(account_id),
          .space_id = std::string{account_id},
          .is_inbox = true,
          .name = "Inbox",
          .description = {},
          .color = {},
          .created_at = made,
          .updated_at = made,
          .created_by = std::string{account_id},
          .trashed_at = {}};
}

}  // namespace cumulo::tasks
