#pragma once
// GET /tasks?…: query parameters → filter and page, and positions ↔ cursors.
#include <optional>
#include <string>

#include "platform/core/result.hpp"
#include "platform/http/query.hpp"
#include "task-service/storage/task_list.hpp"

namespace cumulo::tasks {

struct list_query {
  task_filter filter;
  task_page page;
};

/// errc::invalid names every fault. Dates are days in `timezone`.
[[nodiscard]] result<list_query> read_list_query(const http::request& r, std::string_view timezone);

[[nodiscard]] std::string cursor_of(const task_page& page, const list_position& last);

/// The parameters `limit` and `cursor`, alone: for the other lists.
struct plain_page {
  int limit;
  std::optional<std::vector<std::string>> after;  ///< the cursor's fields
};
/// Reads them from `parameters`, which the caller finishes.
[[nodiscard]] plain_page read_plain_page(http::query_reader& parameters, std::string_view kind, std::size_t fields);

/// A cursor's field as a number; a fault of `cursor` if it is none.
[[nodiscard]] std::int64_t number_field(http::query_reader& parameters, const std::string& field);

}  // namespace cumulo::tasks
