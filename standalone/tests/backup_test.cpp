#include "standalone/backup.hpp"

#include <gmock/gmock.h>

#include <sstream>

#include "platform/sql/database.hpp"
#include "standalone/archive.hpp"
#include "standalone/data_folder.hpp"
#include "standalone/tests/folder.hpp"

namespace cumulo::standalone {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr instant now = from_millis(1'800'000'000'000);

/// One table named after `mark` tells databases apart.
void make_database(const fs::path& file, const std::string& mark) {
  const std::string script = "CREATE TABLE " + mark + " (id TEXT);";
  const std::array migrations{embedded_file{"V001__first.sql", script}};
  sql::migrate("sqlite:" + file.string(), migrations);
}

bool has_mark(const fs::path& file, const std::string& mark) {
  return read_file(file).find("CREATE TABLE " + mark) != std::string::npos;
}

class backup : public testing::Test {
 protected:
  backup() { make_databases("before"); }
  void make_databases(const std::string& mark) {
    fs::create_directories(data);
    for (const std::string_view name : database_names) make_database(database_path(data, name), mark);
  }
  void expect_refusal(const std::function<void()>& todo, const std::string& sentence) {
    try {
      todo();
      FAIL() << "not refused: " << sentence;
    } catch (const std::exception& e) {
      EXPECT_THAT(e.what(), HasSubstr(sentence));
    }
  }
  void expect_untouched() {
    for (const std::string_view name : database_names) EXPECT_TRUE(has_mark(database_path(data, name), "before"));
    for (const fs::directory_entry& each : fs::directory_iterator{data}) {
      EXPECT_FALSE(each.is_directory()) << each.path() << " was left behind";
    }
  }

  temporary_folder folder;
  fs::path data = folder / "data";
  fs::path file = folder / "backup.tar";
  std::ostringstream said;
};

TEST_F(backup, comes_back_and_what_was_there_is_kept) {
  back_up(data, file, now, said);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  fs::remove_all(data);
  make_databases("after");
  restore(data, file, now, said);
  for (const std::string_view name : database_names) {
    EXPECT_TRUE(has_mark(database_path(data, name), "before"));
    EXPECT_TRUE(has_mark(database_path(data / "before-restore-20270115T080000Z", name), "after"));
  }
  EXPECT_FALSE(fs::exists(data / "restoring.partial"));
  EXPECT_THAT(said.str(), HasSubstr("before-restore-20270115T080000Z"));
}

TEST_F(backup, restores_into_a_folder_that_is_not_there) {
  back_up(data, file, now, said);
  restore(folder / "elsewhere", file, now, said);
  EXPECT_TRUE(has_mark(database_path(folder / "elsewhere", "tasks"), "before"));
}

TEST_F(backup, leaves_one_file_and_overwrites_none) {
  back_up(data, file, now, said);
  const std::string saved = read_file(file);
  expect_refusal([&] { back_up(data, file, now, said); }, "overwrites nothing");
  EXPECT_EQ(read_file(file), saved);
  std::size_t names = 0;
  for ([[maybe_unused]] const fs::directory_entry& each : fs::directory_iterator{folder.path()}) ++names;
  EXPECT_EQ(names, 2U) << "the data folder and the backup";
}

TEST_F(backup, of_a_folder_without_databases_is_refused) {
  expect_refusal([&] { back_up(folder / "nothing", file, now, said); }, "there is no database");
  EXPECT_FALSE(fs::exists(file));
  EXPECT_FALSE(fs::exists(folder / "nothing"));
}

TEST_F(backup, is_not_restored_into_a_folder_in_use) {
  back_up(data, file, now, said);
  const data_folder_lock serving{data};
  expect_refusal([&] { restore(data, file, now, said); }, "stop it first");
  expect_untouched();
}

TEST_F(backup, that_is_damaged_anywhere_touches_nothing) {
  back_up(data, file, now, said);
  const std::string good = read_file(file);
  for (std::size_t at = 300; at < good.size() - 1024; at += 7919) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x20);
    if (at % 512 > 400 && at < 2048) continue;  // padding, which holds nothing
    write_file(file, bad);
    std::ostringstream ignored;
    try {
      restore(data, file, now, ignored);
      // Only padding may be changed without harm: then what came back must be whole.
      for (const std::string_view name : database_names)
        EXPECT_TRUE(has_mark(database_path(data, name), "before")) << at;
      fs::remove_all(data);
      make_databases("before");
    } catch (const std::exception&) {
      expect_untouched();
    }
  }
}

TEST_F(backup, that_is_cut_off_touches_nothing) {
  back_up(data, file, now, said);
  const std::uintmax_t whole = fs::file_size(file);
  for (const std::uintmax_t size : {whole - 1024, whole / 2, std::uintmax_t{600}, std::uintmax_t{0}}) {
    fs::resize_file(file, size);
    EXPECT_THROW(restore(data, file, now, said), std::exception) << size;
    expect_untouched();
  }
}

TEST_F(backup, of_another_kind_is_refused) {
  archive_writer other{folder / "other.tar"};
  other.add_text("manifest.json", R"({"format":2,"version":"9.0.0","created_at":"","files":[]})", 0);
  other.finish();
  expect_refusal([&] { restore(data, folder / "other.tar", now, said); }, "Cumulo 9.0.0");
  archive_writer strange{folder / "strange.tar"};
  strange.add_text("../../etc/passwd", "x", 0);
  strange.finish();
  expect_refusal([&] { restore(data, folder / "strange.tar", now, said); }, "no backup of Cumulo");
  expect_untouched();
}

}  // namespace
}  // namespace cumulo::standalone
