#pragma once
#include <span>

#include "platform/core/embedded_file.hpp"

namespace cumulo::contract {

/// The contract as it goes over the wire: "openapi.json", "docs.html" (served at /docs) and "docs.css" (at /docs.css;
/// the page needs nothing else, no script, nothing inline). Static storage.
[[nodiscard]] std::span<const embedded_file> files();

}  // namespace cumulo::contract
