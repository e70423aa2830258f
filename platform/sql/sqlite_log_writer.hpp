#pragma once

namespace cumulo::sql {

/// Name of a SQLite VFS for the connection that writes: SQLite's own, except that what goes to the write-ahead log is
/// gathered and written at once. SQLite writes each page as two small unaligned pieces, which costs the kernel three
/// times the work of the same bytes in one; a group commit has hundreds of them. The pieces are written before a sync
/// returns, and before this connection reads or measures the file; others never look at what was not synced, because
/// with synchronous=FULL the log's index is told of a commit after its sync (https://www.sqlite.org/walformat.html).
/// The connection must not spill (PRAGMA cache_spill=OFF): what a rollback leaves gathered would be written later.
/// A full disk is reported by the sync instead of the write. Any thread; registers itself at the first call.
[[nodiscard]] const char* log_gathering_vfs();

}  // namespace cumulo::sql
