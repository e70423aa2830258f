#include "task-service/storage/task_list.hpp"

#include <limits>
#include <mutex>

#include "task-service/storage/rows.hpp"
#include "task-service/storage/search.hpp"

namespace cumulo::tasks {

namespace {

/// What distinguishes one statement from another.
struct shape {
  task_sort sort{task_sort::created_at};
  bool descending{true};
  bool undated{false};  ///< the tasks without a due time, which follow those with one
  bool by_project{false};
  bool open{false};      ///< only todo and in_progress
  bool narrowed{false};  ///< by status, priority, due or updated
  bool labelled{false};
  bool searched{false};
  bool looked_through{false};  ///< by words or project: a stretch of the space's tasks is read, one by one
  bool only_its_end{false};    ///< the last task of such a stretch

  [[nodiscard]] std::size_t index() const {
    std::size_t i = static_cast<std::size_t>(sort);
    for (const bool bit :
         {descending, undated, by_project, open, narrowed, labelled, searched, looked_through, only_its_end})
      i = i * 2 + (bit ? 1 : 0);
    return i;
  }
  [[nodiscard]] shape end_of_stretch() const {
    shape s;
    s.descending = descending;
    s.by_project = by_project;
    s.looked_through = s.only_its_end = true;
    return s;
  }
  /// Do the rows of a label, which are in the order of creation, lead to the tasks?
  [[nodiscard]] bool is_led_by_label() const {
    return labelled && !searched && !by_project && sort == task_sort::created_at;
  }
  /// Does it walk an index in order, passing over next to nothing, or a project's stretch, which is three pages long?
  [[nodiscard]] bool is_walk() const {
    if (is_led_by_label()) return !narrowed && !open;
    if (narrowed || labelled || searched || undated) return false;
    if (open) return sort == task_sort::due && !by_project;
    if (by_project) return sort == task_sort::created_at;
    return sort == task_sort::created_at || sort == task_sort::updated_at || sort == task_sort::due;
  }
};
constexpr std::size_t shapes = 5 * 512;

enum class value : std::uint8_t {
  caller,
  project,
  key,
  id,
  limit,
  statuses,
  priorities,
  due_from,
  due_until,
  updated_since,
  labels,
  label_count,
  search,
  words,
  stretch_end
};

struct list_statement {
  std::string text;
  std::string postgres_text;
  std::vector<value> values;  ///< what ?1, ?2 … stand for
  std::vector<value> postgres_values;
  sql::statement what;

  [[nodiscard]] const std::vector<value>& values_on(sql::engine kind) const {
    return kind == sql::engine::sqlite ? values : postgres_values;
  }
};

/// Writes SQL while numbering its parameters by first use.
class writer {
 public:
  explicit writer(sql::engine kind) : kind_(kind) {}

  writer& add(std::string_view sql) {
    text_ += sql;
    return *this;
  }
  writer& add(value v) {
    const auto found = std::ranges::find(values_, v);
    const auto number = found - values_.begin() + 1;
    if (found == values_.end()) values_.push_back(v);
    text_ += "?" + std::to_string(number);
    return *this;
  }
  /// `{name}` is replaced by a placeholder.
  writer& fill(std::string_view pattern) {
    while (!pattern.empty()) {
      const std::size_t open = pattern.find('{');
      add(pattern.substr(0, open));
      if (open == std::string_view::npos) break;
      const std::size_t close = pattern.find('}', open);
      add(named(pattern.substr(open + 1, close - open - 1)));
      pattern.remove_prefix(close + 1);
    }
    return *this;
  }
  [[nodiscard]] sql::engine kind() const { return kind_; }
  [[nodiscard]] bool is_sqlite() const { return kind_ == sql::engine::sqlite; }
  std::string text_;
  std::vector<value> values_;

