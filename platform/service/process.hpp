#pragma once
#include "platform/service/component.hpp"

namespace cumulo::service {

/// Default of jwks-url: a user-service on the same machine.
inline constexpr const char* default_jwks_url = "http://127.0.0.1:8080/.well-known/jwks.json";

/// Opens everything, serves until SIGTERM or SIGINT, ends gracefully. 0 when nothing had to be cut off; 1 with a logged
/// sentence when it cannot start.
int serve(const program& what, const config& options);

/// Makes the components, which brings their schemas up to date, and ends.
int migrate(const program& what, const config& options);

/// `events parked [CONSUMER]`: what consumers have given up, oldest first, a line each.
int list_parked_events(const program& what, const config& options, std::span<const std::string> arguments);

/// `events replay EVENT_ID|--all [CONSUMER]`: has parked events handled again, beside a running program or without. 0
/// if all of them are done with; 1 with the reasons otherwise.
int replay_parked_events(const program& what, const config& options, std::span<const std::string> arguments);

/// Prints the public route table, "METHOD /path who limit" a line: what the contract is held against.
int print_routes(const program& what, const config& options);

}  // namespace cumulo::service
