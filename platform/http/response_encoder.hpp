#pragma once
#include <string>
#include <string_view>

#include "platform/http/gzip.hpp"
#include "platform/http/message.hpp"

namespace cumulo::http {

/// What an answer's head needs beside the answer.
struct answer_context {
  std::string_view date;  ///< "Date: …\r\n"
  std::string_view request_id;
  std::string_view traceparent;  ///< "" for none
  std::string_view rate_fields;  ///< "RateLimit: …\r\n…" or ""
  std::string_view cors_origin;  ///< the Origin to allow, "" for none
  bool cors_configured{false};
  bool head_only{false};  ///< HEAD: the length of the body without it
  bool keep_alive{true};
  bool http_1_1{true};
  bool accepts_gzip{false};
  std::size_t gzip_over{1024};
};

class response_encoder {
 public:
  /// Appends the head, and the body too unless it is large: then it is returned, to be written after `out`, and lives
  /// as long as `r` (or longer). `zip` and `scratch` are the thread's.
  [[nodiscard]] static std::string_view encode(std::string& out, const response& r, const answer_context& c, gzip& zip,
                                               std::string& scratch);
  [[nodiscard]] static bool is_stream(const response& r) { return static_cast<bool>(r.stream_); }
  [[nodiscard]] static std::function<awaitable<void>(stream_writer&)> take_stream(response& r) {
    return std::exchange(r.stream_, nullptr);
  }
};

}  // namespace cumulo::http
