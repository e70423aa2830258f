#include "platform/core/result.hpp"

#include <stdexcept>

namespace cumulo {

void throw_exception_from_error(const error& e, const boost::source_location&) {
  throw std::logic_error("value asked of a result that holds an error: " + e.detail);
}

}  // namespace cumulo
