#include "platform/core/config.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <stdexcept>

#include "platform/core/config_value.hpp"

namespace cumulo {
namespace {

using namespace config_value;

constexpr std::size_t max_file = std::size_t{1} << 20U;

/// A file's content, or why it cannot be read.
struct file_content {
  std::string text;
  std::string trouble;
};
file_content read_whole(const std::string& path) {
  file_content file;
  std::ifstream in;
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) in.open(path, std::ios::binary);
  if (in.is_open()) file.text.assign(std::istreambuf_iterator<char>{in}, {});
  if (!in.is_open() || in.bad()) {
    file.trouble = "cannot read the file " + path;
  } else if (file.text.size() > max_file) {
    file.trouble = "the file " + path + " is longer than 1 MiB";
  } else if (file.text.find('\0') != std::string::npos) {
    file.trouble = "the file " + path + " holds a NUL byte";
  }
  return file;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row[b.size()];
}

/// Kubernetes tells every container about every service like this; a service named "cumulo" would otherwise stop us.
bool is_kubernetes_link(std::string_view variable) {
  const auto ends_in_digits_after = [&](std::string_view mark) {
    const auto at = variable.rfind(mark);
    return at != std::string_view::npos &&
           variable.find_first_not_of("0123456789", at + mark.size()) == std::string_view::npos &&
           at + mark.size() < variable.size();
  };
  return variable.ends_with("_SERVICE_HOST") || variable.find("_SERVICE_PORT") != std::string_view::npos ||
         variable.ends_with("_PORT") || ends_in_digits_after("_PORT_") ||
         (variable.find("_PORT_") != std::string_view::npos &&
          (variable.ends_with("_TCP") || variable.ends_with("_UDP") || variable.ends_with("_PROTO") ||
           variable.ends_with("_ADDR")));
}

using values = std::map<std::string, std::string, std::less<>>;

/// Reads the sources into values by option name, and names every fault.
class source_reader {
 public:
  explicit source_reader(std::span<const option> options) : options_(options) {}

  values read_flags(std::span<const std::string> arguments) {
    values given;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string& word = arguments[i];
      if (!word.starts_with("--") || word.size() == 2) {
        fail(word, "unexpected_argument", "is no option; options start with --");
        continue;
      }
      const auto equals = word.find('=');
      const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
      const std::string flag = "--" + name;
      const option* described = find(name);
      if (described == nullptr && name != file_option) {
        fail_unknown(flag, name, "option", [](std::string_view known) { return "--" + std::string{known}; });
        continue;
      }
      std::string value;
      if (equals != std::string::npos) {
        value = word.substr(equals + 1);
      } else {
        const bool has_next = i + 1 < arguments.size() && !arguments[i + 1].starts_with("--");
        if (described != nullptr && described->type == option_type::boolean &&
            !(has_next && to_boolean(arguments[i + 1]))) {
          value = "true";
        } else if (has_next) {
          value = arguments[++i];
        } else {
          fail(flag, "required", "needs a value");
          continue;
        }
      }
      if (given.contains(name)) {
        fail(flag, "duplicate", "is given twice");
      } else {
        take(given, name, std::move(value), flag);
      }
    }
    return given;
  }

  /// Variables of the options themselves, and of `_FILE` where no plain one is given.
  std::pair<values, values> read_environment(const std::map<std::string, std::string>& variables) {
    values plain;
    values from_files;
    for (const auto& [variable, value] : variables) {
      if (!variable.starts_with("CUMULO_") || variable.starts_with("CUMULO_TEST_")) continue;
      if (const auto name = option_of(variable)) {
        const option* described = find(*name);
        const bool is_nothing = value.empty() && (described == nullptr || !reason_against(*described, value).empty());
        if (!is_nothing) take(plain, *name, value, variable);
        continue;
      }
      constexpr std::string_view file_suffix = "_FILE";
      const auto name = variable.ends_with(file_suffix)
                            ? option_of(std::string_view{variable}.substr(0, variable.size() - file_suffix.size()))
                            : std::nullopt;
      if (name) {
        if (!value.empty()) take_secret_file(from_files, *name, value, variable);
      } else if (!is_kubernetes_link(variable)) {
        fail_unknown(variable, variable, "variable", variable_of);
      }
    }
    return {std::move(plain), std::move(from_files)};
  }

