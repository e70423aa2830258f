#pragma once
// How a log line looks, as JSON and for people; private to this room.
#include <span>
#include <string>
#include <string_view>

#include "platform/core/clock.hpp"
#include "platform/observe/log.hpp"

namespace cumulo::log {

/// Quotes and escapes any bytes as a JSON string: invalid UTF-8 becomes U+FFFD; control characters of every kind
/// (C0, DEL, C1, line and paragraph separators, bidirectional overrides) are escaped, so that no terminal obeys them.
void append_quoted(std::string& out, std::string_view text);

[[nodiscard]] std::string_view name_of(level l);

void append_json_line(std::string& out, instant now, level l, std::string_view service, std::string_view message,
                      std::span<const field> fields);
void append_text_line(std::string& out, instant now, level l, std::string_view message, std::span<const field> fields);
void append_json_access(std::string& out, instant now, std::string_view service, const access_line& line);
void append_text_access(std::string& out, instant now, const access_line& line);

}  // namespace cumulo::log
