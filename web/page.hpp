#pragma once
#include <span>

#include "platform/core/embedded_file.hpp"

namespace cumulo::web {

/// The built page as http::serve_files takes it: "index.html", "sw.js", "assets/index-….js". Static storage.
[[nodiscard]] std::span<const embedded_file> page();

}  // namespace cumulo::web
