#include "platform/testing/command.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <system_error>

namespace cumulo::test {

std::string run_command(const std::vector<std::string>& arguments) {
  std::array<int, 2> pipe_ends{};
  if (::pipe2(pipe_ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");

  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, "/");
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 2);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  pid_t pid{};
  const int failed = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_ends[1]);
  if (failed != 0) {
    ::close(pipe_ends[0]);
    throw std::system_error(failed, std::generic_category(), arguments[0]);
  }

  std::string output;
  std::array<char, 4096> block{};
  for (ssize_t got = 0; (got = ::read(pipe_ends[0], block.data(), block.size())) > 0;) {
    output.append(block.data(), static_cast<std::size_t>(got));
  }
  ::close(pipe_ends[0]);
  int status = 0;
  ::waitpid(pid, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    std::string line = "failed:";
    for (const auto& argument : arguments) line += " " + argument;
    throw std::runtime_error(line + "\n" + output);
  }
  return output;
}

std::string run_postgres_command(std::vector<std::string> arguments) {
  if (::geteuid() == 0) arguments.insert(arguments.begin(), {"runuser", "-u", "postgres", "--"});
  return run_command(arguments);
}

const std::string& postgres_programs() {
  static const std::string found = [] {
    if (const char* given = std::getenv("CUMULO_TEST_POSTGRES_BIN"))
      return std::string{given};  // NOLINT(concurrency-mt-unsafe)
    std::string best;
    int newest = 0;
    std::error_code ignored;
    for (const auto& each : std::filesystem::directory_iterator{"/usr/lib/postgresql", ignored}) {
      const int version = std::atoi(each.path().filename().c_str());
      if (version > newest && std::filesystem::exists(each.path() / "bin" / "initdb")) {
        newest = version;
        best = (each.path() / "bin").string();
      }
    }
    if (best.empty())
      throw std::runtime_error("no PostgreSQL server under /usr/lib/postgresql; set CUMULO_TEST_POSTGRES_BIN");
    return best;
  }();
  return found;
}

}  // namespace cumulo::test
