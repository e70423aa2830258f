#pragma once
// A plain tar file (POSIX ustar), so that a backup can be looked into without this program.
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "platform/core/function_ref.hpp"

namespace cumulo::standalone {

/// Writes a new file, readable by its owner alone. All throw std::system_error.
class archive_writer {
 public:
  /// The file must not exist.
  explicit archive_writer(const std::filesystem::path& file);
  ~archive_writer();
  archive_writer(const archive_writer&) = delete;
  archive_writer& operator=(const archive_writer&) = delete;

  void add_text(std::string_view name, std::string_view content, std::int64_t modified_seconds);
  void add_file(std::string_view name, const std::filesystem::path& content, std::int64_t modified_seconds);
  /// Writes the end and waits until all of it has reached the disk.
  void finish();

 private:
  void write_header(std::string_view name, std::uint64_t size, std::int64_t modified_seconds);
  void write(const void* bytes, std::size_t size);
  void pad(std::uint64_t size);

  int descriptor_;
};

/// Reads an archive from front to back.
class archive_reader {
 public:
  struct entry {
    std::string name;
    std::uint64_t size{};
  };
  using chunk_sink = function_ref<void(std::string_view)>;

  /// Throws std::system_error if it cannot be opened.
  explicit archive_reader(const std::filesystem::path& file);
  ~archive_reader();
  archive_reader(const archive_reader&) = delete;
  archive_reader& operator=(const archive_reader&) = delete;

  /// The next file, or false at the end. Throws std::runtime_error, with a sentence for the operator, where this is no
  /// archive or it has been cut off. The content of the one before must have been read.
  bool next(entry& found);
  /// The content of the entry, in pieces.
  void read(const entry& of, chunk_sink take);

 private:
  void read_exactly(char* target, std::size_t size);

  std::string file_;
  int descriptor_;
};

}  // namespace cumulo::standalone
