#pragma once
// What a handler sees of HTTP. No Beast here: only request_parser.cpp and beast.cpp know it.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/auth/principal.hpp"
#include "platform/core/async.hpp"
#include "platform/core/result.hpp"
#include "platform/http/header_fields.hpp"

namespace cumulo::http {

enum class verb : std::uint8_t { get, head, post, put, patch, delete_, options };
[[nodiscard]] std::string_view to_text(verb v);

/// What a request counts against.
class rate_meter {
 public:
  virtual result<> take(std::uint32_t more) = 0;

 protected:
  ~rate_meter() = default;
};

/// A request whose body has been read. Views point into the connection's buffers: valid until the handler's coroutine
/// ends.
class request {
 public:
  [[nodiscard]] verb method() const { return method_; }
  [[nodiscard]] std::string_view target() const { return target_; }  ///< as sent: "/tasks?limit=5"
  [[nodiscard]] std::string_view path() const { return path_; }    ///< without query, "/api/v1" removed, still encoded
  [[nodiscard]] std::string_view route() const { return route_; }  ///< the template: "/tasks/{id}"
  /// Value of `{name}` in the route, percent-decoded. Precondition: the route has it.
  [[nodiscard]] std::string_view path_parameter(std::string_view name) const;
  /// First value of a query parameter, decoded; nothing if absent.
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const;
  /// Every query parameter in order, decoded: for handlers that refuse unknown ones.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& query_parameters() const;
  /// Field value by its lower-case name; "" if absent. Repeated fields are joined by ", ".
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
  /// Also true of a field without a value.
  [[nodiscard]] bool has_header(std::string_view lower_case_name) const;
  [[nodiscard]] std::string_view body() const { return body_; }
  [[nodiscard]] std::string_view request_id() const { return request_id_; }
  [[nodiscard]] std::string_view traceparent() const { return traceparent_; }  ///< of this server's span
  /// Textual address of the client: the peer, or from X-Forwarded-For when the peer is a trusted proxy.
  [[nodiscard]] std::string_view client_address() const { return client_address_; }
  /// Did the client speak TLS to us or (said by a trusted proxy's X-Forwarded-Proto) to the gateway?
  [[nodiscard]] bool is_secure() const { return secure_; }
  /// Value of one cookie; "" if absent.
  [[nodiscard]] std::string_view cookie(std::string_view name) const;
  /// The verified caller. Precondition: the route's access is not `anyone`.
  [[nodiscard]] const auth::principal& caller() const { return *caller_; }
  [[nodiscard]] const std::shared_ptr<const auth::principal>& maybe_caller() const { return caller_; }
  /// Takes `more` of the rate beside the one that the request is: for a body that stands for many. More than the whole
  /// rate is the whole rate. errc::too_many_requests if not so many are left; then none is taken.
  [[nodiscard]] result<> take_rate(std::uint32_t more) const {
    return meter_ != nullptr ? meter_->take(more) : result<>{};
  }

 private:
  friend class request_builder;  // request_builder.hpp: the connection, and tests of handlers
  verb method_{};
  bool secure_{false};
  std::string_view target_, path_, query_, route_, body_, request_id_, traceparent_, client_address_;
  std::shared_ptr<const auth::principal> caller_;
  std::vector<std::pair<std::string_view, std::string_view>> path_parameters_;  // decoded
  mutable std::vector<std::pair<std::string, std::string>> query_parameters_;   // parsed when asked for
  mutable bool query_parsed_{false};
  const header_fields* fields_{nullptr};
  rate_meter* meter_{nullptr};
};

/// The client's end of a stream. Used on the connection's I/O thread only.
class stream_writer {
 public:
  /// Sends `bytes` (which outlive the call) as one piece; waits while the client is slow, up to the write deadline.
  /// False when the client is gone or the server is stopping: then return.
  virtual awaitable<bool> write(std::string_view bytes) = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  /// Closes the connection without another word: for a client that does not read. What waits in `write` ends soon.
  virtual void cut() = 0;
  /// `wake` is called once, on this thread, when the client goes away or the server begins to stop, so that what waits
  /// for events can return. At once if that has happened already. Not after the stream's coroutine has ended.
  virtual void on_close(std::function<void()> wake) = 0;

 protected:
  ~stream_writer() = default;
};

/// The answer being built; its buffers are the connection's and are reused. Default: 200, application/json, empty body.
class response {
 public:
  void status(int code) { status_ = code; }
  [[nodiscard]] int status() const { return status_; }
  /// Adds a field (names as they should appear on the wire). A name or value with CR, LF or NUL is a std::logic_error.
  /// Content-Length, Connection, Date, X-Request-Id and the security fields are the server's; setting Cache-Control,
  /// Content-Security-Policy, X-Frame-Options or Referrer-Policy here replaces its defaults.
  void header(std::string_view name, std::string_view value);
  void content_type(std::string_view type) { content_type_.assign(type); }
  /// The fields added so far, as they go on the wire: "Name: value\r\n" each.
  [[nodiscard]] std::string_view fields() const { return fields_; }
  /// The body to append to.
  [[nodiscard]] std::string& body() { return body_; }
  [[nodiscard]] std::string_view body_text() const {
    return static_body_.empty() ? std::string_view{body_} : static_body_;
  }
  /// Sets a strong ETag (given without quotes) and, when If-None-Match of `r` (a GET or HEAD) matches, makes it an
  /// empty 304. Returns true when it did: the handler need not build the body.
  bool etag(const request& r, std::string_view opaque);
  /// The same with a hash of the body built so far: for lists.
  bool etag_of_body(const request& r);
  /// Answers from memory that outlives the server (embedded files), without copying.
  void static_body(std::string_view bytes) { static_body_ = bytes; }
  /// Sends the head when the handler has returned, then runs `body` (kept alive until it ends; the request is not) for
  /// as long as it likes, outside the cap of requests in flight. Neither compressed nor buffered by nginx; the
  /// connection closes after it. For server-sent events: set the content type, write a comment as a heartbeat.
  void stream(std::function<awaitable<void>(stream_writer&)> body) { stream_ = std::move(body); }
  /// Takes the status, body and fields back to the default.
  void clear();
  /// Gives the body's memory back if it is more than `most`.
  void shrink(std::size_t most);

 private:
  friend class response_encoder;  // response_encoder.hpp
  /// Fields that the handler has set, and that the encoder therefore does not.
  enum : unsigned { sets_cache_control = 1, sets_policy = 2, sets_encoding = 4, sets_frames = 8, sets_referrer = 16 };
  int status_{200};
  unsigned sets_{0};
  std::string content_type_{"application/json"};
  std::string fields_;  // "Name: value\r\n…"
  std::string vary_;
  std::string etag_;  // without quotes; a compressed answer makes it weak
  std::string body_;
  std::string_view static_body_;
  std::function<awaitable<void>(stream_writer&)> stream_;
};

/// 128 bits in hexadecimal that tell versions of one body apart. Not cryptographic.
[[nodiscard]] std::string content_hash(std::string_view bytes);

/// Does the request's If-Match allow changing a resource whose ETag (without quotes) is `opaque`? No If-Match allows
/// all. A weak tag (W/"…") counts as well, against RFC 9110 §13.1.1: compression, here and in the gateway, weakens the
/// tag of an answer, and our tags name versions of the resource, not bytes.
[[nodiscard]] bool if_match_allows(const request& r, std::string_view opaque);

/// A handler: parse → validate → call → respond. An error becomes problem+json; an exception a logged 500 or 503.
/// The references outlive the coroutine.
using handler = std::function<awaitable<result<>>(const request&, response&)>;

}  // namespace cumulo::http