 private:
  static value named(std::string_view name) {
    if (name == "space") return value::caller;
    if (name == "labels") return value::labels;
    if (name == "count") return value::label_count;
    if (name == "words") return value::words;
    return value::search;
  }
  sql::engine kind_;
};

std::string_view key_column(task_sort sort) {
  switch (sort) {
    case task_sort::created_at: return "t.id";  // UUIDv7: in the order of creation
    case task_sort::updated_at: return "t.updated_at";
    case task_sort::due: return "t.due_at";
    case task_sort::priority: return "t.priority";
    case task_sort::title: return "t.title_key";
  }
  return "t.id";
}

/// Whose tasks are looked through: a task's space_id is always that of its project. Nobody's, if the project is not one
/// of the caller's.
void add_space(writer& out, const shape& s) {
  if (!s.by_project) {
    out.add(value::caller);
    return;
  }
  out.add("(SELECT p.space_id FROM project_members m JOIN projects p ON p.id = m.project_id WHERE m.account_id = ");
  out.add(value::caller).add(" AND m.project_id = ").add(value::project).add(")");
}

/// Where the rows come from. Authority is the membership of their project, read once for each list. The caller's own
/// space holds every task that is listed without a project today; when projects are shared, the foreign ones join here
/// as a second branch (UNION ALL over the caller's memberships outside their space, each branch ordered and limited,
/// merged by the same key).
void add_source(writer& out, const shape& s) {
  std::string_view hint;
  if (out.is_sqlite()) {
    if (s.by_project) {
      hint = "INDEXED BY tasks_by_project ";
    } else if (!s.searched && !s.labelled) {
      if (s.sort == task_sort::updated_at) hint = "INDEXED BY tasks_by_update ";
      if (s.sort == task_sort::due && !s.undated) {
        hint = s.open ? "INDEXED BY tasks_open_by_due " : "INDEXED BY tasks_closed_by_due ";
      }
    }
  }
  if (s.by_project && s.looked_through) {
    out.add("FROM tasks t WHERE t.space_id = ");
    add_space(out, s);
    out.add(" AND +t.project_id = ").add(value::project);  // the plus sign keeps SQLite from the project's index
  } else if (s.by_project) {
    out.add("FROM tasks t ").add(hint).add("WHERE t.project_id = ").add(value::project);
    out.add(" AND EXISTS (SELECT 1 FROM project_members m WHERE m.account_id = ").add(value::caller);
    out.add(" AND m.project_id = ").add(value::project).add(")");
  } else {
    if (s.is_led_by_label()) {
      out.add("FROM task_labels l CROSS JOIN tasks t WHERE ").fill(label_lead(out.kind()));
      out.add(" AND t.id = l.task_id AND t.space_id = ").add(value::caller);
    } else if (out.is_sqlite() && s.searched && !s.looked_through) {
      // Left to itself, SQLite walks through the space and looks every task up among those found.
      out.add("FROM (").fill(search_source()).add(") f CROSS JOIN tasks t WHERE t.id = f.task_id AND t.space_id = ");
      out.add(value::caller);
    } else {
      out.add("FROM tasks t ").add(hint).add("WHERE t.space_id = ").add(value::caller);
      if (s.looked_through) out.add(" AND ").fill(search_of_one());  // first, because most are not
    }
    // IS TRUE keeps PostgreSQL from turning the membership into a join, after which it sorts the whole space.
    out.add(" AND (t.project_id IN (SELECT m.project_id FROM project_members m WHERE m.account_id = ")
        .add(value::caller);
    out.add(" AND m.archived = 0)) IS TRUE");
  }
}

void add_conditions(writer& out, const shape& s) {
  out.add(" AND t.trashed_at IS NULL");
  if (s.open) out.add(" AND t.status < 2");
  if (s.narrowed) {
    const auto unless_null = [&](value v, std::string_view comparison) {
      out.add(" AND (CAST(").add(v).add(" AS BIGINT) IS NULL OR ").add(comparison).add(v).add(")");
    };
    out.add(" AND ((CAST(").add(value::statuses).add(" AS BIGINT) >> CAST(t.status AS INTEGER)) & 1) = 1");
    out.add(" AND ((CAST(").add(value::priorities).add(" AS BIGINT) >> CAST(t.priority AS INTEGER)) & 1) = 1");
    if (s.sort != task_sort::due || s.undated) {
      unless_null(value::due_from, "t.due_at >= ");
      unless_null(value::due_until, "t.due_at < ");
    }
    if (s.sort != task_sort::updated_at) unless_null(value::updated_since, "t.updated_at >= ");
  }
  if (s.labelled && !s.is_led_by_label()) out.add(" AND ").fill(label_condition(out.kind()));
  if (s.searched && (!out.is_sqlite() || s.by_project)) out.add(" AND ").fill(search_condition(out.kind()));

  // Ranges over the key itself bound the walk.
  if (s.sort == task_sort::updated_at) out.add(" AND t.updated_at >= ").add(value::updated_since);
  if (s.sort == task_sort::due && !s.undated) {
    out.add(" AND t.due_at IS NOT NULL AND t.due_at >= ").add(value::due_from);
    out.add(" AND t.due_at < ").add(value::due_until);
  }
  if (s.undated) out.add(" AND t.due_at IS NULL");
}

bool is_by_id(const shape& s) { return s.sort == task_sort::created_at || s.undated; }

std::string_view id_column(const shape& s) { return s.is_led_by_label() ? "l.task_id" : "t.id"; }

/// What comes after the position.
void add_range(writer& out, const shape& s) {
  if (is_by_id(s)) {
    out.add(" AND ").add(id_column(s)).add(s.descending ? " < " : " > ").add(value::id);
  } else {
    out.add(" AND (").add(key_column(s.sort)).add(", t.id) ").add(s.descending ? "< (" : "> (");
    out.add(value::key).add(", ").add(value::id).add(")");
  }
}

void add_order(writer& out, const shape& s) {
  const std::string_view direction = s.descending ? " DESC" : "";
  out.add(" ORDER BY ");
  if (!is_by_id(s)) out.add(key_column(s.sort)).add(direction).add(", ");
  out.add(id_column(s)).add(direction).add(" LIMIT ").add(value::limit);
}

/// Down to where the stretch ends.
void add_stretch(writer& out, const shape& s) {
  out.add(" AND t.id ").add(s.descending ? ">= " : "<= ").add(value::stretch_end);
}

void add_end_of_stretch(writer& out, const shape& s) {
  out.add("SELECT t.id FROM tasks t WHERE t.space_id = ");
  add_space(out, s);
  add_range(out, s);
  out.add(" ORDER BY t.id").add(s.descending ? " DESC" : "").add(" LIMIT 1 OFFSET ").add(value::limit);
}

std::string_view name_of(const shape& s) {
  if (s.only_its_end) return "task.stretch";
  if (s.searched) return "task.search";
  if (s.is_walk()) return s.by_project ? "task.list_by_project" : "task.list";
  return "task.list_filtered";
}

void add_select(writer& out, const shape& s) {
  out.add("SELECT " CUMULO_TASK_COLUMNS);
  if (s.sort == task_sort::due || s.sort == task_sort::title) out.add(", ").add(key_column(s.sort));
  out.add(" ");
  add_source(out, s);
  add_conditions(out, s);
}

/// By due, open and closed tasks have an index each, so that a task is in one of them; both are walked and merged.
void add_both_by_due(writer& out, shape s) {
  for (const bool open : {true, false}) {
    s.open = open;
    if (!open) out.add(" UNION ALL ");
    add_select(out, s);
    if (!open) out.add(" AND t.status >= 2");
    add_range(out, s);
  }
  const std::string_view direction = s.descending ? " DESC" : "";
  out.add(" ORDER BY due_at").add(direction).add(", id").add(direction).add(" LIMIT ").add(value::limit);
}

std::pair<std::string, std::vector<value>> write_statement(sql::engine kind, const shape& s) {
  writer out{kind};
  if (s.only_its_end) {
    add_end_of_stretch(out, s);
  } else if (s.sort == task_sort::due && !s.undated && !s.open && !s.by_project && !s.searched && !s.labelled) {
    add_both_by_due(out, s);
  } else {
    add_select(out, s);
    add_range(out, s);
    if (s.looked_through) add_stretch(out, s);
    add_order(out, s);
  }
  return {std::move(out.text_), std::move(out.values_)};
}

const list_statement& statement_for(const shape& s) {
  static std::array<std::once_flag, shapes> once;
  static std::array<std::unique_ptr<list_statement>, shapes> made;
  const std::size_t i = s.index();
  std::call_once(once[i], [&] {
    auto fresh = std::make_unique<list_statement>();
    std::tie(fresh->text, fresh->values) = write_statement(sql::engine::sqlite, s);
    shape whole = s;
    whole.looked_through = whole.only_its_end = false;
    std::tie(fresh->postgres_text, fresh->postgres_values) = write_statement(sql::engine::postgres, whole);
    fresh->what = {name_of(s), fresh->text, fresh->postgres_text};
    made[i] = std::move(fresh);
  });
  return *made[i];
}

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

/// The values of one list, kept alive while its statements run.
struct bound_list {
  bound_list(sql::engine kind, std::string_view account_id, const task_filter& f, const task_page& p)
      : caller(account_id),
        filter(f),
        page(p),
        statuses(bits_of(f.status) & all_statuses),
        priorities(bits_of(f.priority) & all_priorities) {
    if (!f.label_keys.empty()) labels = label_parameter(f.label_keys);
    if (!f.words) return;
    search = search_parameter(kind, account_id, *f.words);
    if (!f.words->empty()) words = looked_for(*f.words);
  }

