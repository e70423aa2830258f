#pragma once
#include <span>

#include "platform/core/embedded_file.hpp"

namespace cumulo::web {

/// The landing page as http::serve_files takes it: "index.html", "landing.css", "favicon.svg". No script. Static
/// storage.
[[nodiscard]] std::span<const embedded_file> landing();

}  // namespace cumulo::web
