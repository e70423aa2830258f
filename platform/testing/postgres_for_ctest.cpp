// The PostgreSQL server that the test programs of one ctest run share (a ctest fixture; see CMakeLists.txt): with one
// program per test case, a server each would cost seconds a case.
//
//   postgres-for-ctest start NOTE   starts it in the background and writes its URL to the file NOTE
//   postgres-for-ctest stop NOTE    removes NOTE, which ends it
//
// It also ends when the ctest that started it does, however that happens.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>

#include "platform/testing/postgres_cluster.hpp"

namespace {

constexpr std::chrono::milliseconds look_every{200};
constexpr int most_looks = 600;  // two minutes

/// The background half: its output may not hold up ctest, which waits for the pipe's end.
void serve(const std::filesystem::path& note, pid_t ctest) {
  ::setsid();
  const int nowhere = ::open("/dev/null", O_RDWR);
  for (const int each : {0, 1, 2}) ::dup2(nowhere, each);
  const cumulo::test::postgres_cluster cluster;
  const std::filesystem::path half = note.string() + ".new";
  std::ofstream{half} << cluster.url("postgres");
  std::filesystem::rename(half, note);
  const auto written = std::filesystem::last_write_time(note);
  std::error_code gone;
  while (::kill(ctest, 0) == 0 && std::filesystem::last_write_time(note, gone) == written) {
    std::this_thread::sleep_for(look_every);
  }
  if (!gone) std::filesystem::remove(note, gone);
}

int start(const std::filesystem::path& note) {
  std::filesystem::remove(note);
  const pid_t ctest = ::getppid();
  const pid_t server = ::fork();
  if (server == 0) {
    try {
      serve(note, ctest);
    } catch (const std::exception&) {
      ::_exit(1);
    }
    return 0;
  }
  for (int i = 0; i < most_looks && ::kill(server, 0) == 0; ++i) {
    if (std::filesystem::exists(note)) return 0;
    std::this_thread::sleep_for(look_every);
  }
  std::cerr << "the PostgreSQL server for the tests did not start\n";
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 3 ? argv[1] : "";
  if (what == "start") return start(argv[2]);
  if (what == "stop") return std::filesystem::remove(argv[2]) ? 0 : 1;
  std::cerr << "usage: postgres-for-ctest start|stop NOTE\n";
  return 2;
}
