#pragma once
// The folder that holds everything a person has: one file per service. One program at a time serves it.
#include <array>
#include <filesystem>
#include <string>
#include <string_view>

namespace cumulo::standalone {

/// In the order in which events flow between them.
inline constexpr std::array<std::string_view, 3> database_names{"users", "tasks", "notifications"};

/// "<folder>/users.db"
[[nodiscard]] std::filesystem::path database_path(const std::filesystem::path& folder, std::string_view name);

/// Holds the folder for this process until destroyed, also against a process that is killed (flock). Makes it, for its
/// owner alone, if it is missing. Throws std::runtime_error, with a sentence for the operator, if another has it.
class data_folder_lock {
 public:
  explicit data_folder_lock(const std::filesystem::path& folder);
  ~data_folder_lock();
  data_folder_lock(const data_folder_lock&) = delete;
  data_folder_lock& operator=(const data_folder_lock&) = delete;

 private:
  int descriptor_;
};

/// Puts databases from `staged` (a folder inside `folder`, whole and on the disk) in the place of those in `folder`,
/// which go to `folder`/`previous`. From the moment when it is called the change will happen: if the machine stops in
/// the midst of it, finish_replacement() ends it. Precondition: the lock is held.
void replace_databases(const std::filesystem::path& folder, const std::filesystem::path& staged,
                       const std::string& previous);

/// Ends a replacement that was interrupted; true if there was one. Called, with the lock held, before anything opens
/// the databases.
bool finish_replacement(const std::filesystem::path& folder);

/// Is there one to be ended? For commands that read the databases beside a running program.
[[nodiscard]] bool has_unfinished_replacement(const std::filesystem::path& folder);

/// Waits until the names in a folder have reached the disk.
void sync_folder(const std::filesystem::path& folder);

}  // namespace cumulo::standalone
