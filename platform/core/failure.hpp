#pragma once
// What broken infrastructure throws, in a form that the edge can answer without knowing who threw it.
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "platform/core/result.hpp"

namespace cumulo {

/// Base of the exceptions that have an HTTP answer of their own (a database away, a full disk). `what()` is for the log
/// and may name internals; `safe_detail()` is for the client and must not.
class service_failure : public std::runtime_error {
 public:
  /// No code means a fault of ours: 500, whose answer says nothing but the request id.
  service_failure(std::optional<errc> code, std::string safe_detail, const std::string& what)
      : std::runtime_error(what), code_(code), safe_detail_(std::move(safe_detail)) {}
  [[nodiscard]] std::optional<errc> code() const { return code_; }
  [[nodiscard]] const std::string& safe_detail() const { return safe_detail_; }

 private:
  std::optional<errc> code_;
  std::string safe_detail_;
};

}  // namespace cumulo