  /// Rows of SQLite lie in the order of creation, and passing over ten costs what finding one by an index does. A page
  /// of a project is full within one stretch if a third of the space's tasks are its own.
  [[nodiscard]] std::optional<stretch> worth_looking_through(sql::engine kind) const {
    const bool by_project = filter.project_id.has_value();
    if (kind != sql::engine::sqlite || page.sort != task_sort::created_at) return std::nullopt;
    if (filter.words && !by_project && filter.words->size() <= most_looked_for) return stretch{512, 8};
    if (filter.words || !by_project || !filter.label_keys.empty()) return std::nullopt;
    const int length = std::max(3 * page.limit, 64);
    return stretch{length, length / 8};
  }

  [[nodiscard]] shape shape_of(bool undated) const {
    const bool open = statuses == open_bits || statuses == 0b0001 || statuses == 0b0010;
    const bool by_status = statuses != all_statuses && statuses != open_bits;
    const bool by_due = (filter.due_from || filter.due_until) && page.sort != task_sort::due;
    const bool by_update = filter.updated_since && page.sort != task_sort::updated_at;
    return {.sort = page.sort,
            .descending = page.descending,
            .undated = undated,
            .by_project = filter.project_id.has_value(),
            .open = open,
            .narrowed = by_status || priorities != all_priorities || by_due || by_update,
            .labelled = !filter.label_keys.empty(),
            .searched = filter.words.has_value(),
            .looked_through = false,
            .only_its_end = false};
  }

