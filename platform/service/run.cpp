#include <algorithm>
#include <iostream>

#include "platform/core/version.hpp"
#include "platform/outbound/fetch.hpp"
#include "platform/service/component.hpp"
#include "platform/service/process.hpp"

namespace cumulo::service {

namespace {

std::string version_line(const program& what) {
  return std::string{what.name} + " " + std::string{version()} + " (" + std::string{commit()} + ")";
}

option_table options_of(const program& what) {
  option_table table;
  table.add(platform_options());
  table.add(what.options);
  table.set_default("listen", std::string{what.default_listen});
  table.set_default("management-listen", std::string{what.default_management_listen});
  if (what.in_process_bus) table.set_default("bus-url", "inproc:");
  return table;
}

/// The address to reach a listener on from this machine.
std::string loopback_url(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  std::string host = listen.substr(0, colon);
  if (host.empty() || host == "0.0.0.0" || host == "*") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  return "http://" + host + listen.substr(colon);
}

int check_health(const config& options) {
  try {
    const auto answer = outbound::fetch("GET", loopback_url(options.text("management-listen")) + "/readyz", {}, {},
                                        {.timeout = std::chrono::seconds{5}});
    std::cout << answer.body << '\n';
    return answer.status == 200 ? 0 : 1;
  } catch (const std::exception& e) {
    std::cerr << "no answer: " << e.what() << '\n';
    return 1;
  }
}

std::vector<command_line> commands_of(const program& what) {
  std::vector<command_line> all{
      {"serve", "", "Serve until told to stop (what happens without a command).",
       [&what](const config& c, std::span<const std::string>) { return serve(what, c); }},
      {"migrate", "", "Bring the database schemas up to date and end.",
       [&what](const config& c, std::span<const std::string>) { return migrate(what, c); }},
      {"events parked", "[CONSUMER]", "List the events that consumers have given up.",
       [&what](const config& c, std::span<const std::string> a) { return list_parked_events(what, c, a); }},
      {"events replay", "EVENT_ID|--all [CONSUMER]", "Have parked events handled again.",
       [&what](const config& c, std::span<const std::string> a) { return replay_parked_events(what, c, a); }},
      {"routes", "", "Print the table of routes.",
       [&what](const config& c, std::span<const std::string>) { return print_routes(what, c); }},
      {"healthcheck", "", "Ask the running program whether it can serve; exit code 0 if so.",
       [](const config& c, std::span<const std::string>) { return check_health(c); }},
      {"version", "", "Print the version.",
       [&what](const config&, std::span<const std::string>) {
         std::cout << version_line(what) << '\n';
         return 0;
       }},
  };
  std::ranges::copy(what.commands, std::back_inserter(all));
  return all;
}

void print_help(const program& what, const option_table& table, std::span<const command_line> commands) {
  std::cout << version_line(what) << "\n\nUsage: " << what.name << " [command] [options]\n\nCommands:\n";
  for (const command_line& each : commands) {
    std::string left = "  " + std::string{each.name} + " " + std::string{each.arguments};
    left.resize(std::max<std::size_t>(left.size() + 1, 44), ' ');
    std::cout << left << each.meaning << '\n';
  }
  std::cout << "\nBesides: --help, --help-markdown, --print-config, --version, --healthcheck\n\nOptions:\n";
  table.print_help(std::cout);
}

/// Splits "user create a@b.c --admin --data-dir x" into the command's words, its own arguments and the options.
struct words {
  std::vector<std::string> positional;  // everything that does not start with "--"
  std::vector<std::string> options;     // known to the table
  std::vector<std::string> switches;    // the command's own, "--admin"
};

/// Takes the command off the front of `positional`: the longest name that matches.
const command_line* take_command(std::vector<std::string>& positional, std::span<const command_line> commands) {
  for (std::size_t count = std::min<std::size_t>(positional.size(), 2); count > 0; --count) {
    const std::string name = count == 2 ? positional[0] + " " + positional[1] : positional[0];
    const auto found = std::ranges::find(commands, name, &command_line::name);
    if (found != commands.end()) {
      positional.erase(positional.begin(), positional.begin() + static_cast<std::ptrdiff_t>(count));
      return &*found;
    }
  }
  return nullptr;
}

words split(int argc, char** argv, const option_table& table) {
  words out;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (!word.starts_with("--")) {
      out.positional.push_back(word);
      continue;
    }
    const std::string name = word.substr(2, word.find('=') - 2);
    if (!table.has(name)) {
      out.switches.push_back(word);
    } else {
      out.options.push_back(word);
      if (word.find('=') == std::string::npos && i + 1 < argc) out.options.emplace_back(argv[++i]);
    }
  }
  return out;
}

bool take_switch(words& given, std::string_view name) { return std::erase(given.switches, std::string{name}) > 0; }

int report(const error& e) {
  std::cerr << e.detail << '\n';
  for (const fault& each : e.faults) std::cerr << "  " << each.pointer << ": " << each.detail << '\n';
  return 2;
}

}  // namespace

int run(const program& what, int argc, char** argv) {
  const option_table table = options_of(what);
  const std::vector<command_line> commands = commands_of(what);
  words given = split(argc, argv, table);

  if (take_switch(given, "--help")) {
    print_help(what, table, commands);
    return 0;
  }
  if (take_switch(given, "--help-markdown")) {
    table.print_markdown(std::cout);
    return 0;
  }
  if (take_switch(given, "--version")) {
    std::cout << version_line(what) << '\n';
    return 0;
  }
  const bool print_only = take_switch(given, "--print-config");
  if (take_switch(given, "--healthcheck")) given.positional = {"healthcheck"};

  if (given.positional.empty()) given.positional.emplace_back("serve");
  const command_line* command = take_command(given.positional, commands);
  if (command == nullptr) {
    return report({errc::invalid, "Unknown command \"" + given.positional.front() + "\"; --help lists them."});
  }
  const bool has_own = !command->arguments.empty() && !print_only;
  if (!has_own && !given.positional.empty()) {
    return report({errc::invalid, "Unknown argument \"" + given.positional.front() + "\"; --help lists the options."});
  }
  // Where the command has no arguments of its own, they are options that nobody knows, and named with all other faults.
  std::ranges::copy(given.switches, std::back_inserter(has_own ? given.positional : given.options));

  const result<config> options = table.resolve(given.options, environment());
  if (!options) return report(options.error());
  if (print_only) {
    table.print_config(std::cout, *options);
    return 0;
  }
  return command->run(*options, given.positional);
}

}  // namespace cumulo::service
