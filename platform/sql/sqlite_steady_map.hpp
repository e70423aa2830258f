#pragma once

namespace cumulo::sql {

/// Name of a SQLite VFS for connections that read: SQLite's own, except that a database's file stays mapped, all of it
/// and while it grows (ADR 28). SQLite maps 2 GB at most, and gives the mapping up whenever another connection has
/// committed, since POSIX does not promise that it shows what was written to the file; Linux, whose mappings are the
/// page cache itself, does (mmap(2), MAP_SHARED). Mapping anew and meeting every page again took a third of the time of
/// readers beside a writer. Any thread; registers itself at the first call.
[[nodiscard]] const char* steady_map_vfs();

}  // namespace cumulo::sql
