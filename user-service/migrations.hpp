#pragma once
#include <span>

#include "platform/core/embedded_file.hpp"

namespace cumulo::users {

/// migrations/*.sql in order. Static storage.
[[nodiscard]] std::span<const embedded_file> migrations();

}  // namespace cumulo::users
