#include "standalone/archive.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <vector>

namespace cumulo::standalone {

namespace {

constexpr std::size_t block = 512;
constexpr std::size_t chunk = 1024 * 1024;
constexpr std::uint64_t largest_octal_size = 077777777777;  // 8 GiB; beyond it the size is binary, as GNU tar has it

/// POSIX.1-1988 ustar.
struct header {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link[100];
  char magic[6];
  char version[2];
  char owner[32];
  char group[32];
  char device_major[8];
  char device_minor[8];
  char prefix[155];
  char unused[12];
};
static_assert(sizeof(header) == block);

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

/// Octal digits and a NUL.
void put_octal(char* field, std::size_t width, std::uint64_t value) {
  for (std::size_t i = width - 1; i-- > 0; value >>= 3) field[i] = static_cast<char>('0' + (value & 7));
  field[width - 1] = '\0';
}

void put_size(header& h, std::uint64_t size) {
  if (size <= largest_octal_size) return put_octal(h.size, sizeof h.size, size);
  for (std::size_t i = sizeof h.size; i-- > 0; size >>= 8) h.size[i] = static_cast<char>(size & 0xff);
  h.size[0] = static_cast<char>(0x80);
}

std::uint64_t get_octal(const char* field, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width && field[i] != '\0'; ++i) {
    if (field[i] >= '0' && field[i] <= '7') value = value << 3 | static_cast<std::uint64_t>(field[i] - '0');
  }
  return value;
}

std::uint64_t get_size(const header& h) {
  if ((static_cast<unsigned char>(h.size[0]) & 0x80U) == 0) return get_octal(h.size, sizeof h.size);
  std::uint64_t value = 0;
  for (std::size_t i = 4; i < sizeof h.size; ++i) value = value << 8 | static_cast<unsigned char>(h.size[i]);
  return value;
}

/// The sum of the header's bytes with its own field as spaces.
std::uint64_t checksum_of(header h) {
  std::memset(h.checksum, ' ', sizeof h.checksum);
  std::array<unsigned char, block> bytes{};
  std::memcpy(bytes.data(), &h, block);
  std::uint64_t sum = 0;
  for (const unsigned char each : bytes) sum += each;
  return sum;
}

std::uint64_t padding_of(std::uint64_t size) { return (block - size % block) % block; }

}  // namespace

archive_writer::archive_writer(const std::filesystem::path& file)
    : descriptor_(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0) fail("cannot create " + file.string());
}

archive_writer::~archive_writer() { ::close(descriptor_); }

void archive_writer::write(const void* bytes, std::size_t size) {
  const char* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t done = ::write(descriptor_, at, size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail("cannot write the archive");
    at += done;
    size -= static_cast<std::size_t>(done);
  }
}

void archive_writer::pad(std::uint64_t size) {
  const std::array<char, block> zeros{};
  write(zeros.data(), static_cast<std::size_t>(padding_of(size)));
}

void archive_writer::write_header(std::string_view name, std::uint64_t size, std::int64_t modified_seconds) {
  header h{};
  name.copy(h.name, sizeof h.name - 1);
  put_octal(h.mode, sizeof h.mode, 0600);
  put_octal(h.uid, sizeof h.uid, 0);
  put_octal(h.gid, sizeof h.gid, 0);
  put_size(h, size);
  put_octal(h.mtime, sizeof h.mtime, static_cast<std::uint64_t>(modified_seconds));
  h.type = '0';
  std::memcpy(h.magic, "ustar", 6);
  std::memcpy(h.version, "00", 2);
  put_octal(h.checksum, sizeof h.checksum - 1, checksum_of(h));
  h.checksum[7] = ' ';
  write(&h, sizeof h);
}

void archive_writer::add_text(std::string_view name, std::string_view content, std::int64_t modified_seconds) {
  write_header(name, content.size(), modified_seconds);
  write(content.data(), content.size());
  pad(content.size());
}

void archive_writer::add_file(std::string_view name, const std::filesystem::path& content,
                              std::int64_t modified_seconds) {
  const std::uint64_t size = std::filesystem::file_size(content);
  write_header(name, size, modified_seconds);
  const int from = ::open(content.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) fail("cannot read " + content.string());
  std::vector<char> buffer(chunk);
  std::uint64_t copied = 0;
  ssize_t got = 0;
  while ((got = ::read(from, buffer.data(), buffer.size())) > 0) {
    write(buffer.data(), static_cast<std::size_t>(got));
    copied += static_cast<std::uint64_t>(got);
  }
  ::close(from);
  if (got < 0) fail("cannot read " + content.string());
  if (copied != size) throw std::runtime_error(content.string() + " changed while it was read");
  pad(size);
}

void archive_writer::finish() {
  const std::array<char, block> zeros{};
  write(zeros.data(), block);
  write(zeros.data(), block);
  if (::fsync(descriptor_) != 0) fail("cannot sync the archive");
}

archive_reader::archive_reader(const std::filesystem::path& file)
    : file_(file.string()), descriptor_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) fail("cannot open " + file_);
}

archive_reader::~archive_reader() { ::close(descriptor_); }

void archive_reader::read_exactly(char* target, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::read(descriptor_, target, size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot read " + file_);
    if (got == 0) throw std::runtime_error(file_ + " ends too early: it is no backup, or not all of one.");
    target += got;
    size -= static_cast<std::size_t>(got);
  }
}

bool archive_reader::next(entry& found) {
  header h{};
  read_exactly(reinterpret_cast<char*>(&h), sizeof h);
  if (h.name[0] == '\0' && checksum_of(h) == std::uint64_t{' '} * sizeof h.checksum) return false;  // a block of zeros
  if (std::memcmp(h.magic, "ustar", 5) != 0 || get_octal(h.checksum, sizeof h.checksum) != checksum_of(h)) {
    throw std::runtime_error(file_ + " is no backup.");
  }
  found.name.assign(h.name, ::strnlen(h.name, sizeof h.name));
  found.size = get_size(h);
  return true;
}

void archive_reader::read(const entry& of, chunk_sink take) {
  std::vector<char> buffer(chunk);
  for (std::uint64_t left = of.size; left > 0;) {
    const std::size_t piece = static_cast<std::size_t>(std::min<std::uint64_t>(left, buffer.size()));
    read_exactly(buffer.data(), piece);
    take({buffer.data(), piece});
    left -= piece;
  }
  read_exactly(buffer.data(), static_cast<std::size_t>(padding_of(of.size)));
}

}  // namespace cumulo::standalone
