#pragma once
#include <span>
#include <string_view>

#include "platform/core/embedded_file.hpp"
#include "platform/http/message.hpp"

namespace cumulo::http {

/// Serves files that were embedded with their gzip form and hash, by path ("/" is index.html), with ETag; names that
/// carry a content hash ("app-3f2a9c.js") are immutable for a year, everything else is revalidated. Unknown paths under
/// `/app/` answer index.html (client-side routes); others are errc::not_found.
[[nodiscard]] handler serve_files(std::span<const embedded_file> files);

/// Serves one of them, revalidated; HTML with this Content-Security-Policy (static storage).
[[nodiscard]] handler serve_file(const embedded_file& file, std::string_view policy);

/// By extension; "application/octet-stream" if unknown.
[[nodiscard]] std::string_view media_type(std::string_view name);

}  // namespace cumulo::http
