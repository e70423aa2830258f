#pragma once
// Whether a NATS server can be trusted with what it acknowledges; private to this room.
#include <string>

namespace cumulo::bus {

/// Reads the server's greeting, which names its version. "" if it is `oldest_durable_nats` or newer; otherwise a
/// sentence. `place` is "host:port". Blocks for at most some seconds.
[[nodiscard]] std::string too_old(const std::string& place);
}  // namespace cumulo::bus
