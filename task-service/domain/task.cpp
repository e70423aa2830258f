#include "task-service/domain/task.hpp"

#include <unordered_set>

#include "platform/core/id.hpp"
#include "task-service/domain/due.hpp"
#include "task-service/domain/rules.hpp"
#include "task-service/domain/text.hpp"

namespace cumulo::tasks {

namespace {

constexpr std::array<std::string_view, 4> status_names{"todo", "in_progress", "done", "cancelled"};
constexpr std::array<std::string_view, 5> priority_names{"none", "low", "medium", "high", "urgent"};

template <class Enum, std::size_t size>
std::optional<Enum> named(const std::array<std::string_view, size>& names, std::string_view name) {
  const auto* found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

void refuse_null(bool is_null, std::string_view pointer, std::vector<fault>& faults) {
  if (is_null) faults.push_back({std::string{pointer}, "wrong_type", "It cannot be null."});
}

std::vector<std::string> checked_labels(const std::vector<std::string>& given, std::vector<fault>& faults) {
  std::vector<std::string> labels;
  std::unordered_set<std::string> seen;
  if (given.size() > most_labels) {
    faults.push_back({"/labels", "too_many", "At most " + std::to_string(most_labels) + " labels."});
    return labels;
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string pointer = "/labels/" + std::to_string(i);
    labels.push_back(check_line(given[i], pointer, longest_label, faults));
    if (!seen.insert(fold(labels.back())).second) {
      faults.push_back({pointer, "duplicate", "The same label is given twice (case does not count)."});
    }
  }
  return labels;
}

void merge_texts(task& t, const task_changes& wanted, const author& who, std::vector<fault>& faults) {
  refuse_null(wanted.title.is_null(), "/title", faults);
  if (wanted.title.has_value()) t.title = check_line(*wanted.title, "/title", longest_title, faults);

  if (wanted.description.is_null()) t.description.clear();
  if (wanted.description.has_value()) {
    check_description(*wanted.description, longest_description, faults);
    t.description = *wanted.description;
  }

  if (wanted.labels.is_null()) t.labels.clear();
  if (wanted.labels.has_value()) t.labels = checked_labels(*wanted.labels, faults);

  if (wanted.project_id.is_null()) t.project_id = inbox_of(who.account_id);
  if (wanted.project_id.has_value()) {
    if (is_id(*wanted.project_id)) {
      t.project_id = *wanted.project_id;
    } else {
      faults.push_back({"/project_id", "not_found", "There is no such project."});
    }
  }
}

void merge_due(task& t, const task_changes& wanted, const author& who, std::vector<fault>& faults) {
  if (wanted.due.is_absent() && wanted.timezone.is_absent()) return;
  wanted.due.merge_into(t.due);
  wanted.timezone.merge_into(t.timezone);

  if (t.timezone && !is_timezone(*t.timezone)) {
    faults.push_back({"/timezone", "unknown_timezone", "It is no IANA time zone."});
    return;
  }
  t.due_at.reset();
  if (!t.due) {
    t.timezone.reset();
    return;
  }
  const std::optional<due_time> parsed = parse_due(*t.due);
  if (!parsed) {
    faults.push_back({"/due", "invalid_due",
                      "A date (2026-12-01), a local time (2026-12-01T17:00:00) or an instant (2026-12-01T16:00:00Z) "
                      "that exists."});
    return;
  }
  if (parsed->form != due_form::instant && !t.timezone) t.timezone = std::string{who.timezone};
  t.due_at = deadline_of(*parsed, t.timezone ? std::string_view{*t.timezone} : std::string_view{});
}

void merge_states(task& t, const task_changes& wanted, const author& who, std::vector<fault>& faults) {
  refuse_null(wanted.status.is_null(), "/status", faults);
  wanted.status.merge_into(t.status);
  if (wanted.priority.is_null()) t.priority = task_priority::none;
  wanted.priority.merge_into(t.priority);

  if (t.status != task_status::done) {
    t.completed_at.reset();
  } else if (!t.completed_at) {
    t.completed_at = who.now;
  }
}

void merge(task& t, const task_changes& wanted, const author& who, std::vector<fault>& faults) {
  merge_texts(t, wanted, who, faults);
  merge_due(t, wanted, who, faults);
  merge_states(t, wanted, who, faults);
}

}  // namespace

std::string_view to_text(task_status s) { return status_names[static_cast<std::size_t>(s)]; }
std::string_view to_text(task_priority p) { return priority_names[static_cast<std::size_t>(p)]; }
std::optional<task_status> status_named(std::string_view name) { return named<task_status>(status_names, name); }
std::optional<task_priority> priority_named(std::string_view name) {
  return named<task_priority>(priority_names, name);
}

task_view view_of(const task& t, std::string_view labels) {
  return {.id = t.id,
          .project_id = t.project_id,
          .title = t.title,
          .description = t.description,
          .created_by = t.created_by,
          .status = t.status,
          .priority = t.priority,
          .due = t.due,
          .timezone = t.timezone,
          .labels = labels,
          .created_at = t.created_at,
          .updated_at = t.updated_at,
          .completed_at = t.completed_at,
          .version = t.version};
}

bool change_summary::touches(std::string_view member) const { return std::ranges::count(members, member) != 0; }

result<task> make_task(const task_changes& wanted, const author& who) {
  task t{.id = new_id(),
         .space_id = std::string{who.account_id},
         .project_id = inbox_of(who.account_id),
         .title = {},
         .description = {},
         .due = {},
         .due_at = {},
         .timezone = {},
         .labels = {},
         .created_at = who.now,
         .updated_at = who.now,
         .completed_at = {},
         .created_by = std::string{who.account_id},
         .trashed_at = {},
         .due_soon_at = {}};
  std::vector<fault> faults;
  if (wanted.title.is_absent()) faults.push_back({"/title", "required", "A task needs a title."});
  task_changes given = wanted;
  if (given.status.is_null()) given.status = task_status::todo;
  merge(t, given, who, faults);
  if (!faults.empty()) return invalid(std::move(faults));
  return t;
}

result<change_summary> apply_changes(task& t, const task_changes& wanted, const author& who) {
  task changed = t;
  std::vector<fault> faults;
  merge(changed, wanted, who, faults);
  if (!faults.empty()) return invalid(std::move(faults));

  change_summary summary;
  const auto note = [&](std::string_view name, bool differs) {
    if (differs) summary.members.push_back(name);
  };
  note("title", changed.title != t.title);
  note("description", changed.description != t.description);
  note("project_id", changed.project_id != t.project_id);
  note("status", changed.status != t.status);
  note("priority", changed.priority != t.priority);
  note("due", changed.due != t.due);
  note("timezone", changed.timezone != t.timezone);
  note("labels", changed.labels != t.labels);
  note("completed_at", changed.completed_at != t.completed_at);
  summary.became_done = changed.status == task_status::done && t.status != task_status::done;
  if (summary.members.empty()) return summary;

  changed.version = t.version + 1;
  changed.updated_at = std::max(who.now, t.updated_at);
  t = std::move(changed);
  return summary;
}

std::vector<std::string> searchable_words(const task& t) {
  std::string all = t.title;
  for (const std::string& label : t.labels) all.append("\n").append(label);
  all.append("\n").append(t.description);
  return words_of(all);
}

std::string inbox_of(std::string_view account_id) {
  std::string id{account_id};
  if (id.size() == 36) id[14] = '8';
  return id;
}

}  // namespace cumulo::tasks
