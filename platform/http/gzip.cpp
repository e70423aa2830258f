#include "platform/http/gzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>

namespace cumulo::http {

struct gzip::stream {
  z_stream z{};
};

gzip::gzip(int compression_level) : stream_(std::make_unique<stream>()) {
  static constexpr int largest_window_with_gzip_head = 15 + 16;
  static constexpr int default_memory = 8;
  if (deflateInit2(&stream_->z, compression_level, Z_DEFLATED, largest_window_with_gzip_head, default_memory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
}

gzip::~gzip() { deflateEnd(&stream_->z); }

bool gzip::compress(std::string_view plain, std::string& out) {
  if (plain.size() > std::numeric_limits<uInt>::max()) return false;
  auto& z = stream_->z;
  if (deflateReset(&z) != Z_OK) return false;
  const auto before = out.size();
  out.resize(before + plain.size());  // no room for a longer one: that would be of no use
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  z.avail_in = static_cast<uInt>(plain.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data() + before);
  z.avail_out = static_cast<uInt>(plain.size());
  const bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
  out.resize(done ? out.size() - z.avail_out : before);
  return done;
}

bool is_compressible(std::string_view media_type) {
  const auto type = media_type.substr(0, media_type.find(';'));
  if (type.substr(0, 5) == "text/") return type != "text/event-stream";
  static constexpr std::array<std::string_view, 8> kinds{
      "application/json", "application/problem+json",  "application/javascript",  "application/xml",
      "application/wasm", "application/manifest+json", "application/schema+json", "image/svg+xml"};
  return std::find(kinds.begin(), kinds.end(), type) != kinds.end();
}

}  // namespace cumulo::http
