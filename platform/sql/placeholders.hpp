#pragma once
#include <string>
#include <string_view>

namespace cumulo::sql {

/// Writes the placeholders ?1 ?2 … of `text` as PostgreSQL's $1 $2 …; what stands in string literals (also E'' and
/// $tag$…$tag$), quoted identifiers and comments is left alone, as is a `?` without a number.
[[nodiscard]] std::string to_postgres_placeholders(std::string_view text);

}  // namespace cumulo::sql
