// Lists against an oracle that knows nothing of SQL: filters, orders, pages and words over random tasks.
#include <gmock/gmock.h>

#include <set>

#include "task-service/domain/text.hpp"
#include "task-service/storage/list_statements.hpp"
#include "task-service/tests/storage_fixture.hpp"

namespace cumulo::tasks::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::array vocabulary{"milk",   "Milch",    "report", "reporting", "re",      "café",  "naïve", "work",
                                "garden", "gardener", "東京",   "2026",      "o'brien", "x-ray", "ÄRGER", "end"};
constexpr std::array label_names{"home", "Work", "ÜBER", "a b", "x"};

class lists : public storage {
 protected:
  template <class Array>
  const auto& pick(const Array& from) {
    return from[random() % from.size()];
  }
  bool one_in(unsigned n) { return random() % n == 0; }

  std::string phrase(std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < 1 + random() % most; ++i) text.append(pick(vocabulary)).append(one_in(3) ? ", " : " ");
    return text;
  }

  task_changes random_changes() {
    task_changes wanted;
    wanted.title = phrase(4);
    if (one_in(3)) wanted.description = phrase(12);
    wanted.status = static_cast<task_status>(random() % 4);
    wanted.priority = static_cast<task_priority>(random() % 5);
    if (one_in(2)) {
      const std::string day = std::to_string(10 + random() % 8);
      wanted.due = one_in(2) ? "2026-12-" + day : "2026-12-" + day + "T12:00:00Z";
    }
    std::set<std::string> labels;
    for (unsigned i = 0; i < random() % 3; ++i) labels.insert(pick(label_names));
    wanted.labels = std::vector<std::string>(labels.begin(), labels.end());
    if (one_in(3)) wanted.project_id = garden.id;
    return wanted;
  }

  void add_random(int count) {
    for (int i = 0; i < count; ++i) {
      now += std::chrono::milliseconds{random() % 3};
      all.push_back(add(ada, random_changes()));
    }
  }

  void SetUp() override {
    storage::SetUp();
    garden = add_project(ada, "Garden");
    add(eve, "milk report garden work");
  }

  static bool matches(const task& t, const task_filter& f) {
    const auto one_of = [](const auto& wanted, auto value) {
      return !wanted || std::ranges::count(*wanted, value) != 0;
    };
    if (t.trashed_at || (f.project_id && t.project_id != *f.project_id)) return false;
    if (!one_of(f.status, t.status) || !one_of(f.priority, t.priority)) return false;
    for (const std::string& key : f.label_keys) {
      if (std::ranges::none_of(t.labels, [&](const std::string& l) { return fold(l) == key; })) return false;
    }
    if (f.due_from && (!t.due_at || *t.due_at < *f.due_from)) return false;
    if (f.due_until && (!t.due_at || *t.due_at >= *f.due_until)) return false;
    if (f.updated_since && t.updated_at < *f.updated_since) return false;
    return !f.words || has_words(t, *f.words);
  }

  /// Word by word: all must be among the task's, the last one as the beginning of one.
  static bool has_words(const task& t, const std::vector<std::string>& words) {
    std::string everything = t.title + " " + t.description;
    for (const std::string& label : t.labels) everything += " " + label;
    const std::vector<std::string> own = words_of(everything);
    for (std::size_t i = 0; i < words.size(); ++i) {
      const bool last = i + 1 == words.size();
      if (std::ranges::none_of(own,
                               [&](const std::string& w) { return last ? w.starts_with(words[i]) : w == words[i]; })) {
        return false;
      }
    }
    return true;
  }

  /// The order that the contract promises.
  static bool comes_before(const task& a, const task& b, const task_page& page) {
    if (page.sort == task_sort::due && a.due_at.has_value() != b.due_at.has_value()) return a.due_at.has_value();
    const auto key = [&](const task& t) {
      switch (page.sort) {
        case task_sort::created_at: return std::tuple{std::int64_t{0}, std::string{}, t.id};
        case task_sort::updated_at: return std::tuple{to_millis(t.updated_at), std::string{}, t.id};
        case task_sort::due: return std::tuple{t.due_at ? to_millis(*t.due_at) : 0, std::string{}, t.id};
        case task_sort::priority: return std::tuple{static_cast<std::int64_t>(t.priority), std::string{}, t.id};
        case task_sort::title: return std::tuple{std::int64_t{0}, sort_key(t.title), t.id};
      }
      return std::tuple{std::int64_t{0}, std::string{}, t.id};
    };
    return page.descending ? key(a) > key(b) : key(a) < key(b);
  }

  std::vector<std::string> expected(const task_filter& filter, const task_page& page) const {
    std::vector<task> found;
    std::ranges::copy_if(all, std::back_inserter(found), [&](const task& t) { return matches(t, filter); });
    std::ranges::sort(found, [&](const task& a, const task& b) { return comes_before(a, b, page); });
    std::vector<std::string> ids;
    for (const task& t : found) ids.push_back(t.id);
    return ids;
  }

  task_filter random_filter() {
    task_filter f;
    if (one_in(4)) f.project_id = one_in(2) ? garden.id : inbox_of(ada);
    if (one_in(3)) f.status = std::vector{task_status::todo, task_status::in_progress};
    if (one_in(6)) f.status = std::vector{static_cast<task_status>(random() % 4)};
    if (one_in(6)) f.priority = std::vector{static_cast<task_priority>(random() % 5), task_priority::urgent};
    if (one_in(5)) f.label_keys = {fold(pick(label_names))};
    if (one_in(12)) f.label_keys = {"home", "work"};
    if (one_in(5)) f.due_from = *parse_rfc3339("2026-12-13T12:00:00Z");
    if (one_in(5)) f.due_until = *parse_rfc3339("2026-12-16T12:00:00Z");
    if (one_in(6)) f.updated_since = start_of_time + std::chrono::milliseconds{random() % 200};
    if (one_in(4)) f.words = words_of(phrase(2));
    return f;
  }

  void change_some(int count) {
    for (int i = 0; i < count; ++i) {
      task& t = all[random() % all.size()];
      if (t.trashed_at) continue;
      now += std::chrono::milliseconds{1};
      if (one_in(4)) {
        ASSERT_TRUE(set_trashed(ada, t.id, true).has_value());
        t.trashed_at = now;
      } else {
        t = change(ada, t.id, random_changes()).value();
      }
    }
  }

  std::mt19937 random{20261122};
  project garden;
  std::vector<task> all;
};

