#include "platform/core/version.hpp"

namespace cumulo {

std::string_view version() { return CUMULO_VERSION; }
std::string_view commit() { return CUMULO_COMMIT; }

}  // namespace cumulo
