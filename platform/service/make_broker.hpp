#pragma once
#include "platform/service/component.hpp"

namespace cumulo::service {

/// The bus that "bus-url" names; null if none. Throws std::runtime_error with a sentence for the operator.
[[nodiscard]] std::unique_ptr<bus::broker> make_broker(const program& what, const config& options, io_threads& threads,
                                                       prometheus::Registry& metrics);

}  // namespace cumulo::service
