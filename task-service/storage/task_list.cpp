#include "task-service/storage/task_list.hpp"

#include <algorithm>
#include <limits>

#include "task-service/domain/text.hpp"
#include "task-service/storage/list_statements.hpp"
#include "task-service/storage/rows.hpp"
#include "task-service/storage/search.hpp"

namespace cumulo::tasks {

namespace {

template <class Enum>
std::int64_t bits_of(const std::optional<std::vector<Enum>>& wanted) {
  if (!wanted) return ~std::int64_t{0} & 0xFF;
  std::int64_t bits = 0;
  for (const Enum each : *wanted) bits |= std::int64_t{1} << static_cast<int>(each);
  return bits;
}

constexpr std::int64_t open_bits = 0b0011;
constexpr std::int64_t all_statuses = 0b1111;
constexpr std::int64_t all_priorities = 0b11111;
constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

/// Each word of a search reads a task once more; beyond these the index leads.
constexpr std::size_t most_looked_for = 4;

/// How many tasks are looked through before it is seen whether that is worth while, and how many finds say so.
struct stretch {
  int length;
  int dense;
};

std::int64_t statuses_of(const task_filter& filter) { return bits_of(filter.status) & all_statuses; }
std::int64_t priorities_of(const task_filter& filter) { return bits_of(filter.priority) & all_priorities; }

list_shape shape_of(const task_filter& filter, const task_page& page, bool undated) {
  const std::int64_t statuses = statuses_of(filter);
  const bool open = statuses == open_bits || statuses == 0b0001 || statuses == 0b0010;
  const bool by_status = statuses != all_statuses && statuses != open_bits;
  const bool by_due = (filter.due_from || filter.due_until) && page.sort != task_sort::due;
  const bool by_update = filter.updated_since && page.sort != task_sort::updated_at;
  return {.sort = page.sort,
          .descending = page.descending,
          .undated = undated,
          .by_project = filter.project_id.has_value(),
          .open = open,
          .narrowed = by_status || priorities_of(filter) != all_priorities || by_due || by_update,
          .labelled = !filter.label_keys.empty(),
          .searched = filter.words.has_value(),
          .looked_through = false,
          .only_its_end = false};
}

bool is_quick(const list_shape& s, const task_filter& filter) { return s.is_walk() && filter.label_keys.size() <= 1; }

/// The values of one list, kept alive while its statements run.
struct bound_list {
  bound_list(sql::engine kind, std::string_view account_id, const task_filter& f, const task_page& p)
      : caller(account_id), filter(f), page(p), statuses(statuses_of(f)), priorities(priorities_of(f)) {
    if (!f.label_keys.empty()) labels = label_parameter(f.label_keys);
    if (!f.words) return;
    search = search_parameter(kind, account_id, *f.words);
    words = looked_for(*f.words);
  }

  /// Rows of SQLite lie in the order of creation. Passing over four costs the instructions of finding one by an index,
  /// which meets cold pages besides: so one find in eight is enough to go on. A page of a project is full within one
  /// stretch if a third of the space's tasks are its own.
  [[nodiscard]] std::optional<stretch> worth_looking_through(sql::engine kind) const {
    const bool by_project = filter.project_id.has_value();
    if (kind != sql::engine::sqlite || page.sort != task_sort::created_at) return std::nullopt;
    if (filter.words && !by_project && filter.words->size() <= most_looked_for) return stretch{512, 8};
    if (filter.words || !by_project || !filter.label_keys.empty()) return std::nullopt;
    const int length = std::max(3 * page.limit, 64);
    return stretch{length, length / 8};
  }

  [[nodiscard]] sql::param value_of(list_value v, bool undated, int limit) const {
    const bool plain_key = page.sort == task_sort::due && !undated;
    const auto millis = [](const std::optional<instant>& t, std::optional<std::int64_t> otherwise) {
      return t ? sql::param{to_millis(*t)} : sql::param{otherwise};
    };
    switch (v) {
      case list_value::caller: return caller;
      case list_value::project: return *filter.project_id;
      case list_value::limit: return limit;
      case list_value::statuses: return statuses;
      case list_value::priorities: return priorities;
      case list_value::due_from: return millis(filter.due_from, plain_key ? std::optional{least} : std::nullopt);
      case list_value::due_until: return millis(filter.due_until, plain_key ? std::optional{most} : std::nullopt);
      case list_value::updated_since:
        return millis(filter.updated_since, page.sort == task_sort::updated_at ? std::optional{least} : std::nullopt);
      case list_value::labels: return labels;
      case list_value::label_count: return filter.label_keys.size();
      case list_value::search: return search;
      case list_value::stretch_end: return stretch_end ? std::string_view{*stretch_end} : edge(!page.descending);
      case list_value::words: return words;
      case list_value::id: return position(undated) ? std::string_view{position(undated)->id} : edge();
      case list_value::key:
        if (page.sort == task_sort::title) {
          if (position(undated)) return position(undated)->text;
          return page.descending ? std::string_view{end_of_sort_keys()} : "";
        }
        return position(undated) ? position(undated)->number : (page.descending ? most : least);
    }
    return nullptr;
  }

