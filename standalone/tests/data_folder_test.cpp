#include "standalone/data_folder.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "standalone/tests/folder.hpp"

namespace cumulo::standalone {
namespace {

namespace fs = std::filesystem;

TEST(data_folder_locks, are_held_by_one_and_made_private) {
  const temporary_folder outer;
  const fs::path folder = outer / "data";
  {
    const data_folder_lock first{folder};
    EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
    try {
      const data_folder_lock second{folder};
      FAIL() << "two have the folder";
    } catch (const std::runtime_error& e) {
      EXPECT_THAT(e.what(), testing::HasSubstr("process " + std::to_string(::getpid())));
      EXPECT_THAT(e.what(), testing::HasSubstr("stop it first"));
    }
  }
  const data_folder_lock again{folder};
}

TEST(data_folder_locks, end_with_a_process_that_is_killed) {
  const temporary_folder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    const data_folder_lock held{folder.path()};
    write_file(folder / "held", "yes");
    for (;;) ::pause();
  }
  while (!fs::exists(folder / "held")) ::usleep(1000);
  EXPECT_THROW(data_folder_lock{folder.path()}, std::runtime_error);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  const data_folder_lock now{folder.path()};
}

class replacements : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string_view name : database_names)
      write_file(database_path(folder.path(), name), "old " + std::string{name});
    write_file(folder / "users.db-wal", "old log");
    fs::create_directory(staged);
    for (const std::string_view name : database_names)
      write_file(database_path(staged, name), "new " + std::string{name});
  }
  void expect_replaced() {
    for (const std::string_view name : database_names) {
      EXPECT_EQ(read_file(database_path(folder.path(), name)), "new " + std::string{name});
      EXPECT_EQ(read_file(database_path(folder / "before", name)), "old " + std::string{name});
    }
    EXPECT_FALSE(fs::exists(folder / "users.db-wal")) << "the old log would be replayed into the new database";
    EXPECT_EQ(read_file(folder / "before/users.db-wal"), "old log");
    EXPECT_FALSE(has_unfinished_replacement(folder.path()));
  }
  temporary_folder folder;
  fs::path staged = folder / "staged";
};

TEST_F(replacements, keep_the_old_beside) {
  replace_databases(folder.path(), staged, "before");
  expect_replaced();
  EXPECT_FALSE(finish_replacement(folder.path()));
}

/// The states in which a power cut can leave the folder, one after the other.
TEST_F(replacements, are_ended_wherever_they_were_interrupted) {
  const std::vector<std::function<void()>> steps{
      [&] { fs::create_directory(folder / "before"); },
      [&] { fs::rename(folder / "users.db", folder / "before/users.db"); },
      [&] { fs::rename(folder / "users.db-wal", folder / "before/users.db-wal"); },
      [&] { fs::rename(folder / "restoring/users.db", folder / "users.db"); },
      [&] { fs::rename(folder / "tasks.db", folder / "before/tasks.db"); },
      [&] { fs::rename(folder / "restoring/tasks.db", folder / "tasks.db"); },
      [&] { fs::rename(folder / "notifications.db", folder / "before/notifications.db"); },
      [&] { fs::rename(folder / "restoring/notifications.db", folder / "notifications.db"); },
  };
  for (std::size_t done = 0; done <= steps.size(); ++done) {
    for (const fs::directory_entry& each : fs::directory_iterator{folder.path()}) fs::remove_all(each);
    SetUp();
    write_file(staged / "previous", "before");
    fs::rename(staged, folder / "restoring");
    for (std::size_t i = 0; i < done; ++i) steps[i]();
    EXPECT_TRUE(has_unfinished_replacement(folder.path()));
    EXPECT_TRUE(finish_replacement(folder.path()));
    expect_replaced();
  }
}

}  // namespace
}  // namespace cumulo::standalone