TEST_P(lists, agree_with_the_oracle_for_random_filters_and_orders) {
  add_random(200);
  index_everything();
  add_random(60);
  change_some(60);
  for (int round = 0; round < 400; ++round) {
    if (round == 200) index_everything();
    const task_filter filter = random_filter();
    task_page page;
    page.sort = static_cast<task_sort>(random() % 5);
    page.descending = one_in(2);
    ASSERT_EQ(list(ada, filter, page), expected(filter, page)) << "round " << round;
  }
}

TEST_P(lists, find_by_words_what_the_oracle_finds) {
  add_random(150);
  const auto compare = [&] {
    for (const std::string q : {"milk",
                                "mil",
                                "MILCH",
                                "report",
                                "rep",
                                "re",
                                "report milk",
                                "milk report",
                                "cafe",
                                "caf",
                                "naive work",
                                "東",
                                "京",
                                "東京",
                                "2026",
                                "o'brien",
                                "brien",
                                "ray x",
                                "arger",
                                "nothing",
                                "milk OR report",
                                "milk*",
                                "\"milk\"",
                                "mil NOT report",
                                "a:b",
                                "-milk",
                                "milk & !work",
                                "home",
                                "uber",
                                "(work",
                                "work')",
                                "NEAR(milk work)",
                                "end"}) {
      task_filter filter;
      filter.words = words_of(q);
      EXPECT_EQ(list(ada, filter), expected(filter, {})) << q;
    }
  };
  compare();
  index_everything();
  compare();
  change_some(80);
  compare();
  index_everything();
  compare();
}

TEST_P(lists, the_job_leaves_no_new_words_beside_the_index) {
  static constexpr sql::statement beside{
      "test.words_beside",
      "SELECT count(*) FROM task_documents WHERE document > (SELECT indexed_to FROM task_words_progress)",
      "SELECT gin_clean_pending_list('task_documents_by_word')"};  // how many pages it had to merge
  add_random(20);
  EXPECT_GT(count(beside), 0);
  add_random(20);
  index_everything();
  EXPECT_EQ(count(beside), 0);
}

TEST_P(lists, words_that_are_none_find_nothing) {
  add_random(5);
  task_filter filter;
  filter.words = words_of("!!! …");
  EXPECT_THAT(list(ada, filter), IsEmpty());
}

