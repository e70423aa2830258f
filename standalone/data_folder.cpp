#include "standalone/data_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace cumulo::standalone {

namespace fs = std::filesystem;

namespace {

constexpr const char* lock_name = "lock";
constexpr const char* replacement_name = "restoring";  // holds the new databases until each is in its place
constexpr const char* previous_name = "previous";      // a file in there: the name of the folder for the old ones

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

std::string holder_of(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
  return size > 0 ? " (process " + std::string{text.data(), static_cast<std::size_t>(size)} + ")" : "";
}

void move_if_there(const fs::path& from, const fs::path& to) {
  if (fs::exists(from)) fs::rename(from, to);
}

}  // namespace

fs::path database_path(const fs::path& folder, std::string_view name) { return folder / (std::string{name} + ".db"); }

data_folder_lock::data_folder_lock(const fs::path& folder) {
  if (fs::create_directories(folder)) fs::permissions(folder, fs::perms::owner_all);
  const fs::path file = folder / lock_name;
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0) fail("cannot open " + file.string());
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const int code = errno;
    const std::string holder = holder_of(descriptor_);
    ::close(descriptor_);
    if (code == EWOULDBLOCK) {
      throw std::runtime_error("Another program" + holder + " uses the folder " + folder.string() + ": stop it first.");
    }
    errno = code;
    fail("cannot lock " + file.string());
  }
  // For the sentence above; who holds the lock is the kernel's knowledge alone.
  const std::string own = std::to_string(::getpid());
  if (::ftruncate(descriptor_, 0) != 0 || ::pwrite(descriptor_, own.data(), own.size(), 0) < 0) {
    ::close(descriptor_);
    fail("cannot write " + file.string());
  }
}

data_folder_lock::~data_folder_lock() { ::close(descriptor_); }

void replace_databases(const fs::path& folder, const fs::path& staged, const std::string& previous) {
  const fs::path name_file = staged / previous_name;
  std::ofstream{name_file} << previous;
  const int descriptor = ::open(name_file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool written = descriptor >= 0 && ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!written) fail("cannot write " + name_file.string());
  sync_folder(staged);
  fs::rename(staged, folder / replacement_name);
  sync_folder(folder);
  finish_replacement(folder);
}

bool has_unfinished_replacement(const fs::path& folder) { return fs::exists(folder / replacement_name); }

bool finish_replacement(const fs::path& folder) {
  if (!has_unfinished_replacement(folder)) return false;
  const fs::path fresh = folder / replacement_name;
  std::string previous;
  std::ifstream{fresh / previous_name} >> previous;
  if (previous.empty()) throw std::runtime_error("The folder " + fresh.string() + " is not one that a restore left.");
  const fs::path old = folder / previous;
  fs::create_directories(old);
  fs::permissions(old, fs::perms::owner_all);

  for (const std::string_view name : database_names) {
    const fs::path arriving = database_path(fresh, name);
    const fs::path place = database_path(folder, name);
    if (!fs::exists(arriving)) continue;  // in its place already
    for (const char* suffix : {"", "-wal", "-shm"})
      move_if_there(place.string() + suffix, (old / place.filename()).string() + suffix);
    sync_folder(old);
    sync_folder(folder);
    fs::rename(arriving, place);
    sync_folder(folder);
  }
  fs::remove_all(fresh);
  sync_folder(folder);
  return true;
}

void sync_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) fail("cannot open " + folder.string());
  const int code = ::fsync(descriptor);
  ::close(descriptor);
  if (code != 0) fail("cannot sync " + folder.string());
}

}  // namespace cumulo::standalone
