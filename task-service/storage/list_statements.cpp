#include "task-service/storage/list_statements.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>

#include "task-service/storage/rows.hpp"
#include "task-service/storage/search.hpp"

namespace cumulo::tasks {

namespace {

constexpr std::size_t shapes = 5 * 512;

/// Writes SQL while numbering its parameters by first use.
class writer {
 public:
  explicit writer(sql::engine kind) : kind_(kind) {}

  writer& add(std::string_view sql) {
    text_ += sql;
    return *this;
  }
  writer& add(list_value v) {
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
  std::vector<list_value> values_;

 private:
  static list_value named(std::string_view name) {
    if (name == "space") return list_value::caller;
    if (name == "labels") return list_value::labels;
    if (name == "count") return list_value::label_count;
    if (name == "words") return list_value::words;
    return list_value::search;
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
void add_space(writer& out, const list_shape& s) {
  if (!s.by_project) {
    out.add(list_value::caller);
    return;
  }
  out.add("(SELECT p.space_id FROM project_members m JOIN projects p ON p.id = m.project_id WHERE m.account_id = ");
  out.add(list_value::caller).add(" AND m.project_id = ").add(list_value::project).add(")");
}

/// Where the rows come from. Authority is the membership of their project, read once for each list. The caller's own
/// space holds every task that is listed without a project today; when projects are shared, the foreign ones join here
/// as a second branch (UNION ALL over the caller's memberships outside their space, each branch ordered and limited,
/// merged by the same key).
void add_source(writer& out, const list_shape& s) {
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
    out.add(" AND +t.project_id = ").add(list_value::project);  // the plus sign keeps SQLite from the project's index
  } else if (s.by_project) {
    out.add("FROM tasks t ").add(hint).add("WHERE t.project_id = ").add(list_value::project);
    out.add(" AND EXISTS (SELECT 1 FROM project_members m WHERE m.account_id = ").add(list_value::caller);
    out.add(" AND m.project_id = ").add(list_value::project).add(")");
  } else {
    if (s.is_led_by_label()) {
      out.add("FROM task_labels l CROSS JOIN tasks t WHERE ").fill(label_lead(out.kind()));
      out.add(" AND t.id = l.task_id AND t.space_id = ").add(list_value::caller);
    } else if (out.is_sqlite() && s.searched && !s.looked_through) {
      // Left to itself, SQLite walks through the space and looks every task up among those found.
      out.add("FROM (").fill(search_source()).add(") f CROSS JOIN tasks t WHERE t.id = f.task_id AND t.space_id = ");
      out.add(list_value::caller);
    } else {
      out.add("FROM tasks t ").add(hint).add("WHERE t.space_id = ").add(list_value::caller);
      if (s.looked_through) out.add(" AND ").fill(search_of_one());  // first, because most are not
    }
    // IS TRUE keeps PostgreSQL from turning the membership into a join, after which it sorts the whole space.
    out.add(" AND (t.project_id IN (SELECT m.project_id FROM project_members m WHERE m.account_id = ")
        .add(list_value::caller);
    out.add(" AND m.archived = 0)) IS TRUE");
  }
}

void add_conditions(writer& out, const list_shape& s) {
  out.add(" AND t.trashed_at IS NULL");
  if (s.open) out.add(" AND t.status < 2");
  if (s.narrowed) {
    const auto unless_null = [&](list_value v, std::string_view comparison) {
      out.add(" AND (CAST(").add(v).add(" AS BIGINT) IS NULL OR ").add(comparison).add(v).add(")");
    };
    out.add(" AND ((CAST(").add(list_value::statuses).add(" AS BIGINT) >> CAST(t.status AS INTEGER)) & 1) = 1");
    out.add(" AND ((CAST(").add(list_value::priorities).add(" AS BIGINT) >> CAST(t.priority AS INTEGER)) & 1) = 1");
    if (s.sort != task_sort::due || s.undated) {
      unless_null(list_value::due_from, "t.due_at >= ");
      unless_null(list_value::due_until, "t.due_at < ");
    }
    if (s.sort != task_sort::updated_at) unless_null(list_value::updated_since, "t.updated_at >= ");
  }
  if (s.labelled && !s.is_led_by_label()) out.add(" AND ").fill(label_condition(out.kind()));
  if (s.searched && (!out.is_sqlite() || s.by_project)) out.add(" AND ").fill(search_condition(out.kind()));

  // Ranges over the key itself bound the walk.
  if (s.sort == task_sort::updated_at) out.add(" AND t.updated_at >= ").add(list_value::updated_since);
  if (s.sort == task_sort::due && !s.undated) {
    out.add(" AND t.due_at IS NOT NULL AND t.due_at >= ").add(list_value::due_from);
    out.add(" AND t.due_at < ").add(list_value::due_until);
  }
  if (s.undated) out.add(" AND t.due_at IS NULL");
}

bool is_by_id(const list_shape& s) { return s.sort == task_sort::created_at || s.undated; }

std::string_view id_column(const list_shape& s) { return s.is_led_by_label() ? "l.task_id" : "t.id"; }

/// What comes after the position.
void add_range(writer& out, const list_shape& s) {
  if (is_by_id(s)) {
    out.add(" AND ").add(id_column(s)).add(s.descending ? " < " : " > ").add(list_value::id);
  } else {
    out.add(" AND (").add(key_column(s.sort)).add(", t.id) ").add(s.descending ? "< (" : "> (");
    out.add(list_value::key).add(", ").add(list_value::id).add(")");
  }
}

void add_order(writer& out, const list_shape& s) {
  const std::string_view direction = s.descending ? " DESC" : "";
  out.add(" ORDER BY ");
  if (!is_by_id(s)) out.add(key_column(s.sort)).add(direction).add(", ");
  out.add(id_column(s)).add(direction).add(" LIMIT ").add(list_value::limit);
}

/// Down to where the stretch ends.
void add_stretch(writer& out, const list_shape& s) {
  out.add(" AND t.id ").add(s.descending ? ">= " : "<= ").add(list_value::stretch_end);
}

void add_end_of_stretch(writer& out, const list_shape& s) {
  out.add("SELECT t.id FROM tasks t WHERE t.space_id = ");
  add_space(out, s);
  add_range(out, s);
  out.add(" ORDER BY t.id").add(s.descending ? " DESC" : "").add(" LIMIT 1 OFFSET ").add(list_value::limit);
}

std::string_view name_of(const list_shape& s) {
  if (s.only_its_end) return "task.stretch";
  if (s.searched) return "task.search";
  if (s.is_walk()) return s.by_project ? "task.list_by_project" : "task.list";
  return "task.list_filtered";
}

void add_select(writer& out, const list_shape& s) {
  out.add("SELECT " CUMULO_TASK_COLUMNS);
  if (s.sort == task_sort::due || s.sort == task_sort::title) out.add(", ").add(key_column(s.sort));
  out.add(" ");
  add_source(out, s);
  add_conditions(out, s);
}

/// By due, open and closed tasks have an index each, so that a task is in one of them; both are walked and merged.
void add_both_by_due(writer& out, list_shape s) {
  for (const bool open : {true, false}) {
    s.open = open;
    if (!open) out.add(" UNION ALL ");
    add_select(out, s);
    if (!open) out.add(" AND t.status >= 2");
    add_range(out, s);
  }
  const std::string_view direction = s.descending ? " DESC" : "";
  out.add(" ORDER BY due_at").add(direction).add(", id").add(direction).add(" LIMIT ").add(list_value::limit);
}

std::pair<std::string, std::vector<list_value>> write_statement(sql::engine kind, const list_shape& s) {
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

}  // namespace

const list_statement& statement_for(const list_shape& s) {
  static std::array<std::once_flag, shapes> once;
  static std::array<std::unique_ptr<list_statement>, shapes> made;
  const std::size_t i = s.index();
  std::call_once(once[i], [&] {
    auto fresh = std::make_unique<list_statement>();
    std::tie(fresh->text, fresh->values) = write_statement(sql::engine::sqlite, s);
    list_shape whole = s;
    whole.looked_through = whole.only_its_end = false;
    std::tie(fresh->postgres_text, fresh->postgres_values) = write_statement(sql::engine::postgres, whole);
    fresh->what = {name_of(s), fresh->text, fresh->postgres_text};
    made[i] = std::move(fresh);
  });
  return *made[i];
}

std::vector<const sql::statement*> all_list_statements() {
  std::vector<const sql::statement*> all;
  for (std::size_t bits = 0; bits < shapes; ++bits) {
    const auto bit = [&](unsigned i) { return ((bits >> i) & 1U) != 0; };
    const list_shape s{
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