/// More than one stretch of the newest tasks, and words that are in all of them, in some, in few, or only long ago.
TEST_P(lists, of_a_large_account_find_frequent_and_rare_words_page_by_page) {
  for (int i = 0; i < 1'200; ++i) {
    task_changes wanted;
    std::string title = "task";
    if (i % 3 == 0) title += " frequent";
    if (i % 40 == 0) title += " seldom";
    if (i % 200 == 7) title += " rare";
    if (i < 5) title += " ancient";
    wanted.title = title;
    if (i % 10 == 0) wanted.labels = std::vector<std::string>{"home"};
    if (i % 4 == 0) wanted.status = task_status::done;
    now += std::chrono::milliseconds{1};
    all.push_back(add(ada, wanted));
    if (i == 1'000) index_everything();
  }
  for (const std::string q : {"task", "frequent", "freq", "seldom task", "rare", "ancient", "never"}) {
    for (const bool descending : {true, false}) {
      for (const int kind : {0, 1, 2}) {
        task_filter filter;
        filter.words = words_of(q);
        if (kind == 1) filter.label_keys = {"home"};
        if (kind == 2) filter.status = std::vector{task_status::todo};
        task_page page{task_sort::created_at, descending, {}, 150};
        const std::vector<std::string> wanted = expected(filter, page);
        std::vector<std::string> seen;
        do {
          const page_seen part = list_page(ada, filter, page);
          EXPECT_LE(part.ids.size(), 150U);
          seen.insert(seen.end(), part.ids.begin(), part.ids.end());
          page.after = part.next;
        } while (page.after);
        EXPECT_EQ(seen, wanted) << q << " descending " << descending << " kind " << kind;
      }
    }
  }
}

/// Projects that hold most of the tasks, some, few, or only old ones; and one in which the caller is a guest.
TEST_P(lists, of_a_project_are_whole_whatever_share_of_the_account_it_is) {
  const std::array all_projects{garden, add_project(ada, "Some"), add_project(ada, "Few"), add_project(ada, "Old")};
  for (int i = 0; i < 700; ++i) {
    task_changes wanted;
    wanted.title = std::string{"task"};
    wanted.project_id = all_projects[i < 10 ? 3U : (i % 90 == 0 ? 2U : (i % 5 == 0 ? 1U : 0U))].id;
    if (i % 4 == 0) wanted.status = task_status::done;
    now += std::chrono::milliseconds{1};
    all.push_back(add(ada, wanted));
  }
  share(garden, eve, "viewer");
  for (const project& each : all_projects) {
    for (const bool descending : {true, false}) {
      for (const bool open_only : {false, true}) {
        task_filter filter;
        filter.project_id = each.id;
        if (open_only) filter.status = std::vector{task_status::todo, task_status::in_progress};
        task_page page{task_sort::created_at, descending, {}, 40};
        const std::vector<std::string> wanted = expected(filter, page);
        for (const int limit : {1, 40, 200}) {
          page.limit = limit;
          std::vector<std::string> seen;
          do {
            const page_seen part = list_page(ada, filter, page);
            seen.insert(seen.end(), part.ids.begin(), part.ids.end());
            page.after = part.next;
          } while (page.after && seen.size() < 150);
          const std::size_t looked_at = page.after ? seen.size() : wanted.size();
          EXPECT_EQ(seen, std::vector(wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(looked_at)))
              << each.name << " descending " << descending << " open " << open_only << " limit " << limit;
          page.after.reset();
        }

        page.limit = 1'000;
        EXPECT_EQ(list(eve, filter, page), each.id == garden.id ? wanted : std::vector<std::string>{}) << each.name;
      }
    }
  }
}

TEST_P(lists, of_several_labels_are_in_the_order_of_creation) {
  add_random(200);
  change_some(40);
  for (const std::vector<std::string>& keys :
       {std::vector<std::string>{"home"}, {"home", "work"}, {"work", "home", "x"}, {fold("ÜBER")}, {"none", "home"}}) {
    for (const bool descending : {true, false}) {
      task_filter filter;
      filter.label_keys = keys;
      const task_page page{task_sort::created_at, descending, {}, 50};
      EXPECT_EQ(list(ada, filter, page), expected(filter, page));
    }
  }
}

struct walk {
  task_sort sort;
  bool descending;
};

TEST_P(lists, pages_show_every_task_once_while_others_come_in) {
  add_random(120);
  for (int sort = 0; sort < 5; ++sort) {
    for (const bool descending : {false, true}) {
      for (const bool open_only : {false, true}) {
        task_page page{static_cast<task_sort>(sort), descending, {}, 7};
        task_filter filter;
        if (open_only) filter.status = std::vector{task_status::todo, task_status::in_progress};
        const std::vector<std::string> there = expected(filter, page);
        std::vector<std::string> seen;
        do {
          const page_seen part = list_page(ada, filter, page);
          EXPECT_LE(part.ids.size(), 7U);
          seen.insert(seen.end(), part.ids.begin(), part.ids.end());
          page.after = part.next;
          add_random(1);
        } while (page.after);

        EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), seen.size())
            << "twice " << sort << descending;
        std::erase_if(seen, [&](const std::string& id) { return std::ranges::count(there, id) == 0; });
        EXPECT_EQ(seen, there) << "sort " << sort << " descending " << descending << " open " << open_only;
      }
    }
  }
}

