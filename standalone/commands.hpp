#pragma once
// What the all-in-one program adds to the services: its folder, its commands, its page, its greeting.
#include <optional>
#include <span>
#include <vector>

#include "platform/service/component.hpp"
#include "standalone/data_folder.hpp"

namespace cumulo::standalone {

[[nodiscard]] std::span<const option> options();

/// Takes the data folder for this process (once) and ends a restore that was interrupted. Throws std::runtime_error,
/// with a sentence for the operator, if another program has it or a database-url was given, which three databases
/// cannot share.
void claim(const config& options, std::optional<data_folder_lock>& lock);

/// backup and restore, followed by `more`.
[[nodiscard]] std::vector<service::command_line> commands(std::span<const service::command_line> more);

/// The page at "/".
[[nodiscard]] http::handler page();

/// Tells the person who started it where it is and what to do next, on standard output.
void greet(const config& options, std::uint16_t port);

}  // namespace cumulo::standalone
