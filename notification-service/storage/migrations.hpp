#pragma once
#include <span>

#include "platform/core/embedded_file.hpp"

namespace cumulo::notifications {

/// The service's own, from V101; the platform's come before them.
[[nodiscard]] std::span<const embedded_file> migrations();

}  // namespace cumulo::notifications