  [[nodiscard]] sql::param value_of(value v, bool undated, int limit) const {
    const bool plain_key = page.sort == task_sort::due && !undated;
    const auto millis = [](const std::optional<instant>& t, std::optional<std::int64_t> otherwise) {
      return t ? sql::param{to_millis(*t)} : sql::param{otherwise};
    };
    switch (v) {
      case value::caller: return caller;
      case value::project: return *filter.project_id;
      case value::limit: return limit;
      case value::statuses: return statuses;
      case value::priorities: return priorities;
      case value::due_from: return millis(filter.due_from, plain_key ? std::optional{least} : std::nullopt);
      case value::due_until: return millis(filter.due_until, plain_key ? std::optional{most} : std::nullopt);
      case value::updated_since:
        return millis(filter.updated_since, page.sort == task_sort::updated_at ? std::optional{least} : std::nullopt);
      case value::labels: return labels;
      case value::label_count: return filter.label_keys.size();
      case value::search: return search;
      case value::stretch_end: return stretch_end ? std::string_view{*stretch_end} : edge(!page.descending);
      case value::words: return *words;
      case value::id: return position(undated) ? std::string_view{position(undated)->id} : edge();
      case value::key:
        if (page.sort == task_sort::title)
          return position(undated) ? std::string_view{position(undated)->text} : edge();
        return position(undated) ? position(undated)->number : (page.descending ? most : least);
    }
    return nullptr;
  }

