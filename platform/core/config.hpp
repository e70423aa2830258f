#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "platform/core/result.hpp"

namespace cumulo {

enum class option_type { text, number, boolean, duration, size, secret, list };

/// One line of a program's option table. The name is the flag's ("database-url" → `--database-url`,
/// `CUMULO_DATABASE_URL`, `CUMULO_DATABASE_URL_FILE`, `database-url = …` in the file).
struct option {
  std::string_view name;
  option_type type{option_type::text};
  std::string default_value;
  std::string_view meaning;                 ///< one sentence for --help and the docs
  std::vector<std::string_view> choices{};  ///< if not empty, the value is one of these
  std::int64_t least{0};                    ///< of a number
};

/// Resolved options. Order of authority: flag, environment, `_FILE` environment, file (`--config`), default.
/// The getters throw std::logic_error unless the option exists with that type: a wrong name is a programming mistake.
class config {
 public:
  [[nodiscard]] const std::string& text(std::string_view name) const;  ///< text or secret
  [[nodiscard]] std::int64_t number(std::string_view name) const;
  [[nodiscard]] bool boolean(std::string_view name) const;
  [[nodiscard]] std::chrono::milliseconds duration(
      std::string_view name) const;                                          ///< "250ms", "30s", "15m", "24h", "30d"
  [[nodiscard]] std::uint64_t size(std::string_view name) const;             ///< bytes: "16KiB", "1MiB"
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;  ///< comma-separated
  [[nodiscard]] bool is_set(std::string_view name) const;                    ///< given by someone, not the default

 private:
  friend class option_table;
  struct entry {
    option described;
    std::string value;
    bool given{false};
  };
  [[nodiscard]] const entry& at(std::string_view name, std::initializer_list<option_type> types) const;
  std::map<std::string, entry, std::less<>> entries_;
};

/// The options of one program, from which parsing, --help, --print-config and the documentation are made.
class option_table {
 public:
  /// Adds options; a name given twice keeps the first (services share platform options in the standalone program).
  /// A default that is no value of its type is a programming mistake: std::logic_error.
  void add(std::span<const option> options);
  void add(std::initializer_list<option> options) { add(std::span{options.begin(), options.size()}); }
  /// Gives an option that is already there another default (standalone's listen address).
  void set_default(std::string_view name, std::string value);

  /// Is `--name` a flag that `resolve` reads ("config", the file, is one too)?
  [[nodiscard]] bool has(std::string_view name) const {
    return name == "config" || std::ranges::find(options_, name, &option::name) != options_.end();
  }

  /// Reads flags (argv without the program and command), environment and file. Every fault is named, not just the
  /// first (`pointer` is the flag, the variable or file:line); unknown flags, unknown keys in the file and unknown
  /// CUMULO_… variables are faults, except CUMULO_TEST_… and what Kubernetes sets for a service named "cumulo".
  /// Flags: `--name value`, `--name=value`, a boolean also alone. File: `name = value` lines, `#` comments, the value
  /// as it stands or in double quotes. A variable that is empty where empty is no value counts as not given.
  /// `environment` is a snapshot "NAME" → value, so that tests need not touch the process.
  [[nodiscard]] result<config> resolve(std::span<const std::string> arguments,
                                       const std::map<std::string, std::string>& environment) const;

  void print_help(std::ostream& out) const;      ///< a table: flag, variable, type, default, meaning
  void print_markdown(std::ostream& out) const;  ///< the same for docs/configuration.md
  void print_config(std::ostream& out,
                    const config& c) const;  ///< effective values; secrets and URLs' passwords hidden

 private:
  std::vector<option> options_;
};

/// The process's environment as `resolve` takes it.
[[nodiscard]] std::map<std::string, std::string> environment();

}  // namespace cumulo
