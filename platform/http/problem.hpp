#pragma once
// RFC 9457 problem+json, the only form of an error on the wire.
#include <string_view>

#include "platform/core/result.hpp"
#include "platform/http/message.hpp"

namespace cumulo::http {

[[nodiscard]] int status_of(errc code);
/// "Unprocessable Content"
[[nodiscard]] std::string_view reason(int status);

/// Makes `out` the problem: type ("https://cumulo.dev/problems/<code>", a stable name, not fetched), title, status,
/// detail, instance (the path), request_id, errors[]; Retry-After for 429 and 503. (The
/// server adds WWW-Authenticate to every 401 that has none.)
void write_problem(response& out, const error& e, std::string_view path, std::string_view request_id);

/// The 500 for a fault of ours: discloses nothing but the request id.
void write_internal_error(response& out, std::string_view path, std::string_view request_id);

}  // namespace cumulo::http
