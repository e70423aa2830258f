#include "standalone/archive.hpp"

#include <cstdlib>

#include "standalone/tests/folder.hpp"

namespace cumulo::standalone {
namespace {

std::string content_of(archive_reader& from, const archive_reader::entry& what) {
  std::string all;
  from.read(what, [&](std::string_view piece) { all += piece; });
  return all;
}

class archives : public testing::Test {
 protected:
  void write_two() {
    write_file(folder / "big", big);
    archive_writer writer{file};
    writer.add_text("hello.txt", "hello", 1'700'000'000);
    writer.add_file("big", folder / "big", 1'700'000'000);
    writer.finish();
  }
  temporary_folder folder;
  std::filesystem::path file = folder / "a.tar";
  std::string big = std::string(3 * 1024 * 1024 + 17, 'b');
};

TEST_F(archives, come_back_as_they_went_in) {
  write_two();
  archive_reader reader{file};
  archive_reader::entry found;
  ASSERT_TRUE(reader.next(found));
  EXPECT_EQ(found.name, "hello.txt");
  EXPECT_EQ(content_of(reader, found), "hello");
  ASSERT_TRUE(reader.next(found));
  EXPECT_EQ(found.name, "big");
  EXPECT_EQ(content_of(reader, found), big);
  EXPECT_FALSE(reader.next(found));
}

TEST_F(archives, are_what_tar_reads) {
  write_two();
  const std::string command = "tar -xf '" + file.string() + "' -C '" + folder.path().string() +
                              "' hello.txt && tar -tf '" + file.string() + "' > '" + (folder / "list").string() + "'";
  ASSERT_EQ(std::system(command.c_str()), 0);
  EXPECT_EQ(read_file(folder / "hello.txt"), "hello");
  EXPECT_EQ(read_file(folder / "list"), "hello.txt\nbig\n");
}

TEST_F(archives, may_have_been_packed_by_tar) {
  write_file(folder / "hello.txt", "hello");
  const std::string command =
      "tar --format=ustar -cf '" + file.string() + "' -C '" + folder.path().string() + "' hello.txt";
  ASSERT_EQ(std::system(command.c_str()), 0);
  archive_reader reader{file};
  archive_reader::entry found;
  ASSERT_TRUE(reader.next(found));
  EXPECT_EQ(found.name, "hello.txt");
  EXPECT_EQ(content_of(reader, found), "hello");
  EXPECT_FALSE(reader.next(found));
}

TEST_F(archives, that_end_early_or_are_none_are_refused) {
  write_two();
  std::filesystem::resize_file(file, 2 * 1024 * 1024);
  archive_reader cut{file};
  archive_reader::entry found;
  ASSERT_TRUE(cut.next(found));
  content_of(cut, found);
  ASSERT_TRUE(cut.next(found));
  EXPECT_THROW(content_of(cut, found), std::runtime_error);

  write_file(folder / "text", std::string(2000, 'x'));
  archive_reader text{folder / "text"};
  EXPECT_THROW(text.next(found), std::runtime_error);
  write_file(folder / "empty", "");
  archive_reader empty{folder / "empty"};
  EXPECT_THROW(empty.next(found), std::runtime_error);
}

TEST_F(archives, never_overwrite) {
  write_file(file, "precious");
  EXPECT_THROW(archive_writer{file}, std::system_error);
  EXPECT_EQ(read_file(file), "precious");
}

}  // namespace
}  // namespace cumulo::standalone
