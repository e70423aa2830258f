#pragma once
// Percent-encoding (RFC 3986 §2.1) and query strings (application/x-www-form-urlencoded, as browsers send them).
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cumulo::http {

/// Is every % followed by two hex digits, and is the decoded text UTF-8 without NUL? Requests whose target is not are
/// refused with 400 before anything looks at them, so the decoders below may assume it.
[[nodiscard]] bool is_well_encoded(std::string_view text);

/// Appends the decoded text; `plus_is_space` for query strings. A malformed escape is kept as it stands.
void percent_decode(std::string& out, std::string_view text, bool plus_is_space = false);

/// Appends with everything but unreserved characters escaped.
void percent_encode(std::string& out, std::string_view text);

/// "a=1&b=x%20y" → pairs in order; empty pieces are skipped, a name without "=" has the value "".
[[nodiscard]] std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

/// Is it well-formed UTF-8 (no overlong forms, no surrogates, at most U+10FFFF)?
[[nodiscard]] bool is_utf8(std::string_view text);

/// ASCII only.
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

/// Without spaces and tabs at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);

/// Does a comma-separated field value ("gzip, br;q=0.5") hold `token`, parameters aside, with q not 0?
[[nodiscard]] bool lists_token(std::string_view value, std::string_view token);

}  // namespace cumulo::http
