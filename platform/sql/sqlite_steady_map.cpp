#include "platform/sql/sqlite_steady_map.hpp"

#include "platform/sql/sqlite_shim.hpp"

namespace cumulo::sql {
namespace {

struct database_file {
  sqlite3_file base;
  sqlite3_int64 mapped;  ///< the file's size when it was mapped; 0: it is not
};
using shim = sqlite_shim<database_file>;
template <auto method>
constexpr auto pass = shim::pass<method>::call;

sqlite3_int64 size_of(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  return pass<&sqlite3_io_methods::xFileSize>(file, &size) == SQLITE_OK ? size : 0;
}

int fetch(sqlite3_file* file, sqlite3_int64 at, int amount, void** page) {
  database_file& ours = shim::of(file);
  if (ours.mapped == 0) ours.mapped = size_of(file);
  return pass<&sqlite3_io_methods::xFetch>(file, at, amount, page);
}

/// `page` null: the mapping may be given up.
int unfetch(sqlite3_file* file, sqlite3_int64 at, void* page) {
  database_file& ours = shim::of(file);
  if (page == nullptr) {
    if (ours.mapped != 0 && size_of(file) == ours.mapped) return SQLITE_OK;
    ours.mapped = 0;
  }
  return pass<&sqlite3_io_methods::xUnfetch>(file, at, page);
}

constexpr sqlite3_io_methods methods{.iVersion = 3,
                                     .xClose = pass<&sqlite3_io_methods::xClose>,
                                     .xRead = pass<&sqlite3_io_methods::xRead>,
                                     .xWrite = pass<&sqlite3_io_methods::xWrite>,
                                     .xTruncate = pass<&sqlite3_io_methods::xTruncate>,
                                     .xSync = pass<&sqlite3_io_methods::xSync>,
                                     .xFileSize = pass<&sqlite3_io_methods::xFileSize>,
                                     .xLock = pass<&sqlite3_io_methods::xLock>,
                                     .xUnlock = pass<&sqlite3_io_methods::xUnlock>,
                                     .xCheckReservedLock = pass<&sqlite3_io_methods::xCheckReservedLock>,
                                     .xFileControl = pass<&sqlite3_io_methods::xFileControl>,
                                     .xSectorSize = pass<&sqlite3_io_methods::xSectorSize>,
                                     .xDeviceCharacteristics = pass<&sqlite3_io_methods::xDeviceCharacteristics>,
                                     .xShmMap = pass<&sqlite3_io_methods::xShmMap>,
                                     .xShmLock = pass<&sqlite3_io_methods::xShmLock>,
                                     .xShmBarrier = pass<&sqlite3_io_methods::xShmBarrier>,
                                     .xShmUnmap = pass<&sqlite3_io_methods::xShmUnmap>,
                                     .xFetch = fetch,
                                     .xUnfetch = unfetch};

int open(sqlite3_vfs* self, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = shim::open_real(self, name, file, flags, out_flags);
  const sqlite3_file* real = shim::real(file);
  if (real->pMethods == nullptr) return code;
  if (real->pMethods->iVersion < methods.iVersion) {  // it cannot map
    pass<&sqlite3_io_methods::xClose>(file);
    return SQLITE_CANTOPEN;
  }
  shim::of(file).base.pMethods = &methods;  // SQLite closes what has methods, also if it could not be opened
  return code;
}

}  // namespace

const char* steady_map_vfs() { return shim::over_usual<SQLITE_OPEN_MAIN_DB, open>("cumulo-steady-map"); }

}  // namespace cumulo::sql
