#pragma once
#include <string_view>

namespace cumulo {

/// The release ("0.1.0") and the commit it was built from ("1a2b3c4d", or "unknown" outside a checkout).
[[nodiscard]] std::string_view version();
[[nodiscard]] std::string_view commit();

}  // namespace cumulo
