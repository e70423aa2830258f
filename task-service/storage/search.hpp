#pragma once
// Finding tasks by words and labels: the one place where the engines' SQL differs. On SQLite an FTS5 index, on
// PostgreSQL a GIN index over tsvector. Words are made by domain/text.hpp, the same for both, so that both find the
// same tasks; each word is stored behind its space's key. What a user types never reaches a query syntax: only words of
// letters and digits do.
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/async.hpp"
#include "platform/sql/database.hpp"
#include "task-service/domain/task.hpp"

namespace cumulo::tasks {

/// The words of one task, ready to be written beside it. Owns what its command's values point to.
class task_document {
 public:
  task_document(sql::engine kind, const task& t);
  task_document(const task_document&) = delete;
  [[nodiscard]] sql::command insertion() const;

 private:
  std::string task_id_, space_id_, words_;
  std::array<sql::param, 3> values_;
};

/// The labels of one task as rows. Precondition of insertion(): it has labels.
class label_rows {
 public:
  explicit label_rows(const task& t);
  label_rows(const label_rows&) = delete;
  [[nodiscard]] sql::command insertion() const;

 private:
  std::string task_id_, space_id_, labels_;
  std::array<sql::param, 3> values_;
};

/// Takes a task's words out of the index, for good or before insertion() of new ones. `task_key`: its id.
[[nodiscard]] std::vector<sql::command> forgetting_document(sql::engine kind, std::span<const sql::param> task_key);
/// The same for the first `most` tasks of a space by id, before they go.
[[nodiscard]] awaitable<void> forget_documents_of_space(sql::engine kind, sql::transaction& tx,
                                                        std::string_view space_id, std::uint64_t most);

/// Brings the index up to date, which a search does not need but is the faster for. SQLite: moves at most `most` new
/// documents into it, and takes as many out of it that are gone; returns whether there may be more. PostgreSQL: has it
/// merge its list of new words, beside the session that writes; false. Throws as database::query_slow does, also if the
/// index is not the caller's own.
[[nodiscard]] awaitable<bool> index_new_documents(sql::database& store, int most);

/// The value of a search condition's parameter: every word must occur, the last one as a prefix. Precondition: not
/// empty.
[[nodiscard]] std::string search_parameter(sql::engine kind, std::string_view space_id,
                                           const std::vector<std::string>& words);
/// "t.id IN (…)" with `{space}` and `{search}` to be replaced by placeholders.
[[nodiscard]] std::string_view search_condition(sql::engine kind);

/// SQLite: the ids of the tasks found as a query with a column `task_id`, with the same placeholders.
[[nodiscard]] std::string_view search_source();
/// SQLite: whether one task `t` is found, told by its own texts: `{words}` stands for looked_for().
[[nodiscard]] std::string_view search_of_one();
/// The words, none of them empty, as its value.
[[nodiscard]] std::string looked_for(const std::vector<std::string>& words);
/// What these statements ask of SQLite; the database is to be opened with it.
[[nodiscard]] std::span<const sql::predicate> search_predicates();

/// The value of a label condition's parameter: all of these labels (folded).
[[nodiscard]] std::string label_parameter(const std::vector<std::string>& label_keys);
/// The same with `{space}`, `{labels}` and `{count}`.
[[nodiscard]] std::string_view label_condition(sql::engine kind);
/// Conditions on `task_labels l` that lead to the tasks in the order of their ids, with the same placeholders.
[[nodiscard]] std::string_view label_lead(sql::engine kind);

}  // namespace cumulo::tasks