  /// Where to go on, if that is in this part of the list.
  [[nodiscard]] const list_position* position(bool undated) const {
    if (looked_through_to) return &*looked_through_to;
    return page.after && page.after->undated == undated ? &*page.after : nullptr;
  }
  /// Beyond every id.
  [[nodiscard]] std::string_view edge() const { return edge(page.descending); }
  [[nodiscard]] static std::string_view edge(bool descending) { return descending ? "\xF4\x8F\xBF\xBF" : ""; }

  std::string_view caller;
  const task_filter& filter;
  const task_page& page;
  std::int64_t statuses, priorities;
  std::string labels, search, words;
  std::optional<list_position> looked_through_to;
  std::optional<std::string> stretch_end;  ///< none: it ends with the list
};

}  // namespace

awaitable<result<std::optional<list_position>>> list_tasks(sql::database& store, std::string_view account_id,
                                                           const task_filter& filter, const task_page& page,
                                                           function_ref<bool(const task_view&)> sink,
                                                           slow_turn slowly) {
  using end_of_page = std::optional<list_position>;
  bound_list bound{store.kind(), account_id, filter, page};
  if (bound.statuses == 0 || bound.priorities == 0 || (filter.words && filter.words->empty())) {
    co_return end_of_page{};
  }

  list_position last;
  int taken = 0;
  bool more = false;
  bool undated = page.after && page.after->undated;
  auto take = [&](const sql::row& row) {
    if (more) return;
    const task_view seen = view_of(row);
    if (taken == page.limit || !sink(seen)) {
      more = true;
      return;
    }
    ++taken;
    last.undated = undated;
    last.id.assign(seen.id);
    switch (page.sort) {
      case task_sort::created_at: break;
      case task_sort::updated_at: last.number = to_millis(seen.updated_at); break;
      case task_sort::due: last.number = row.integer(task_column_count); break;
      case task_sort::priority: last.number = static_cast<std::int64_t>(seen.priority); break;
      case task_sort::title: last.text.assign(row.text(task_column_count)); break;
    }
  };

  auto values_of = [&](const list_statement& what, const list_shape& s, int limit) {
    std::vector<sql::param> values;
    for (const list_value v : what.values_on(store.kind())) values.push_back(bound.value_of(v, s.undated, limit));
    return values;
  };
  auto run = [&](const list_shape& s) -> awaitable<void> {
    const list_statement& chosen = statement_for(s);
    const std::vector<sql::param> values = values_of(chosen, s, page.limit + 1 - taken);
    if (is_quick(s, filter)) {
      co_await store.query(chosen.what, values, take);
    } else {
      co_await store.query_slow(chosen.what, values, take);
    }
  };

  // Of a frequent word or a large project the page is soon full; a rare one is better looked up, unless the account is
  // small. A stretch's end is found before it is looked through, and kept, so that what is added meanwhile is in
  // neither.
  auto run_first = [&]() -> awaitable<void> {
    std::optional<stretch> next = bound.worth_looking_through(store.kind());
    while (next) {
      list_shape s = shape_of(filter, page, false);
      s.looked_through = true;
      const list_shape its_end = s.end_of_stretch();
      const list_statement& to_its_end = statement_for(its_end);
      std::optional<std::string>& end = bound.stretch_end;
      end.reset();
      auto take_end = [&](const sql::row& row) { end = row.text(0); };
      const std::vector<sql::param> values = values_of(to_its_end, its_end, next->length - 1);
      co_await store.query(to_its_end.what, values, take_end);

      const int found_before = taken;
      co_await run(s);
      if (more || !end) co_return;
      bound.looked_through_to = list_position{.undated = false, .number = 0, .text = {}, .id = *end};
      if (taken - found_before < next->dense) next.reset();
    }
    co_await run(shape_of(filter, page, undated));
  };
  const bool has_undated_end = page.sort == task_sort::due && !undated && !filter.due_from && !filter.due_until;
  auto run_undated_end = [&]() -> awaitable<void> {
    if (more || !has_undated_end) co_return;
    undated = true;
    co_await run(shape_of(filter, page, true));
  };
  auto run_all = [&]() -> awaitable<void> {
    co_await run_first();
    co_await run_undated_end();
  };

  if (!is_quick(shape_of(filter, page, undated), filter)) {
    if (const result<> done = co_await slowly(run_all); done.has_error()) co_return done.error();
  } else {
    co_await run_first();
    if (!more && has_undated_end) {
      if (const result<> done = co_await slowly(run_undated_end); done.has_error()) co_return done.error();
    }
  }
  co_return more ? end_of_page{std::move(last)} : end_of_page{};
}

}  // namespace cumulo::tasks
