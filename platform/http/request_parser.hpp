#pragma once
// The framing of requests (RFC 9112), strict: Beast's basic_parser does the characters, this adds the rules by which
// two parsers could disagree about where a request ends (style.md, HTTP traps). No Beast in this header.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/core/result.hpp"
#include "platform/http/header_fields.hpp"
#include "platform/http/message.hpp"

namespace cumulo::http {

/// The head of one request. Views point into the bytes last given to `read_head`.
struct request_head {
  std::optional<verb> method;  ///< nothing for a method that no route can have
  std::string_view method_text;
  std::string_view target;
  header_fields fields;
  std::uint64_t content_length{};
  bool chunked{false};
  bool http_1_1{true};
  bool keep_alive{true};
  bool expects_continue{false};
  [[nodiscard]] bool has_body() const { return chunked || content_length > 0; }
};

class request_parser {
 public:
  enum class progress { need_more, done, failed };

  explicit request_parser(std::size_t max_header);
  ~request_parser();

  /// Forgets everything: the next bytes begin a request.
  void start();
  /// `bytes` is the request from its first byte; called again with more (even at another address) while it answers
  /// need_more. After `done`, `head()` is valid and `head_size()` bytes of it were the head.
  [[nodiscard]] progress read_head(std::string_view bytes);
  [[nodiscard]] const request_head& head() const { return head_; }
  [[nodiscard]] std::size_t head_size() const { return consumed_; }

  /// Reads the chunks of a chunked body out of `bytes` into `body`; `used` says how many bytes it took. Trailers are
  /// read and dropped. errc::too_large when the chunks announce more than `limit`.
  [[nodiscard]] progress read_chunks(std::string_view bytes, std::size_t limit, std::size_t& used, std::string& body);

  /// Why it failed. The connection cannot go on: where the next request begins is unknown.
  [[nodiscard]] const error& failure() const { return failure_; }

 private:
  class beast_parser;
  progress fail(errc code, std::string detail);
  progress finish_head(const char* base);

  std::size_t max_header_;
  std::size_t consumed_{0};
  std::size_t scanned_{0};
  request_head head_;
  error failure_;
  std::unique_ptr<beast_parser> beast_;
};

}  // namespace cumulo::http
