#include "task-service/storage/search.hpp"

#include <cstring>

#include "platform/json/write.hpp"
#include "task-service/domain/text.hpp"

namespace cumulo::tasks {

namespace {

constexpr sql::statement insert_document{
    "task.insert_document", "INSERT INTO task_documents (task_id, space_id, words) VALUES (?1, ?2, ?3)",
    "INSERT INTO task_documents (task_id, space_id, words) VALUES (?1, ?2, CAST(?3 AS TSVECTOR))"};

constexpr sql::statement delete_document{"task.delete_document", "DELETE FROM task_documents WHERE task_id = ?1"};
#define CUMULO_FIRST_TASKS "(SELECT id FROM tasks WHERE space_id = ?1 ORDER BY id LIMIT ?2)"
constexpr sql::statement delete_documents_of_space{"task.delete_documents_of_space",
                                                   "DELETE FROM task_documents WHERE task_id IN " CUMULO_FIRST_TASKS};

constexpr sql::statement unindex_document{
    "task.unindex_document",
    "INSERT INTO task_words_to_forget (document, words) SELECT d.document, d.words "
    "FROM task_documents d CROSS JOIN task_words_progress p WHERE d.task_id = ?1 AND d.document <= p.indexed_to"};
constexpr sql::statement unindex_documents_of_space{
    "task.unindex_documents_of_space",
    "INSERT INTO task_words_to_forget (document, words) SELECT d.document, d.words "
    "FROM " CUMULO_FIRST_TASKS
    " AS t CROSS JOIN task_documents d ON d.task_id = t.id "
    "CROSS JOIN task_words_progress p WHERE d.document <= p.indexed_to"};
#undef CUMULO_FIRST_TASKS

constexpr sql::statement count_new_documents{
    "task.count_new_documents",
    "SELECT count(*), max(document) FROM (SELECT document FROM task_documents "
    "WHERE document > (SELECT indexed_to FROM task_words_progress) ORDER BY document LIMIT ?1)"};
constexpr sql::statement index_documents{
    "task.index_documents",
    "INSERT INTO task_words (rowid, words) SELECT document, words FROM task_documents "
    "WHERE document > (SELECT indexed_to FROM task_words_progress) AND document <= ?1 ORDER BY document"};
constexpr sql::statement advance_index{"task.advance_index", "UPDATE task_words_progress SET indexed_to = ?1"};

// PostgreSQL's; one replica at a time.
constexpr sql::statement merge_new_words{"task.merge_new_words",
                                         "SELECT gin_clean_pending_list('task_documents_by_word') "
                                         "WHERE pg_try_advisory_xact_lock(hashtext('task_documents_by_word'))"};

constexpr sql::statement count_forgotten{
    "task.count_forgotten_documents",
    "SELECT count(*), max(document) FROM (SELECT document FROM task_words_to_forget ORDER BY document LIMIT ?1)"};
// FTS5 without stored content is told what to forget.
constexpr sql::statement forget_words{
    "task.forget_words",
    "INSERT INTO task_words (task_words, rowid, words) SELECT 'delete', document, words FROM task_words_to_forget "
    "WHERE document <= ?1 ORDER BY document"};
constexpr sql::statement forget_forgotten{"task.delete_forgotten_documents",
                                          "DELETE FROM task_words_to_forget WHERE document <= ?1"};

constexpr sql::statement insert_labels{
    "task.insert_labels",
    "INSERT INTO task_labels (task_id, label_key, label, space_id) "
    "SELECT ?1, json_extract(value, '$[0]'), json_extract(value, '$[1]'), ?2 FROM json_each(?3)",
    "INSERT INTO task_labels (task_id, label_key, label, space_id) "
    "SELECT CAST(?1 AS TEXT), e ->> 0, e ->> 1, CAST(?2 AS TEXT) FROM json_array_elements(CAST(?3 AS JSON)) AS e"};

/// What tells one space's words from another's: letters and digits of its id's random end. Should two spaces share it,
/// a search only looks at more candidates, for authority is asked of every one.
std::string_view space_key(std::string_view space_id) {
  return space_id.size() > 12 ? space_id.substr(space_id.size() - 12) : space_id;
}

/// holds(text, part): SQLite's instr() compares at every byte; the C library looks for a part some ten times as fast.
bool holds(std::span<const std::string_view> texts) {
  return ::memmem(texts[0].data(), texts[0].size(), texts[1].data(), texts[1].size()) != nullptr;
}

/// has_words(title, description, labels, "some words and a prefix"): each of them in any of the three, the last as a
/// prefix.
bool has_words(std::span<const std::string_view> texts) {
  std::string_view words = texts[3];
  for (bool is_prefix = false; !is_prefix;) {
    const std::size_t end = words.find(' ');
    is_prefix = end == std::string_view::npos;
    const std::string_view word = words.substr(0, end);
    const auto has_it = [&](std::string_view text) { return has_word(text, word, is_prefix); };
    if (std::ranges::none_of(texts.first(3), has_it)) return false;
    words.remove_prefix(is_prefix ? words.size() : end + 1);
  }
  return true;
}

constexpr std::array predicates{sql::predicate{"holds", holds}, sql::predicate{"has_words", has_words}};

#define CUMULO_FOUND_TASKS                                                                     \
  "SELECT d.task_id FROM task_words w CROSS JOIN task_documents d ON d.document = w.rowid "    \
  "WHERE task_words MATCH json_extract({search}, '$.match') "                                  \
  "UNION ALL SELECT d.task_id FROM task_documents d "                                          \
  "WHERE d.document > (SELECT indexed_to FROM task_words_progress) AND +d.space_id = {space} " \
  "AND NOT EXISTS (SELECT 1 FROM json_each({search}, '$.needles') n WHERE NOT holds(d.words, n.value))"

std::string document_text(sql::engine kind, std::string_view space_id, const std::vector<std::string>& words) {
  const bool lexemes = kind == sql::engine::postgres;
  std::string out = lexemes ? "" : " ";
  for (const std::string& word : words) {
    if (lexemes) out += '\'';
    out.append(space_key(space_id)).append(word);
    out += lexemes ? "' " : " ";
  }
  return out;
}

/// {"match": FTS5 query, "needles": what a new document's text must contain}
struct sqlite_search {
  std::string match;
  std::vector<std::string> needles;
};
BOOST_DESCRIBE_STRUCT(sqlite_search, (), (match, needles))

}  // namespace

task_document::task_document(sql::engine kind, const task& t)
    : task_id_(t.id),
      space_id_(t.space_id),
      words_(document_text(kind, t.space_id, searchable_words(t))),
      values_{sql::param{task_id_}, sql::param{space_id_}, sql::param{words_}} {}

sql::command task_document::insertion() const { return {&insert_document, values_}; }

label_rows::label_rows(const task& t)
    : task_id_(t.id), space_id_(t.space_id), values_{sql::param{task_id_}, sql::param{space_id_}, nullptr} {
  if (t.labels.empty()) return;
  std::vector<std::vector<std::string>> pairs;
  for (const std::string& label : t.labels) pairs.push_back({fold(label), label});
  labels_ = json::to_text(pairs);
  values_[2] = sql::param{labels_};
}

sql::command label_rows::insertion() const { return {&insert_labels, values_}; }

std::vector<sql::command> forgetting_document(sql::engine kind, std::span<const sql::param> task_key) {
  std::vector<sql::command> commands;
  if (kind == sql::engine::sqlite) commands.push_back({&unindex_document, task_key});
  commands.push_back({&delete_document, task_key});
  return commands;
}

awaitable<void> forget_documents_of_space(sql::engine kind, sql::transaction& tx, std::string_view space_id,
                                          std::uint64_t most) {
  const std::array values{sql::param{space_id}, sql::param{most}};
  if (kind == sql::engine::sqlite) co_await tx.execute(unindex_documents_of_space, values);
  co_await tx.execute(delete_documents_of_space, values);
}

awaitable<bool> index_new_documents(sql::database& store, int most) {
  auto ignore = [](const sql::row&) {};
  if (store.kind() == sql::engine::postgres) {
    co_await store.query_slow(merge_new_words, {}, ignore);
    co_return false;
  }
  std::int64_t found = 0;
  std::int64_t last = 0;
  auto count = [&](const sql::row& row) {
    found = row.integer(0);
    last = row.integer(1);
  };
  const std::array bound{sql::param{most}};
  co_await store.query(count_new_documents, bound, count);
  const std::int64_t added = found;
  const std::array to_add{sql::param{last}};
  co_await store.query(count_forgotten, bound, count);
  const std::array to_forget{sql::param{last}};

  std::vector<sql::command> commands;
  if (added != 0) commands = {{&index_documents, to_add}, {&advance_index, to_add}};
  if (found != 0) commands.insert(commands.end(), {{&forget_words, to_forget}, {&forget_forgotten, to_forget}});
  if (commands.empty()) co_return false;
  co_await store.write(commands);
  co_return added == most || found == most;
}

std::string search_parameter(sql::engine kind, std::string_view space_id, const std::vector<std::string>& words) {
  const std::string key{space_key(space_id)};
  if (kind == sql::engine::postgres) {
    std::string query;
    for (std::size_t i = 0; i < words.size(); ++i) {
      query.append(i == 0 ? "'" : " & '").append(key).append(words[i]).append("'");
    }
    return query + ":*";
  }
  sqlite_search search;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool last = i + 1 == words.size();
    search.match.append(i == 0 ? "\"" : " AND \"").append(key).append(words[i]).append(last ? "\" *" : "\"");
    search.needles.push_back(" " + key + words[i] + (last ? "" : " "));
  }
  return json::to_text(search);
}

