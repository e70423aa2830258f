#include "task-service/api/trash_api.hpp"

#include "task-service/api/caller.hpp"
#include "task-service/api/encode.hpp"
#include "task-service/api/list_query.hpp"

namespace cumulo::tasks {

awaitable<result<>> trash_api::list(const http::request& r, http::response& answer) {
  http::query_reader parameters{r};
  const plain_page page = read_plain_page(parameters, "trash", 2);
  std::optional<trash_position> after;
  if (page.after) after = trash_position{number_field(parameters, page.after->front()), page.after->back()};
  if (const result<> fine = parameters.finish(); fine.has_error()) co_return fine;

  list_writer out{answer};
  auto write = [&](const trash_item& item) { write_trash_item(out.next(), item, n_.retention); };
  const std::optional<trash_position> last =
      co_await n_.trash.list_trash(r.caller().account_id, std::move(after), page.limit, write);
  std::optional<std::string> cursor;
  if (last) cursor = http::make_cursor("trash", {std::to_string(last->deleted_at), last->id});
  out.finish(r, cursor);
  co_return result<>{};
}

awaitable<result<>> trash_api::erase(const http::request& r, http::response& answer) {
  const std::string_view id = r.path_parameter("id");
  if (!is_id(id)) co_return error{errc::not_found, "It is not in the trash."};
  const occasion when = occasion_of(r, n_.time.now());
  auto announce = [&](const erased_item& gone) { return erased_event(gone, when); };
  const result<> outcome = co_await n_.trash.erase_from_trash(r.caller().account_id, id, announce);
  if (outcome.has_error()) co_return outcome.error();
  n_.events.notify();
  answer.status(204);
  co_return result<>{};
}

awaitable<result<>> trash_api::empty(const http::request& r, http::response& answer) {
  const occasion when = occasion_of(r, n_.time.now());
  auto announce = [&](const erased_item& gone) { return erased_event(gone, when); };
  co_await n_.trash.empty_trash(r.caller().account_id, announce);
  n_.events.notify();
  answer.status(204);
  co_return result<>{};
}

}  // namespace cumulo::tasks
