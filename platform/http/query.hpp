#pragma once
// Query parameters → values, with every fault named, and the shape of lists (design §4).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/clock.hpp"
#include "platform/http/message.hpp"

namespace cumulo::http {

/// Reads the parameters of one request. Call the getters for all that the route knows, then `finish()`: it reports
/// every bad value ("?limit") and every parameter that no getter asked for.
class query_reader {
 public:
  explicit query_reader(const request& r);
  /// `max_length` in characters, as the contract counts them.
  [[nodiscard]] std::optional<std::string> text(std::string_view name, std::size_t max_length = 200);
  [[nodiscard]] std::vector<std::string> list(std::string_view name,
                                              std::size_t max_items = 50);  ///< repeated or comma-separated
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view name, std::int64_t least, std::int64_t most);
  [[nodiscard]] std::optional<bool> boolean(std::string_view name);
  /// `limit`, 1–200, default 50.
  [[nodiscard]] int limit();
  void fail(std::string_view name, std::string code, std::string detail);
  [[nodiscard]] result<> finish() const;

 private:
  const request& request_;
  std::vector<std::string> known_;
  std::vector<fault> faults_;
};

/// Opaque keyset cursors: base64url of the fields, with a check that they belong to this list's sort. Not secret; what
/// they hold is validated like any input.
[[nodiscard]] std::string make_cursor(std::string_view kind, const std::vector<std::string>& fields);
/// Nothing if it is not a cursor of that kind with that many fields.
[[nodiscard]] std::optional<std::vector<std::string>> read_cursor(std::string_view cursor, std::string_view kind,
                                                                  std::size_t fields);

/// Adds `Link: <…&cursor=…>; rel="next"` for the same query with this cursor.
void link_next(const request& r, response& out, std::string_view next_cursor);

}  // namespace cumulo::http
