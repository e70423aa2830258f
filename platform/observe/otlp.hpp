#pragma once
#include <span>
#include <string>
#include <string_view>

#include "platform/observe/trace.hpp"

namespace cumulo::trace {

/// Who exports: attributes of the resource.
struct resource {
  std::string service_name;
  std::string service_version;
  std::string instance_id;  ///< of this process
};

/// An ExportTraceServiceRequest of OTLP 1.x in JSON, for POST /v1/traces.
[[nodiscard]] std::string otlp_json(const resource& who, std::span<const record> spans);

}  // namespace cumulo::trace