  /// Where to go on, if that is in this part of the list.
  [[nodiscard]] const list_position* position(bool undated) const {
    if (looked_through_to) return &*looked_through_to;
    return page.after && page.after->undated == undated ? &*page.after : nullptr;
  }
  /// Beyond every id and every folded title.
  [[nodiscard]] std::string_view edge() const { return edge(page.descending); }
  [[nodiscard]] static std::string_view edge(bool descending) { return descending ? "\xF4\x8F\xBF\xBF" : ""; }

  std::string_view caller;
  const task_filter& filter;
  const task_page& page;
  std::int64_t statuses, priorities;
  std::string labels, search;
  std::optional<std::string> words;
  std::optional<list_position> looked_through_to;
  std::optional<std::string> stretch_end;  ///< none: it ends with the list
};

}  // namespace

awaitable<std::optional<list_position>> list_tasks(sql::database& store, std::string_view account_id,
                                                   const task_filter& filter, const task_page& page,
                                                   function_ref<bool(const task_view&)> sink) {
  bound_list bound{store.kind(), account_id, filter, page};
  if (bound.statuses == 0 || bound.priorities == 0 || (filter.words && filter.words->empty())) co_return std::nullopt;

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

  auto values_of = [&](const list_statement& what, const shape& s, int limit) {
    std::vector<sql::param> values;
    for (const value v : what.values_on(store.kind())) values.push_back(bound.value_of(v, s.undated, limit));
    return values;
  };
  auto run = [&](const shape& s) -> awaitable<void> {
    const list_statement& chosen = statement_for(s);
    const std::vector<sql::param> values = values_of(chosen, s, page.limit + 1 - taken);
    if (s.is_walk() && filter.label_keys.size() <= 1) {
      co_await store.query(chosen.what, values, take);
    } else {
      co_await store.query_slow(chosen.what, values, take);
    }
  };

  // Of a frequent word or a large project the page is soon full; a rare one is better looked up, unless the account is
  // small. A stretch's end is found before it is looked through, and kept, so that what is added meanwhile is in
  // neither.
  std::optional<stretch> next = bound.worth_looking_through(store.kind());
  while (next && !more) {
    shape s = bound.shape_of(false);
    s.looked_through = true;
    const shape its_end = s.end_of_stretch();
    const list_statement& to_its_end = statement_for(its_end);
    std::optional<std::string>& end = bound.stretch_end;
    end.reset();
    auto take_end = [&](const sql::row& row) { end = row.text(0); };
    co_await store.query(to_its_end.what, values_of(to_its_end, its_end, next->length - 1), take_end);

    const int found_before = taken;
    co_await run(s);
    if (more) break;
    if (!end) co_return std::nullopt;
    bound.looked_through_to = list_position{.undated = false, .number = 0, .text = {}, .id = *end};
    if (taken - found_before < next->dense) next.reset();
  }

  const bool dated_only = page.sort != task_sort::due || filter.due_from || filter.due_until;
  for (;;) {
    if (!more) co_await run(bound.shape_of(undated));
    if (more || undated || dated_only) break;
    undated = true;
  }
  if (!more) co_return std::nullopt;
  co_return last;
}

std::vector<const sql::statement*> all_list_statements() {
  std::vector<const sql::statement*> all;
  for (std::size_t bits = 0; bits < shapes; ++bits) {
    const auto bit = [&](unsigned i) { return ((bits >> i) & 1U) != 0; };
    const shape s{
        static_cast<task_sort>(bits / 512), bit(8), bit(7), bit(6), bit(5), bit(4), bit(3), bit(2), bit(1), bit(0)};
    if (s.undated && s.sort != task_sort::due) continue;
    if (s.only_its_end != (s.index() == s.end_of_stretch().index())) continue;
    const bool may_be_looked_through = s.sort == task_sort::created_at && (s.searched || !s.labelled);
    if (s.looked_through && !s.only_its_end && (s.searched == s.by_project || !may_be_looked_through)) continue;
    all.push_back(&statement_for(s).what);
  }
  return all;
}

}  // namespace cumulo::tasks