TEST_P(lists, take_a_turn_for_what_goes_through_more_than_the_page) {
  add_random(40);
  const auto turns = [&](const task_filter& filter, const task_page& page) {
    return list_page(ada, filter, page).turns;
  };
  const task_page by_due{.sort = task_sort::due, .descending = false, .after = {}, .limit = 3};
  EXPECT_EQ(turns({}, {}), 0);
  EXPECT_EQ(turns({}, by_due), 0) << "the page ends before the tasks without a due time";
  task_page whole = by_due;
  whole.limit = 200;
  EXPECT_EQ(turns({}, whole), 1) << "and here it comes to them";
  task_page undated = by_due;
  undated.after = list_position{.undated = true, .number = 0, .text = {}, .id = ""};
  EXPECT_EQ(turns({}, undated), 1);
  task_filter dated;
  dated.due_until = now + std::chrono::hours{24 * 365};
  EXPECT_EQ(turns(dated, whole), 0) << "which are not in this list";
  task_filter narrow;
  narrow.priority = {task_priority::high};
  EXPECT_EQ(turns(narrow, whole), 1) << "all of it in one";
}

TEST_P(lists, end_exactly_when_nothing_follows) {
  for (int i = 0; i < 14; ++i) all.push_back(add(ada, "Task"));
  for (int sort = 0; sort < 5; ++sort) {
    task_page page{static_cast<task_sort>(sort), true, {}, 7};
    const page_seen first = list_page(ada, {}, page);
    ASSERT_TRUE(first.next) << sort;
    page.after = first.next;
    const page_seen second = list_page(ada, {}, page);
    EXPECT_EQ(second.ids.size(), 7U);
    EXPECT_FALSE(second.next) << sort;
  }
}

TEST_P(lists, by_title_show_what_sorts_last) {
  std::vector<std::string> ids;
  std::string title;
  for (const std::size_t length : {1U, 2U, 99U, 100U, 101U}) {
    while (title.size() < 4 * length) title += "\xF4\x8F\xBF\xBF";  // U+10FFFF
    ids.push_back(add(ada, title).id);
  }
  task_page page{task_sort::title, false, {}, 2};
  EXPECT_EQ(list(ada, {}, page), ids);
  std::ranges::reverse(ids);
  page.descending = true;
  EXPECT_EQ(list(ada, {}, page), ids);
}

CUMULO_ON_EACH_ENGINE(lists);

/// No list may read all tasks of everybody.
TEST(plans, of_every_list_on_sqlite_look_up_tasks_by_an_index) {
  const cumulo::test::engine_database server{sql::engine::sqlite};
  sql::migrate(server.url(), service::with_platform_migrations(migrations()));
  io_threads threads{1};
  const auto db = sql::open(server.url(), threads, {.predicates = search_predicates()}, nullptr);
  threads.start();

  std::deque<std::string> texts;
  std::deque<sql::statement> statements;
  for (const sql::statement* each : all_list_statements()) {
    texts.push_back("EXPLAIN QUERY PLAN " + std::string{each->text});
    statements.push_back({"test.explain", texts.back()});
    std::size_t parameters = 0;
    for (std::size_t at = each->text.find('?'); at != std::string_view::npos; at = each->text.find('?', at + 1)) {
      parameters = std::max(parameters, std::stoul(std::string{each->text.substr(at + 1, 2)}));
    }
    const std::vector<sql::param> nothing(parameters, sql::param{nullptr});
    std::string plan;
    bool sorts = false;
    cumulo::test::run(threads, [&]() -> awaitable<void> {
      auto take = [&](const sql::row& row) {
        plan.append(row.text(3)).append("\n");
        sorts = sorts || row.text(3).starts_with("USE TEMP B-TREE FOR ORDER BY");
      };
      co_await db->query(statements.back(), nothing, take);
    });
    EXPECT_EQ(plan.find("SCAN t\n"), std::string::npos) << each->text << "\n" << plan;
    EXPECT_EQ(plan.find("SCAN t USING"), std::string::npos) << each->text << "\n" << plan;
    EXPECT_EQ(plan.find("SCAN m"), std::string::npos) << each->text << "\n" << plan;
    EXPECT_EQ(plan.find("SCAN l"), std::string::npos) << each->text << "\n" << plan;
    if (each->name == "task.list" || each->name == "task.list_by_project" || each->name == "task.stretch") {
      EXPECT_FALSE(sorts) << each->text << "\n" << plan;
    }
  }
  db->close();
  threads.stop();
}

}  // namespace
}  // namespace cumulo::tasks::test
