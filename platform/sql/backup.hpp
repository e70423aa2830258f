#pragma once
// Copies of several SQLite databases that belong together, as all of them were at one instant.
#include <chrono>
#include <span>
#include <string>

namespace cumulo::sql {

struct copy_order {
  std::string url;   ///< "sqlite:FILE" of a database that exists; other processes may be writing to it
  std::string file;  ///< where its copy goes: must not exist yet; readable by its owner alone
};

/// Copies them as they were at one instant: what was acknowledged before it is in the copies, in each of them, and
/// nothing that came after it is in any. So restoring the copies is like coming back from a power cut at that instant.
/// Takes no lock that a writer would wait for: it looks again until no commit fell between the first look and the last,
/// then copies from the snapshots. Blocks. Throws database_error: failure::unavailable if within `patience` no such
/// instant was found (which takes thousands of commits a second on end), full, other. Copies made so far are then
/// removed.
void copy_together(std::span<const copy_order> what, std::chrono::milliseconds patience = std::chrono::seconds{30});

/// Reads a database file from end to end and throws database_error if it is damaged or none. It must not be in use.
void check_integrity(const std::string& file);

}  // namespace cumulo::sql