std::string_view search_condition(sql::engine kind) {
  if (kind == sql::engine::postgres) {
    // Materialized, or it reads the whole space's documents one by one where it expects few tasks.
    return "t.id IN (WITH found AS MATERIALIZED (SELECT d.task_id FROM task_documents d "
           "WHERE d.words @@ CAST({search} AS TSQUERY)) SELECT task_id FROM found)";
  }
  return "t.id IN (" CUMULO_FOUND_TASKS ")";
}

std::string_view search_source() { return CUMULO_FOUND_TASKS; }

std::string_view search_of_one() { return "has_words(t.title, t.description, t.labels, {words})"; }

std::string looked_for(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& word : words) all.append(all.empty() ? "" : " ").append(word);
  return all;
}

std::span<const sql::predicate> search_predicates() { return predicates; }

std::string label_parameter(const std::vector<std::string>& label_keys) { return json::to_text(label_keys); }

std::string_view label_condition(sql::engine kind) {
  if (kind == sql::engine::postgres) {
    return "t.id IN (SELECT l.task_id FROM task_labels l WHERE l.space_id = {space} "
           "AND l.label_key IN (SELECT json_array_elements_text(CAST({labels} AS JSON))) "
           "GROUP BY l.task_id HAVING count(*) = {count})";
  }
  return "t.id IN (SELECT l.task_id FROM task_labels l WHERE l.space_id = {space} "
         "AND l.label_key IN (SELECT value FROM json_each({labels})) GROUP BY l.task_id HAVING count(*) = {count})";
}

std::string_view label_lead(sql::engine kind) {
  if (kind == sql::engine::postgres) {
    return "l.space_id = {space} AND l.label_key = (CAST({labels} AS JSON) ->> 0) AND (CAST({count} AS BIGINT) = 1 OR "
           "{count} = (SELECT count(*) FROM task_labels o WHERE o.task_id = l.task_id AND o.label_key IN "
           "(SELECT json_array_elements_text(CAST({labels} AS JSON)))))";
  }
  return "l.space_id = {space} AND l.label_key = json_extract({labels}, '$[0]') AND ({count} = 1 OR "
         "{count} = (SELECT count(*) FROM task_labels o WHERE o.task_id = l.task_id AND o.label_key IN "
         "(SELECT value FROM json_each({labels}))))";
}

}  // namespace cumulo::tasks
