#include "platform/sql/sqlite_even_copy.hpp"

#include "platform/sql/sqlite_shim.hpp"

namespace cumulo::sql {
namespace {

constexpr int most_at_once = 64;  // pages: what a disk writes in about 2 ms

struct database_file {
  sqlite3_file base;
  int written;  ///< pages since the last synchronization
};
using shim = sqlite_shim<database_file>;
template <auto method>
constexpr auto pass = shim::pass<method>::call;

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const int code = pass<&sqlite3_io_methods::xWrite>(file, bytes, size, offset);
  int& written = shim::of(file).written;
  if (code != SQLITE_OK || ++written < most_at_once) return code;
  written = 0;
  return pass<&sqlite3_io_methods::xSync>(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
}

constexpr sqlite3_io_methods methods = [] {
  sqlite3_io_methods changed = shim::passing;
  changed.iVersion = 2;  // it maps nothing
  changed.xWrite = write;
  return changed;
}();

int open(sqlite3_vfs* self, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = shim::open_real(self, name, file, flags, out_flags);
  if (shim::real(file)->pMethods != nullptr) shim::of(file).base.pMethods = &methods;
  return code;
}

}  // namespace

const char* even_copy_vfs() { return shim::over_usual<SQLITE_OPEN_MAIN_DB, open>("cumulo-even-copy"); }

}  // namespace cumulo::sql
