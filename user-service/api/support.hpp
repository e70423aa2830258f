#pragma once
// What the handlers of this service share between request and rules.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/http/message.hpp"
#include "platform/http/query.hpp"
#include "platform/json/write.hpp"
#include "user-service/api/wire.hpp"
#include "user-service/domain/account.hpp"
#include "user-service/storage/account_store.hpp"

namespace cumulo::users::api {

[[nodiscard]] change change_of(const http::request& r, const clock& time);
[[nodiscard]] api::user to_wire(const account& who);

/// Adds "too_long" if the text has more than `most` bytes. For what is only compared with what is stored.
void check_length(std::string_view text, std::size_t most, std::string_view pointer, std::vector<fault>& faults);

/// The client's name for itself, cut to 200 printable ASCII characters.
[[nodiscard]] std::string device_of(const http::request& r);

/// `limit` and `cursor` of a list ordered by id, the newest first. Asks for one item more than the page has, so that
/// write_list() knows whether there is another. Faults go to the reader.
[[nodiscard]] storage::page page_of(http::query_reader& query, std::string_view kind);

/// errc::not_found for what is no id: it cannot exist.
[[nodiscard]] result<std::string> id_of(const http::request& r, std::string_view what);

/// If-Match as the version to change; errc::precondition_failed if it names another.
[[nodiscard]] result<std::optional<std::int64_t>> expected_version(const http::request& r, const account& now);

/// Writes the page with its ETag and Link; `items` may have one more than `which.limit - 1`.
template <class T>
void write_list(const http::request& r, http::response& answer, std::string_view kind, const storage::page& which,
                std::vector<T> items) {
  list<T> page{.items = std::move(items), .next_cursor = {}};
  const auto most = static_cast<std::size_t>(which.limit - 1);
  if (page.items.size() > most) {
    page.items.resize(most);
    page.next_cursor = http::make_cursor(kind, {page.items.back().id});
    http::link_next(r, answer, *page.next_cursor);
  }
  json::write(answer.body(), page);
  answer.etag_of_body(r);
}

/// Suspends the calling coroutine until then.
awaitable<void> wait_until(std::chrono::steady_clock::time_point when);

}  // namespace cumulo::users::api
