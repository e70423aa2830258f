#include "platform/testing/postgres_cluster.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "platform/testing/command.hpp"

namespace cumulo::test {
namespace {

bool ends_within_10_seconds(pid_t pid) {
  for (int i = 0; i < 200; ++i) {
    if (::kill(pid, 0) != 0) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  return false;
}

TEST(postgres_cluster, serves_over_socket_and_tcp_restarts_and_leaves_nothing) {
  pid_t pid = 0;
  {
    postgres_cluster cluster{{.durable = true, .tcp = true, .settings = {"work_mem = 7MB"}}};
    const auto url = cluster.create_database();
    EXPECT_NE(url, cluster.create_database());
    EXPECT_EQ(cluster.sql(url, "SHOW work_mem"), "7MB\n");
    EXPECT_EQ(cluster.sql(url, "SHOW fsync"), "on\n");
    EXPECT_EQ(cluster.sql(url, "SHOW server_encoding"), "UTF8\n");
    EXPECT_EQ(cluster.sql(cluster.tcp_url("postgres"), "SELECT 1"), "1\n");
    cluster.sql(url, "CREATE TABLE kept (x BIGINT); INSERT INTO kept VALUES (7)");
    cluster.stop(postgres_cluster::stop_mode::immediate);
    EXPECT_THROW(cluster.sql(url, "SELECT 1"), std::runtime_error);
    cluster.start();
    EXPECT_EQ(cluster.sql(url, "SELECT x FROM kept"), "7\n");
    EXPECT_EQ(cluster.sql(cluster.tcp_url("postgres"), "SELECT 1"), "1\n");
    EXPECT_THROW(cluster.sql(url, "SELECT no_such"), std::runtime_error);
    pid = cluster.pid();
    EXPECT_EQ(::kill(pid, 0), 0);
  }
  EXPECT_TRUE(ends_within_10_seconds(pid));
}

/// The program runs anew as a child, which notes its server in a file and is killed.
TEST(postgres_cluster, ends_when_the_program_is_killed) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  constexpr const char* variable = "CUMULO_TEST_NOTE";
  std::optional<temporary_folder> folder;                          // the parent's: the child cannot remove one
  if (std::getenv(variable) == nullptr) {                          // NOLINT(concurrency-mt-unsafe)
    ::setenv(variable, folder.emplace().file("note").c_str(), 0);  // NOLINT(concurrency-mt-unsafe)
  }
  const std::string note = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EXIT(
      {
        const postgres_cluster cluster;
        std::ofstream{note} << cluster.pid() << ' ' << cluster.url("postgres");
        std::raise(SIGKILL);
      },
      testing::KilledBySignal(SIGKILL), "");
  ::unsetenv(variable);  // NOLINT(concurrency-mt-unsafe)
  std::ifstream in{note};
  pid_t pid = 0;
  std::string url;
  ASSERT_TRUE(in >> pid >> url);
  EXPECT_TRUE(ends_within_10_seconds(pid));
  const auto server_folder = url.substr(url.find("host=") + 5);
  for (int i = 0; i < 200 && std::filesystem::exists(server_folder); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
  }
  EXPECT_FALSE(std::filesystem::exists(server_folder)) << server_folder;
}

TEST(postgres_database, is_new_each_time_and_dropped_afterwards) {
  std::string gone;
  {
    const postgres_database one, other;
    EXPECT_NE(one.url(), other.url());
    EXPECT_TRUE(one.url().starts_with("postgres://")) << one.url();
    gone = one.url();
  }
  EXPECT_THROW(run_command({postgres_programs() + "/psql", "-X", "-d", gone, "-c", "SELECT 1"}), std::runtime_error);
}

TEST(run_command, gives_output_and_tells_of_failures) {
  EXPECT_EQ(run_command({"echo", "a b"}), "a b\n");
  EXPECT_THROW(run_command({"false"}), std::runtime_error);
  EXPECT_THROW(run_command({"/no/such/program"}), std::runtime_error);
}

}  // namespace
}  // namespace cumulo::test
