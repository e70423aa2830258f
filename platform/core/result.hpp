#pragma once
// What can go wrong because of a caller is a value; broken infrastructure is an exception.
#include <boost/system/result.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cumulo {

/// Everything a caller can cause. platform/http/problem.cpp holds the one table from here to HTTP statuses.
enum class errc {
  malformed,            ///< 400 the request cannot be read at all
  unauthenticated,      ///< 401 no valid credential
  forbidden,            ///< 403 the credential does not allow this (never used to reveal a foreign resource)
  not_found,            ///< 404 absent, or not visible to the caller
  method_not_allowed,   ///< 405
  not_acceptable,       ///< 406
  request_timeout,      ///< 408
  conflict,             ///< 409 contradicts what is stored (a name taken)
  gone,                 ///< 410 existed and will not come back (an expired one-time token)
  precondition_failed,  ///< 412 If-Match named another version
  too_large,            ///< 413
  uri_too_long,         ///< 414
  unsupported_media,    ///< 415
  invalid,              ///< 422 understood, but breaks a rule; `faults` names each
  header_too_large,     ///< 431
  too_many_requests,    ///< 429 with retry_after
  unavailable,          ///< 503 with retry_after: overload or a dependency that is down
  storage_full,         ///< 507
};

/// One broken rule of a request.
struct fault {
  std::string pointer;  ///< JSON pointer into the body ("/due"), or "?limit" for a query parameter
  std::string code;     ///< stable and machine-readable: "required", "too_long", "unknown_member", "wrong_type", …
  std::string detail;   ///< for a person
};

struct error {
  errc code{};
  std::string detail;                                 ///< for a person; never discloses internals
  std::vector<fault> faults{};                        ///< every fault of the input, for errc::invalid
  std::optional<std::chrono::seconds> retry_after{};  ///< for too_many_requests and unavailable
};

/// Thrown when `.value()` is asked of a result that holds an error: a programming mistake.
[[noreturn]] void throw_exception_from_error(const error& e, const boost::source_location& where);

template <class T = void>
using result = boost::system::result<T, error>;

}  // namespace cumulo
