#pragma once
// `events parked` and `events replay`.
#include <iosfwd>

#include "platform/service/component.hpp"

namespace cumulo::service {

/// [CONSUMER]. Returns the exit code.
int print_parked(std::span<const bus::subscription> all, io_threads& threads, std::span<const std::string> arguments,
                 std::ostream& out);
/// EVENT_ID|--all [CONSUMER]. Returns the exit code.
int replay(std::span<const bus::subscription> all, io_threads& threads, std::span<const std::string> arguments,
           std::ostream& out);

}  // namespace cumulo::service
