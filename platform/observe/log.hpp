#pragma once
// Structured log lines: JSON (one object a line) or human, asynchronous (a full queue drops and counts, never blocks an
// I/O thread). Values are escaped, so that none can forge a line or command a terminal; they are cut at 4 KiB. Never
// log a password, token, e-mail body or task text.
//
// A thread of our own writes blocks of finished lines: to a file (reopened within a second after it was moved away) or
// to standard error, within 200 ms; lines from `error` up at once.
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

namespace cumulo::log {

enum class level { trace, debug, info, warn, error, critical };

/// A member of a log line: {"tasks", 3}, {"path", path}.
struct field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
  field(std::string_view n, std::string_view v) : name(n), value(v) {}
  field(std::string_view n, const char* v) : name(n), value(std::string_view{v}) {}
  field(std::string_view n, const std::string& v) : name(n), value(std::string_view{v}) {}
  field(std::string_view n, bool v) : name(n), value(v) {}
  field(std::string_view n, double v) : name(n), value(v) {}
  template <class I>
    requires(std::is_integral_v<I> && !std::is_same_v<I, bool>)
  field(std::string_view n, I v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

struct settings {
  level least = level::info;
  bool json = true;       ///< otherwise for people: time level message name=value …
  std::string service{};  ///< member "service" of every line; none if empty
  std::string file{};     ///< empty: standard error
};

/// Once, at start, before other threads log; again only in tests. Before it, lines go to standard error as they come.
/// Throws std::system_error if the file cannot be opened.
void configure(const settings& s);
/// Waits (at most 3 s) until what is queued is written. Happens by itself at exit and in std::terminate.
void flush();
[[nodiscard]] bool enabled(level l);

void write(level l, std::string_view message, std::initializer_list<field> fields);
inline void debug(std::string_view message, std::initializer_list<field> fields = {}) {
  write(level::debug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<field> fields = {}) {
  write(level::info, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<field> fields = {}) {
  write(level::warn, message, fields);
}
inline void error(std::string_view message, std::initializer_list<field> fields = {}) {
  write(level::error, message, fields);
}

/// One access-log line, built and queued cheaply (well under 1 µs, no allocation in the steady state).
struct access_line {
  std::string_view method{}, route{}, path{}, request_id{}, trace_id{}, account_id{}, peer{};
  int status{};
  std::uint64_t bytes_in{}, bytes_out{};
  std::int64_t microseconds{};
};
void access(const access_line& line);

/// Lines written and dropped since configure().
struct counts {
  std::uint64_t written{}, dropped{};
};
[[nodiscard]] counts statistics();

}  // namespace cumulo::log
