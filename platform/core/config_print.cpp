#include <ostream>

#include "platform/core/config.hpp"
#include "platform/core/config_value.hpp"

namespace cumulo {
namespace {

using namespace config_value;

std::string choices_of(const option& each) {
  std::string all;
  for (const auto choice : each.choices) {
    if (choice.empty()) continue;
    if (!all.empty()) all += '|';
    all += choice;
  }
  return all.empty() ? std::string{name_of(each.type)} : all;
}

void pad_to(std::string& line, std::size_t width) { line.resize(std::max(line.size() + 2, width), ' '); }

/// "postgres://user:***@host/db": what stands between the colon and the @ of a URL's user.
std::string hide_password(std::string value) {
  for (std::size_t from = 0;;) {
    const auto scheme = value.find("://", from);
    if (scheme == std::string::npos) return value;
    const auto begin = scheme + 3;
    const auto end = std::min(value.find_first_of("/?# ,", begin), value.size());
    const auto at = value.rfind('@', end);
    const auto colon = value.find(':', begin);
    from = begin;
    if (at != std::string::npos && at > begin && at < end && colon < at) {
      value.replace(colon + 1, at - colon - 1, "***");
      from = colon + 4;
    }
  }
}

std::string escape_cell(std::string_view text) {
  std::string cell;
  for (const char c : text) {
    if (c == '|') cell += '\\';
    cell += c;
  }
  return cell;
}

}  // namespace

void option_table::print_help(std::ostream& out) const {
  for (const option& each : options_) {
    std::string line = "  --" + std::string{each.name} + " <" + choices_of(each) + ">";
    pad_to(line, 42);
    line += variable_of(each.name);
    pad_to(line, 74);
    line += each.default_value.empty() ? "(empty)" : each.default_value;
    out << line << "\n      " << each.meaning << '\n';
  }
  out << "\n  --config <file>, CUMULO_CONFIG: a file of `name = value` lines.\n"
         "  Any variable with _FILE after its name holds the path of a file with the value (for secrets).\n"
         "  A flag overrules its variable, that the variable with _FILE, that the file, that the default (last "
         "column).\n";
}

void option_table::print_markdown(std::ostream& out) const {
  out << "| flag | variable | type | default | meaning |\n|---|---|---|---|---|\n";
  for (const option& each : options_) {
    out << "| `--" << each.name << "` | `" << variable_of(each.name) << "` | " << name_of(each.type);
    if (!each.choices.empty()) out << ": `" << escape_cell(choices_of(each)) << '`';
    out << " | " << (each.default_value.empty() ? "" : "`" + escape_cell(each.default_value) + "`") << " | "
        << escape_cell(each.meaning) << " |\n";
  }
}

void option_table::print_config(std::ostream& out, const config& c) const {
  for (const option& each : options_) {
    const config::entry& resolved = c.at(each.name, {});
    if (each.type == option_type::secret) {
      out << "# " << each.name << (resolved.value.empty() ? " (not set)" : " (set)") << '\n';
    } else {
      out << each.name << " = " << hide_password(resolved.value) << '\n';
    }
  }
}

}  // namespace cumulo
