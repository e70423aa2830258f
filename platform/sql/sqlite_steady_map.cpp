#include "platform/sql/sqlite_steady_map.hpp"

#include <sys/mman.h>

#include "platform/sql/sqlite_shim.hpp"

namespace cumulo::sql {
namespace {

struct database_file {
  sqlite3_file base;
  std::byte* bytes;      ///< the file's, mapped; null: they are not
  sqlite3_int64 length;  ///< of the mapping, which goes beyond the file's end, where nothing may be looked at
  sqlite3_int64 size;    ///< the file's, when it was last asked for
  bool is_refused;       ///< it cannot be mapped, and all is read
};
using shim = sqlite_shim<database_file>;
template <auto method>
constexpr auto pass = shim::pass<method>::call;

constexpr sqlite3_int64 least_room = 1 << 26;
constexpr int looked_beyond = 256;  // bytes that SQLite may read behind a page that is damaged

sqlite3_int64 size_of(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  return pass<&sqlite3_io_methods::xFileSize>(file, &size) == SQLITE_OK ? size : 0;
}

/// Addresses for a file of this size to grow into; they cost nothing.
sqlite3_int64 room_for(sqlite3_int64 size) { return 2 * size + least_room; }

void note_size(database_file& ours, sqlite3_int64 size) {
  ours.size = size;
  if (ours.bytes == nullptr || size <= ours.length) return;
  const sqlite3_int64 length = room_for(size);
  void* moved =
      ::mremap(ours.bytes, static_cast<std::size_t>(ours.length), static_cast<std::size_t>(length), MREMAP_MAYMOVE);
  if (moved == MAP_FAILED) {
    ours.size = ours.length;  // the rest is read
    return;
  }
  ours.bytes = static_cast<std::byte*>(moved);
  ours.length = length;
}

/// SQLite knows the file's descriptor and maps at most 2 GB; mremap(2) of no bytes makes another mapping of the same
/// file, of any length.
void map(sqlite3_file* file) {
  database_file& ours = shim::of(file);
  ours.size = size_of(file);
  void* first = nullptr;
  constexpr int least_page = 512;
  if (pass<&sqlite3_io_methods::xFetch>(file, 0, least_page, &first) != SQLITE_OK || first == nullptr) return;
  const sqlite3_int64 length = room_for(ours.size);
  void* mapped = ::mremap(first, 0, static_cast<std::size_t>(length), MREMAP_MAYMOVE);
  pass<&sqlite3_io_methods::xUnfetch>(file, 0, first);
  sqlite3_int64 none = 0;
  pass<&sqlite3_io_methods::xFileControl>(file, SQLITE_FCNTL_MMAP_SIZE, &none);  // SQLite's own has done its part
  ours.is_refused = mapped == MAP_FAILED;
  if (ours.is_refused) return;
  ours.bytes = static_cast<std::byte*>(mapped);
  ours.length = length;
}

int fetch(sqlite3_file* file, sqlite3_int64 at, int amount, void** page) {
  database_file& ours = shim::of(file);
  if (ours.bytes == nullptr && !ours.is_refused) map(file);
  const bool is_inside = ours.bytes != nullptr && at + amount + looked_beyond <= ours.size;
  *page = is_inside ? ours.bytes + at : nullptr;  // null: SQLite reads it
  return SQLITE_OK;
}

/// `page` null: no page is held, and the file may have changed.
int unfetch(sqlite3_file* file, sqlite3_int64, void* page) {
  if (page == nullptr) note_size(shim::of(file), size_of(file));
  return SQLITE_OK;
}

int close(sqlite3_file* file) {
  const database_file& ours = shim::of(file);
  if (ours.bytes != nullptr) ::munmap(ours.bytes, static_cast<std::size_t>(ours.length));
  return pass<&sqlite3_io_methods::xClose>(file);
}

constexpr sqlite3_io_methods methods = [] {
  sqlite3_io_methods changed = shim::passing;
  changed.xClose = close;
  changed.xFetch = fetch;
  changed.xUnfetch = unfetch;
  return changed;
}();

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
