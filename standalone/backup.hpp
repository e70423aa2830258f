#pragma once
// `cumulo backup FILE` and `cumulo restore FILE`.
//
// What consistent means here: the three databases are copied as they were at one instant (sql::copy_together), while
// the program goes on serving. Everything acknowledged before that instant is in the backup; an event that was on its
// way is in its outbox or has been consumed, never lost between two copies and never acted on twice. So starting from a
// restored backup is starting after a power cut at that instant.
//
// The file is a tar of manifest.json (sizes, SHA-256, version, time) and the three SQLite files.
#include <filesystem>
#include <iosfwd>

#include "platform/core/clock.hpp"

namespace cumulo::standalone {

/// Writes the backup of a data folder to `file`, which must not exist; it appears whole or not at all. Online. Throws
/// std::exception with a sentence for the operator.
void back_up(const std::filesystem::path& data_folder, const std::filesystem::path& file, instant now,
             std::ostream& say);

/// Puts a backup in the place of what the folder holds, which is kept in "before-restore-<time>" inside it. Everything
/// is read and checked before anything is touched. Refuses while a program serves the folder. Throws std::exception
/// with a sentence for the operator.
void restore(const std::filesystem::path& data_folder, const std::filesystem::path& file, instant now,
             std::ostream& say);

}  // namespace cumulo::standalone
