#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace cumulo::http {

/// A deflate stream that is made once and reused: 256 KiB each, so one per I/O thread.
class gzip {
 public:
  explicit gzip(int compression_level = 5);
  ~gzip();
  /// Appends the gzip form (RFC 1952) of `plain`; false, and `out` as before, if that would not be shorter.
  bool compress(std::string_view plain, std::string& out);

 private:
  struct stream;
  std::unique_ptr<stream> stream_;
};

/// Is it worth compressing (text, JSON, scripts, SVG), parameters aside?
[[nodiscard]] bool is_compressible(std::string_view media_type);

}  // namespace cumulo::http
