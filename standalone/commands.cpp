#include "standalone/commands.hpp"

#include <iostream>

#include "platform/http/static_files.hpp"
#include "standalone/backup.hpp"
#include "web/page.hpp"

namespace cumulo::standalone {

namespace {

using work = void (*)(const std::filesystem::path& data_folder, const std::filesystem::path& file, instant now,
                      std::ostream& say);

/// A command that takes one file.
service::command_line with_file(std::string_view name, std::string_view meaning, work todo) {
  auto run = [name, todo](const config& options, std::span<const std::string> arguments) {
    if (arguments.size() != 1 || arguments.front().starts_with("-")) {
      std::cerr << "Usage: cumulo " << name << " FILE\n";
      return 2;
    }
    try {
      todo(options.text("data-dir"), arguments.front(), system_clock().now(), std::cout);
      return 0;
    } catch (const std::exception& e) {
      std::cerr << "cumulo " << name << ": " << e.what() << '\n';
      return 1;
    }
  };
  return {name, "FILE", meaning, run};
}

/// "http://127.0.0.1:8000" for whoever sits at this machine.
std::string address(const config& options, std::uint16_t port) {
  const std::string& listen = options.text("listen");
  std::string host = listen.substr(0, listen.rfind(':'));
  if (host.empty() || host == "0.0.0.0" || host == "*") host = "127.0.0.1";
  if (host == "[::]") host = "[::1]";
  return "http://" + host + ":" + std::to_string(port);
}

/// Listens beyond this machine, and its links say http.
bool is_reached_without_tls(const config& options) {
  const std::string& listen = options.text("listen");
  const std::string host = listen.substr(0, listen.rfind(':'));
  const bool only_here = host.starts_with("127.") || host == "localhost" || host == "[::1]";
  return !only_here && !options.text("public-url").starts_with("https://");
}

}  // namespace

std::span<const option> options() {
  static const std::vector<option> table{
      {"greeting", option_type::boolean, "true",
       "When ready, print the address and what to do next on standard output."},
  };
  return table;
}

void claim(const config& options, std::optional<data_folder_lock>& lock) {
  if (!options.text("database-url").empty()) {
    throw std::runtime_error(
        "database-url is set, but the all-in-one program keeps its three databases in data-dir; with PostgreSQL, run "
        "the "
        "three services.");
  }
  const std::filesystem::path folder = options.text("data-dir");
  if (!lock) lock.emplace(folder);
  finish_replacement(folder);
}

std::vector<service::command_line> commands(std::span<const service::command_line> more) {
  std::vector<service::command_line> all{
      with_file("backup", "Save everything, as it is at one instant, to a new file. Online.", back_up),
      with_file("restore", "Go back to a backup; what is there now is kept beside it. Offline.", restore),
  };
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

http::handler page() { return http::serve_files(web::page()); }

void greet(const config& options, std::uint16_t port) {
  if (!options.boolean("greeting")) return;
  const std::string here = address(options, port);
  std::cout << "\nCumulo is ready: " << here << "\n\n"
            << "  Open " << here << " for the first steps, " << here << "/docs for the API.\n"
            << "  The first account that registers is the administrator.\n"
            << "  Data: " << std::filesystem::absolute(options.text("data-dir")).lexically_normal().string()
            << "   Back it up: cumulo backup FILE   Stop: Ctrl-C\n";
  if (is_reached_without_tls(options)) {
    std::cout << "  Browsers elsewhere stay signed in over HTTPS only: put a proxy in front (docs/operations.md).\n";
  }
  std::cout << std::flush;
}

}  // namespace cumulo::standalone
