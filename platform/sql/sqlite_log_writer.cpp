#include "platform/sql/sqlite_log_writer.hpp"

#include <new>
#include <string>

#include "platform/sql/sqlite_shim.hpp"

namespace cumulo::sql {
namespace {

constexpr std::size_t most_gathered = 124 * 1024;  // SQLite's xWrite takes at most 128 KiB less one byte

struct log_file {
  sqlite3_file base;
  std::string* gathered;  ///< consecutive bytes from `at` on
  sqlite3_int64 at;
};
using shim = sqlite_shim<log_file>;
template <auto method>
constexpr auto pass = shim::pass<method>::call;

log_file& ours(sqlite3_file* file) { return shim::of(file); }
sqlite3_file* real(sqlite3_file* file) { return shim::real(file); }

int flush(sqlite3_file* file) {
  log_file& log = ours(file);
  if (log.gathered->empty()) return SQLITE_OK;
  sqlite3_file* to = real(file);
  const int code = to->pMethods->xWrite(to, log.gathered->data(), static_cast<int>(log.gathered->size()), log.at);
  log.gathered->clear();  // if it failed, SQLite takes the commit back and writes over the same place
  return code;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  log_file& log = ours(file);
  const bool follows = offset == log.at + static_cast<sqlite3_int64>(log.gathered->size());
  if (!log.gathered->empty() && (!follows || log.gathered->size() + static_cast<std::size_t>(size) > most_gathered)) {
    const int code = flush(file);
    if (code != SQLITE_OK) return code;
  }
  if (log.gathered->empty()) log.at = offset;
  try {
    log.gathered->append(static_cast<const char*>(bytes), static_cast<std::size_t>(size));
  } catch (const std::bad_alloc&) {
    log.gathered->clear();
    return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

/// Calls the real file's method after what was gathered.
template <class Call>
int after_flush(sqlite3_file* file, Call call) {
  const int code = flush(file);
  return code == SQLITE_OK ? call(real(file)) : code;
}

int close(sqlite3_file* file) {
  const int flushed = flush(file);
  delete ours(file).gathered;
  const int closed = real(file)->pMethods->xClose(real(file));
  return flushed != SQLITE_OK ? flushed : closed;
}
int read(sqlite3_file* file, void* into, int size, sqlite3_int64 offset) {
  return after_flush(file, [&](sqlite3_file* f) { return f->pMethods->xRead(f, into, size, offset); });
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return after_flush(file, [&](sqlite3_file* f) { return f->pMethods->xTruncate(f, size); });
}
int sync(sqlite3_file* file, int flags) {
  return after_flush(file, [&](sqlite3_file* f) { return f->pMethods->xSync(f, flags); });
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  return after_flush(file, [&](sqlite3_file* f) { return f->pMethods->xFileSize(f, size); });
}

/// Version 1: the log is never mapped, and shared memory belongs to the database's file.
constexpr sqlite3_io_methods log_methods = [] {
  sqlite3_io_methods changed = shim::passing;
  changed.iVersion = 1;
  changed.xClose = close;
  changed.xRead = read;
  changed.xWrite = write;
  changed.xTruncate = truncate;
  changed.xSync = sync;
  changed.xFileSize = file_size;
  return changed;
}();

int open(sqlite3_vfs* self, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  const int code = shim::open_real(self, name, file, flags, out_flags);
  if (code != SQLITE_OK) return code;
  log_file& log = ours(file);
  log.gathered = new (std::nothrow) std::string;
  if (log.gathered == nullptr) {
    pass<&sqlite3_io_methods::xClose>(file);
    return SQLITE_NOMEM;
  }
  log.base.pMethods = &log_methods;
  return SQLITE_OK;
}

}  // namespace

const char* log_gathering_vfs() { return shim::over_usual<SQLITE_OPEN_WAL, open>("cumulo-log-gathering"); }

}  // namespace cumulo::sql
