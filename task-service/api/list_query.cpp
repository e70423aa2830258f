#include "task-service/api/list_query.hpp"

#include <charconv>

#include "platform/core/id.hpp"
#include "task-service/domain/due.hpp"
#include "task-service/domain/text.hpp"

namespace cumulo::tasks {

namespace {

constexpr std::array<std::pair<std::string_view, task_sort>, 5> sorts{{{"created_at", task_sort::created_at},
                                                                       {"updated_at", task_sort::updated_at},
                                                                       {"due", task_sort::due},
                                                                       {"priority", task_sort::priority},
                                                                       {"title", task_sort::title}}};
constexpr std::size_t cursor_fields = 4;
constexpr std::size_t most_labels_asked = 10;  ///< each is looked up for every task that has the ones before

std::string cursor_kind(const task_page& page) {
  return std::string{page.descending ? "-" : ""} + std::string{sorts[static_cast<std::size_t>(page.sort)].first};
}

template <class Enum>
std::optional<std::vector<Enum>> read_choices(http::query_reader& parameters, std::string_view name,
                                              std::optional<Enum> (*named)(std::string_view)) {
  const std::vector<std::string> given = parameters.list(name);
  if (given.empty()) return std::nullopt;
  std::vector<Enum> chosen;
  for (const std::string& each : given) {
    if (const std::optional<Enum> one = named(each)) {
      chosen.push_back(*one);
    } else {
      parameters.fail(name, "invalid_choice", "\"" + each + "\" is none of the choices.");
    }
  }
  return chosen;
}

std::optional<instant> read_due(http::query_reader& parameters, std::string_view name, std::string_view timezone) {
  const std::optional<std::string> given = parameters.text(name);
  if (!given) return std::nullopt;
  const std::optional<due_time> parsed = parse_due(*given);
  if (!parsed) {
    parameters.fail(name, "invalid_due", "A date, a local time or an instant that exists.");
    return std::nullopt;
  }
  return start_of(*parsed, timezone);
}

void read_sort(http::query_reader& parameters, task_page& page) {
  std::string given = parameters.text("sort").value_or("-created_at");
  page.descending = given.starts_with('-');
  if (page.descending) given.erase(0, 1);
  const auto* found = std::ranges::find(sorts, std::string_view{given}, &std::pair<std::string_view, task_sort>::first);
  if (found == sorts.end()) {
    parameters.fail("sort", "invalid_choice", "created_at, updated_at, due, priority or title, with or without a -.");
    return;
  }
  page.sort = found->second;
}

void read_status(http::query_reader& parameters, task_filter& filter) {
  filter.status = read_choices<task_status>(parameters, "status", status_named);
  const std::optional<bool> completed = parameters.boolean("completed");
  if (!completed) return;
  std::vector<task_status> wanted = *completed ? std::vector{task_status::done, task_status::cancelled}
                                               : std::vector{task_status::todo, task_status::in_progress};
  if (filter.status) {
    std::erase_if(wanted, [&](task_status s) { return std::ranges::count(*filter.status, s) == 0; });
  }
  filter.status = std::move(wanted);
}

}  // namespace

std::int64_t number_field(http::query_reader& parameters, const std::string& field) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), number);
  if (error != std::errc{} || end != field.data() + field.size()) {
    parameters.fail("cursor", "invalid_cursor", "It is no cursor of this list.");
  }
  return number;
}

plain_page read_plain_page(http::query_reader& parameters, std::string_view kind, std::size_t fields) {
  plain_page page{parameters.limit(), std::nullopt};
  const std::optional<std::string> cursor = parameters.text("cursor", 1000);
  if (!cursor) return page;
  page.after = http::read_cursor(*cursor, kind, fields);
  if (!page.after) parameters.fail("cursor", "invalid_cursor", "It is no cursor of this list.");
  return page;
}

result<list_query> read_list_query(const http::request& r, std::string_view timezone) {
  http::query_reader parameters{r};
  list_query query;
  task_filter& filter = query.filter;

  filter.project_id = parameters.text("project_id");
  if (filter.project_id && !is_id(*filter.project_id)) parameters.fail("project_id", "invalid_id", "It is no id.");
  read_status(parameters, filter);
  filter.priority = read_choices<task_priority>(parameters, "priority", priority_named);
  for (const std::string& label : parameters.list("label", most_labels_asked)) {
    std::string key = fold(trim(label));
    if (std::ranges::count(filter.label_keys, key) == 0) filter.label_keys.push_back(std::move(key));
  }
  filter.due_until = read_due(parameters, "due_before", timezone);
  filter.due_from = read_due(parameters, "due_after", timezone);
  if (const std::optional<std::string> since = parameters.text("updated_since")) {
    filter.updated_since = parse_rfc3339(*since);
    if (!filter.updated_since) parameters.fail("updated_since", "invalid_time", "A time as in RFC 3339.");
  }
  if (const std::optional<std::string> q = parameters.text("q")) {
    if (q->empty()) parameters.fail("q", "empty", "It must not be empty.");
    filter.words = words_of(*q);
  }

  read_sort(parameters, query.page);
  const plain_page page = read_plain_page(parameters, cursor_kind(query.page), cursor_fields);
  query.page.limit = page.limit;
  if (page.after) {
    const std::vector<std::string>& field = *page.after;
    query.page.after = list_position{
        .undated = field[0] == "1", .number = number_field(parameters, field[1]), .text = field[2], .id = field[3]};
  }
  if (const result<> fine = parameters.finish(); fine.has_error()) return fine.error();
  return query;
}

std::string cursor_of(const task_page& page, const list_position& last) {
  return http::make_cursor(cursor_kind(page),
                           {last.undated ? "1" : "0", std::to_string(last.number), last.text, last.id});
}

}  // namespace cumulo::tasks