  values read_file(const std::string& path) {
    values given;
    const file_content file = read_whole(path);
    if (!file.trouble.empty()) {
      fail("--config", "unreadable", file.trouble);
      return given;
    }
    std::string_view rest = file.text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
      const auto end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = trim(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (line.empty() || line.front() == '#') continue;
      const std::string where = path + ":" + std::to_string(number);
      const auto equals = line.find('=');
      if (equals == std::string_view::npos) {
        fail(where, "malformed", "is not of the form: name = value");
        continue;
      }
      const std::string name{trim(line.substr(0, equals))};
      std::string_view value = trim(line.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
      if (find(name) == nullptr) {
        fail_unknown(where, name, "option", [](std::string_view known) { return std::string{known}; });
      } else if (given.contains(name)) {
        fail(where, "duplicate", name + " is given twice");
      } else {
        take(given, name, std::string{value}, where + " " + name);
      }
    }
    return given;
  }

  std::vector<fault> faults;
  static constexpr std::string_view file_option = "config";

 private:
  [[nodiscard]] const option* find(std::string_view name) const {
    const auto at = std::ranges::find(options_, name, &option::name);
    return at == options_.end() ? nullptr : &*at;
  }
  [[nodiscard]] std::optional<std::string> option_of(std::string_view variable) const {
    if (variable == variable_of(file_option)) return std::string{file_option};
    for (const option& each : options_) {
      if (variable_of(each.name) == variable) return std::string{each.name};
    }
    return std::nullopt;
  }
  void take(values& given, const std::string& name, std::string value, std::string where) {
    const option* described = find(name);
    std::string reason = described == nullptr ? "" : reason_against(*described, value);
    if (reason.empty()) {
      given.emplace(name, std::move(value));
    } else {
      fail(std::move(where), "invalid_value", std::move(reason));
    }
  }
  void take_secret_file(values& given, const std::string& name, const std::string& path, const std::string& variable) {
    file_content file = read_whole(path);
    if (!file.trouble.empty()) return fail(variable, "unreadable", file.trouble);
    while (file.text.ends_with('\n') || file.text.ends_with('\r')) file.text.pop_back();
    take(given, name, std::move(file.text), variable);
  }
  void fail(std::string where, std::string code, std::string detail) {
    faults.push_back({std::move(where), std::move(code), std::move(detail)});
  }
  template <class Spell>
  void fail_unknown(std::string where, std::string_view name, std::string_view kind, Spell spell) {
    std::string detail = "unknown " + std::string{kind};
    std::string nearest;
    std::size_t least = 4;
    for (const option& each : options_) {
      std::string spelled = spell(each.name);
      const auto distance = edit_distance(spelled.starts_with("--") ? spelled.substr(2) : spelled, name);
      if (distance < least) {
        least = distance;
        nearest = std::move(spelled);
      }
    }
    if (!nearest.empty()) detail += "; did you mean " + nearest + "?";
    fail(std::move(where), "unknown_option", std::move(detail));
  }

  std::span<const option> options_;
};

[[noreturn]] void misuse(std::string_view name, std::string_view what) {
  throw std::logic_error("option \"" + std::string{name} + "\" " + std::string{what});
}

}  // namespace

void option_table::add(std::span<const option> options) {
  for (const option& each : options) {
    if (has(each.name)) continue;
    if (!reason_against(each, each.default_value).empty())
      misuse(each.name, "has a default that is no value of its type");
    options_.push_back(each);
  }
}

void option_table::set_default(std::string_view name, std::string value) {
  const auto at = std::ranges::find(options_, name, &option::name);
  if (at == options_.end()) misuse(name, "does not exist");
  if (!reason_against(*at, value).empty()) misuse(name, "has a default that is no value of its type");
  at->default_value = std::move(value);
}

result<config> option_table::resolve(std::span<const std::string> arguments,
                                     const std::map<std::string, std::string>& environment) const {
  source_reader sources{options_};
  const values flags = sources.read_flags(arguments);
  const auto [variables, from_files] = sources.read_environment(environment);
  std::string path;
  for (const values* source : {&flags, &variables, &from_files}) {
    const auto at = source->find(source_reader::file_option);
    if (path.empty() && at != source->end()) path = at->second;
  }
  const values file = path.empty() ? values{} : sources.read_file(path);
  if (!sources.faults.empty()) {
    return error{.code = errc::invalid, .detail = "The configuration is wrong:", .faults = std::move(sources.faults)};
  }

  config resolved;
  for (const option& each : options_) {
    config::entry& made = resolved.entries_[std::string{each.name}];
    made = {.described = each, .value = each.default_value, .given = false};
    for (const values* source : {&file, &from_files, &variables, &flags}) {
      if (const auto at = source->find(each.name); at != source->end()) {
        made.value = at->second;
        made.given = true;
      }
    }
  }
  return resolved;
}

const config::entry& config::at(std::string_view name, std::initializer_list<option_type> types) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) misuse(name, "does not exist");
  if (types.size() > 0 && std::ranges::count(types, found->second.described.type) == 0)
    misuse(name, "has another type");
  return found->second;
}

const std::string& config::text(std::string_view name) const {
  return at(name, {option_type::text, option_type::secret}).value;
}
std::int64_t config::number(std::string_view name) const {
  return to_number(at(name, {option_type::number}).value).value();
}
bool config::boolean(std::string_view name) const { return to_boolean(at(name, {option_type::boolean}).value).value(); }
std::chrono::milliseconds config::duration(std::string_view name) const {
  return to_duration(at(name, {option_type::duration}).value).value();
}
std::uint64_t config::size(std::string_view name) const { return to_size(at(name, {option_type::size}).value).value(); }
std::vector<std::string> config::list(std::string_view name) const {
  return to_list(at(name, {option_type::list}).value);
}
bool config::is_set(std::string_view name) const { return at(name, {}).given; }

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> all;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string_view line{*at};
    const auto equals = line.find('=');
    if (equals != std::string_view::npos) all.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return all;
}

}  // namespace cumulo
