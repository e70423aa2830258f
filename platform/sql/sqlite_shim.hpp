#pragma once
// For our file systems (VFS) that lie over SQLite's own: SQLite hands out raw memory of szOsFile bytes for each file;
// ours comes first, the real file right after it.
#include <sqlite3.h>

#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace cumulo::sql {

/// `File` begins with a sqlite3_file. One instance of each function for each kind of file.
template <class File>
struct sqlite_shim {
  static File& of(sqlite3_file* file) { return *reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + sizeof(File));
  }
  static sqlite3_vfs* real_vfs(const sqlite3_vfs* self) { return static_cast<sqlite3_vfs*>(self->pAppData); }

  /// Calls the real file's method: `pass<&sqlite3_io_methods::xLock>::call`.
  template <auto method>
  struct pass;
  template <class Out, class... In, Out (*sqlite3_io_methods::*method)(sqlite3_file*, In...)>
  struct pass<method> {
    static Out call(sqlite3_file* file, In... values) {
      sqlite3_file* to = real(file);
      return (to->pMethods->*method)(to, values...);
    }
  };

  /// Every method is the real file's: what a file system changes, it replaces in a copy.
  static constexpr sqlite3_io_methods passing{
      .iVersion = 3,
      .xClose = pass<&sqlite3_io_methods::xClose>::call,
      .xRead = pass<&sqlite3_io_methods::xRead>::call,
      .xWrite = pass<&sqlite3_io_methods::xWrite>::call,
      .xTruncate = pass<&sqlite3_io_methods::xTruncate>::call,
      .xSync = pass<&sqlite3_io_methods::xSync>::call,
      .xFileSize = pass<&sqlite3_io_methods::xFileSize>::call,
      .xLock = pass<&sqlite3_io_methods::xLock>::call,
      .xUnlock = pass<&sqlite3_io_methods::xUnlock>::call,
      .xCheckReservedLock = pass<&sqlite3_io_methods::xCheckReservedLock>::call,
      .xFileControl = pass<&sqlite3_io_methods::xFileControl>::call,
      .xSectorSize = pass<&sqlite3_io_methods::xSectorSize>::call,
      .xDeviceCharacteristics = pass<&sqlite3_io_methods::xDeviceCharacteristics>::call,
      .xShmMap = pass<&sqlite3_io_methods::xShmMap>::call,
      .xShmLock = pass<&sqlite3_io_methods::xShmLock>::call,
      .xShmBarrier = pass<&sqlite3_io_methods::xShmBarrier>::call,
      .xShmUnmap = pass<&sqlite3_io_methods::xShmUnmap>::call,
      .xFetch = pass<&sqlite3_io_methods::xFetch>::call,
      .xUnfetch = pass<&sqlite3_io_methods::xUnfetch>::call};

  /// Opens the real file behind ours, which is left zeroed.
  static int open_real(sqlite3_vfs* self, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
    sqlite3_vfs* vfs = real_vfs(self);
    std::memset(static_cast<void*>(file), 0, sizeof(File) + static_cast<std::size_t>(vfs->szOsFile));
    return vfs->xOpen(vfs, name, real(file), flags, out_flags);
  }

  /// The name of a file system that is SQLite's usual one, but for files of this kind (one of SQLITE_OPEN_…), which
  /// `open` opens. The first call registers it. Any thread.
  template <int kind, decltype(sqlite3_vfs::xOpen) open>
  static const char* over_usual(const char* name) {
    static const bool registered = [name] {
      sqlite3_vfs* usual = sqlite3_vfs_find(nullptr);
      if (usual == nullptr) return false;
      static sqlite3_vfs vfs = *usual;
      vfs.zName = name;
      vfs.pAppData = usual;
      vfs.szOsFile = static_cast<int>(sizeof(File)) + usual->szOsFile;
      vfs.xOpen = [](sqlite3_vfs* self, sqlite3_filename file_name, sqlite3_file* file, int flags, int* out_flags) {
        if ((flags & kind) != 0) return open(self, file_name, file, flags, out_flags);
        return real_vfs(self)->xOpen(real_vfs(self), file_name, file, flags, out_flags);
      };
      return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
    }();
    if (!registered) throw std::runtime_error("SQLite has no file system to work on");
    return name;
  }
};

}  // namespace cumulo::sql
